#include "window-accumulator.hpp"

#include <algorithm>
#include <cmath>

#include "arguments.hpp"

namespace dyno {

namespace {

/** Records taken together: their values of one counter are one cache line of the column, mostly. */
constexpr uint32_t together = 8;
constexpr uint32_t cacheLine = 64;

bool allBelow(std::span<const uint32_t> numbers, size_t bound) {
  return std::all_of(numbers.begin(), numbers.end(), [bound](uint32_t number) { return number < bound; });
}

/** Rows of a large window are in no cache; asked for a few records ahead they arrive in time. */
void prefetchRow(const double* accumulators, const uint8_t* samples, uint32_t counters) {
  const char* values = reinterpret_cast<const char*>(accumulators);
  for (size_t at = 0; at < counters * sizeof(double); at += cacheLine) __builtin_prefetch(values + at, 1);
  for (size_t at = 0; at < counters; at += cacheLine) __builtin_prefetch(samples + at, 1);
}

}  // namespace

Napi::Function WindowAccumulator::define(Napi::Env env) {
  return DefineClass(env, "WindowAccumulator", {InstanceMethod("add", &WindowAccumulator::add)});
}

WindowAccumulator::WindowAccumulator(const Napi::CallbackInfo& call) : ObjectWrap(call) {
  Arguments arguments(call);
  counters_ = arguments.number();
  for (auto* list : {&sums_, &mins_, &maxes_, &lasts_}) {
    const auto counters = arguments.array<uint32_t>();
    arguments.expect(allBelow(counters, counters_));
    if (arguments.ok()) list->assign(counters.begin(), counters.end());
  }
  if (!arguments.ok()) arguments.refuse("WindowAccumulator");
}

Napi::Value WindowAccumulator::add(const Napi::CallbackInfo& call) {
  Arguments arguments(call);
  const auto all = arguments.array<double>();
  const uint32_t stride = arguments.number();
  const auto present = arguments.array<uint8_t>(counters_);
  const uint32_t count = arguments.number();
  const auto records = arguments.array<uint32_t>(count);
  const auto rows = arguments.array<uint32_t>(count);
  const auto seconds = arguments.array<uint8_t>(count);
  const auto accumulators = arguments.array<double>();
  const auto samples = arguments.array<uint8_t>(accumulators.size());
  const auto lastSeconds = arguments.array<uint8_t>();
  if (arguments.ok()) {
    const size_t rowCount = counters_ == 0 ? 0 : accumulators.size() / counters_;
    arguments.expect(all.size() >= size_t{counters_} * stride && lastSeconds.size() >= rowCount * lasts_.size());
    arguments.expect(allBelow(records.first(count), stride) && allBelow(rows.first(count), rowCount));
  }
  if (!arguments.ok()) return arguments.refuse("add");
  const Cells cells{all.data(),          stride,         present,           records.data(), rows.data(), seconds.data(),
                    accumulators.data(), samples.data(), lastSeconds.data()};
  for (uint32_t from = 0; from < count; from += together) {
    for (uint32_t next = from + together; next < std::min(from + 2 * together, count); next++) {
      const size_t row = size_t{rows[next]} * counters_;
      prefetchRow(accumulators.data() + row, samples.data() + row, counters_);
    }
    addSome(cells, from, std::min(together, count - from));
  }
  return call.Env().Undefined();
}

void WindowAccumulator::addSome(const Cells& cells, uint32_t from, uint32_t count) const {
  sum(cells, from, count);
  extreme(cells, from, count, mins_,
          [](double value, double kept) { return value < kept || (value == kept && std::signbit(value)); });
  extreme(cells, from, count, maxes_,
          [](double value, double kept) { return value > kept || (value == kept && !std::signbit(value)); });
  last(cells, from, count);
}

/** Adding 0 for a value that is not there changes no bit: a sum that starts at +0 is never −0. */
void WindowAccumulator::sum(const Cells& cells, uint32_t from, uint32_t count) const {
  double* accumulators[together];
  uint8_t* samples[together];
  for (uint32_t i = 0; i < count; i++) {
    const size_t row = size_t{cells.rows[from + i]} * counters_;
    accumulators[i] = cells.accumulators + row;
    samples[i] = cells.samples + row;
  }
  const uint32_t* records = cells.records + from;
  for (const uint32_t counter : sums_) {
    if (cells.present[counter] == 0) continue;
    const double* column = cells.all + size_t{counter} * cells.stride;
    for (uint32_t i = 0; i < count; i++) {
      const double value = column[records[i]];
      const bool there = value == value;
      accumulators[i][counter] += there ? value : 0.0;
      samples[i][counter] += there;
    }
  }
}

template <typename IsBetter>
void WindowAccumulator::extreme(const Cells& cells, uint32_t from, uint32_t count,
                                const std::vector<uint32_t>& counters, IsBetter isBetter) const {
  for (const uint32_t counter : counters) {
    if (cells.present[counter] == 0) continue;
    const double* column = cells.all + size_t{counter} * cells.stride;
    for (uint32_t i = from; i < from + count; i++) {
      const double value = column[cells.records[i]];
      if (value != value) continue;
      const size_t cell = size_t{cells.rows[i]} * counters_ + counter;
      if (cells.samples[cell] == 0 || isBetter(value, cells.accumulators[cell])) cells.accumulators[cell] = value;
      cells.samples[cell]++;
    }
  }
}

/** The value of the newest second wins, whatever the order in the log. */
void WindowAccumulator::last(const Cells& cells, uint32_t from, uint32_t count) const {
  for (size_t at = 0; at < lasts_.size(); at++) {
    const uint32_t counter = lasts_[at];
    if (cells.present[counter] == 0) continue;
    const double* column = cells.all + size_t{counter} * cells.stride;
    for (uint32_t i = from; i < from + count; i++) {
      const double value = column[cells.records[i]];
      if (value != value) continue;
      const size_t cell = size_t{cells.rows[i]} * counters_ + counter;
      uint8_t& lastSecond = cells.lastSeconds[size_t{cells.rows[i]} * lasts_.size() + at];
      if (cells.samples[cell] == 0 || cells.seconds[i] > lastSecond) {
        cells.accumulators[cell] = value;
        lastSecond = cells.seconds[i];
      }
      cells.samples[cell]++;
    }
  }
}

}  // namespace dyno
