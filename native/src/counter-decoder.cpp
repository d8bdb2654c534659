#include "counter-decoder.hpp"

#include <algorithm>
#include <limits>

#include "arguments.hpp"

namespace dyno {

namespace {

constexpr size_t prefixBytes = 5;
constexpr size_t reportWords = 6;

/** Application values kept as room between batches; a batch with more gives its room back. */
constexpr size_t appRoomMax = 1 << 20;

size_t argumentOf(const Napi::CallbackInfo& call, size_t at) {
  return call.Length() > at && call[at].IsNumber() ? call[at].As<Napi::Number>().Uint32Value() : 0;
}

constexpr uint32_t prefetchDistance = 2;
constexpr size_t cacheLine = 64;

/** Records to come are on their way while others are read. */
void prefetch(std::span<const uint8_t> bytes) {
  for (size_t at = 0; at < bytes.size(); at += cacheLine) __builtin_prefetch(bytes.data() + at);
}

Napi::Value namesOf(Napi::Env env, const ByteDictionary& dictionary) {
  const std::vector<uint32_t>& added = dictionary.added();
  Napi::Array names = Napi::Array::New(env, added.size() * 2);
  for (uint32_t i = 0; i < added.size(); i++) {
    const std::string_view key = dictionary.keyOf(added[i]);
    names.Set(2 * i, added[i]);
    names.Set(2 * i + 1, Napi::String::New(env, key.data(), key.size()));
  }
  return names;
}

}  // namespace

Napi::Function CounterDecoder::define(Napi::Env env) {
  return DefineClass(
      env, "CounterDecoder",
      {InstanceMethod("addPlan", &CounterDecoder::addPlan), InstanceMethod("decode", &CounterDecoder::decode),
       InstanceMethod("failures", &CounterDecoder::failures), InstanceMethod("appRows", &CounterDecoder::appRows),
       InstanceMethod("appNumbers", &CounterDecoder::appNumbers),
       InstanceMethod("appValues", &CounterDecoder::appValues),
       InstanceMethod("addedHosts", &CounterDecoder::addedHosts),
       InstanceMethod("addedAppNames", &CounterDecoder::addedAppNames)});
}

CounterDecoder::CounterDecoder(const Napi::CallbackInfo& call)
    : ObjectWrap(call),
      counters_(static_cast<uint32_t>(argumentOf(call, 0))),
      hosts_(argumentOf(call, 1)),
      appNames_(argumentOf(call, 2)),
      block_(counters_) {}

Napi::Value CounterDecoder::addPlan(const Napi::CallbackInfo& call) {
  Arguments arguments(call);
  const auto schemaId = static_cast<int32_t>(arguments.number());
  const auto fields = arguments.array<int32_t>();
  const auto missing = arguments.array<int32_t>();
  const auto types = arguments.array<int32_t>();
  if (!arguments.ok()) return arguments.refuse("addPlan");
  auto plan = DecodePlan::make(fields, missing, {types.begin(), types.end()}, static_cast<int32_t>(counters_));
  if (plan == nullptr) return arguments.refuse("addPlan");
  plans_[schemaId] = std::move(plan);
  lastPlan_ = nullptr;
  return call.Env().Undefined();
}

Napi::Value CounterDecoder::decode(const Napi::CallbackInfo& call) {
  Arguments arguments(call);
  const auto buffer = arguments.arrayBuffer();
  const auto starts = arguments.array<uint32_t>();
  const auto lengths = arguments.array<int32_t>();
  const uint32_t count = arguments.number();
  const auto all = arguments.array<double>();
  const uint32_t stride = arguments.number();
  const BatchColumns columns{all,
                             stride,
                             arguments.array<uint32_t>(count),
                             arguments.array<double>(count),
                             arguments.array<double>(count),
                             arguments.array<uint8_t>(count),
                             arguments.array<uint8_t>(counters_)};
  const auto report = arguments.array<uint32_t>(reportWords);
  arguments.expect(starts.size() >= count && lengths.size() >= count && stride >= count);
  arguments.expect(all.size() >= size_t{counters_} * stride);
  for (uint32_t row = 0; row < count && arguments.ok(); row++) {
    arguments.expect(lengths[row] <= 0 || size_t{starts[row]} + static_cast<size_t>(lengths[row]) <= buffer.size());
  }
  if (!arguments.ok()) return arguments.refuse("decode");

  if (app_.capacity() > appRoomMax) app_ = {};
  app_.clear();
  failures_.clear();
  hosts_.nextRound();
  appNames_.nextRound();
  std::fill_n(columns.present.begin(), counters_, uint8_t{0});
  BatchFindings findings{hosts_, appNames_, app_};
  for (uint32_t row = 0; row < count; row++) {
    const auto bytes = lengths[row] <= 0 ? std::span<const uint8_t>{} : buffer.subspan(starts[row], lengths[row]);
    const uint32_t soon = row + prefetchDistance;
    if (soon < count && lengths[soon] > 0) prefetch(buffer.subspan(starts[soon], lengths[soon]));
    decodeRow(bytes, row, columns, findings);
    if (row % RowBlock::rows == RowBlock::rows - 1 || row == count - 1) block_.moveTo(columns, row);
  }
  report[0] = static_cast<uint32_t>(failures_.size());
  report[1] = static_cast<uint32_t>(app_.size());
  report[2] = static_cast<uint32_t>(hosts_.added().size());
  report[3] = static_cast<uint32_t>(appNames_.added().size());
  report[4] = findings.implausible;
  report[5] = hosts_.evictedInRound();
  return call.Env().Undefined();
}

/** A record that failed half way leaves nothing behind. */
void CounterDecoder::decodeRow(std::span<const uint8_t> bytes, uint32_t row, const BatchColumns& columns,
                               BatchFindings& findings) {
  double* values = block_.row(row);
  RecordHead head;
  const FailedRow result = readRow(bytes, row, values, head, findings);
  const bool decoded = result.why == Failure::none;
  if (!decoded) {
    constexpr double none = std::numeric_limits<double>::quiet_NaN();
    failures_.push_back(result);
    std::fill_n(values, counters_, none);
    head = {0, none, none};
  }
  columns.hosts[row] = head.host;
  columns.timesMs[row] = head.timeMs;
  columns.intervalsMs[row] = head.intervalMs;
  columns.decoded[row] = decoded;
}

CounterDecoder::FailedRow CounterDecoder::readRow(std::span<const uint8_t> bytes, uint32_t row, double* values,
                                                  RecordHead& head, BatchFindings& findings) {
  if (bytes.empty()) return {row, Failure::empty, 0};
  if (bytes[0] != 0) return {row, Failure::wrongMagic, bytes[0]};
  if (bytes.size() < prefixBytes) return {row, Failure::truncated, 0};
  const auto schemaId = static_cast<int32_t>((uint32_t{bytes[1]} << 24) | (uint32_t{bytes[2]} << 16) |
                                             (uint32_t{bytes[3]} << 8) | uint32_t{bytes[4]});
  const DecodePlan* plan = planOf(schemaId);
  if (plan == nullptr) return {row, Failure::unknownSchema, schemaId};
  const uint8_t* end = bytes.data() + bytes.size();
  return {row, plan->read(bytes.data() + prefixBytes, end, row, values, head, findings), 0};
}

const DecodePlan* CounterDecoder::planOf(int32_t schemaId) {
  if (lastPlan_ != nullptr && lastSchemaId_ == schemaId) return lastPlan_;
  const auto found = plans_.find(schemaId);
  if (found == plans_.end()) return nullptr;
  lastSchemaId_ = schemaId;
  lastPlan_ = found->second.get();
  return lastPlan_;
}

Napi::Value CounterDecoder::failures(const Napi::CallbackInfo& call) {
  Napi::Int32Array words = Napi::Int32Array::New(call.Env(), failures_.size() * 3);
  for (size_t i = 0; i < failures_.size(); i++) {
    words[3 * i] = static_cast<int32_t>(failures_[i].row);
    words[3 * i + 1] = static_cast<int32_t>(failures_[i].why);
    words[3 * i + 2] = failures_[i].detail;
  }
  return words;
}

Napi::Value CounterDecoder::appRows(const Napi::CallbackInfo& call) {
  Napi::Uint32Array rows = Napi::Uint32Array::New(call.Env(), app_.size());
  for (size_t i = 0; i < app_.size(); i++) rows[i] = app_[i].row;
  return rows;
}

Napi::Value CounterDecoder::appNumbers(const Napi::CallbackInfo& call) {
  Napi::Uint32Array names = Napi::Uint32Array::New(call.Env(), app_.size());
  for (size_t i = 0; i < app_.size(); i++) names[i] = app_[i].name;
  return names;
}

Napi::Value CounterDecoder::appValues(const Napi::CallbackInfo& call) {
  Napi::Float64Array values = Napi::Float64Array::New(call.Env(), app_.size());
  for (size_t i = 0; i < app_.size(); i++) values[i] = app_[i].value;
  return values;
}

Napi::Value CounterDecoder::addedHosts(const Napi::CallbackInfo& call) {
  return namesOf(call.Env(), hosts_);
}

Napi::Value CounterDecoder::addedAppNames(const Napi::CallbackInfo& call) {
  return namesOf(call.Env(), appNames_);
}

}  // namespace dyno
