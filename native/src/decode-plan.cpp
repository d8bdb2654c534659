#include "decode-plan.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dyno {

namespace {

constexpr int64_t hostBytesMax = 255;
constexpr int64_t appNameBytesMax = 255;
/** Last moment that a JavaScript date knows: beyond it a time is garbage. */
constexpr double timeMsMax = 8.64e15;
constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

double loadDouble(const uint8_t* at) {
  double value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/** What is not finite is no value, and counted. */
inline void store(double value, double& cell, uint32_t& implausible) {
  const bool plausible = std::isfinite(value);
  cell = plausible ? value : notANumber;
  implausible += !plausible;
}

constexpr int32_t together = 8;
constexpr int64_t nullableBytes = 9;
/** Failures in one record after which values are read one by one. */
constexpr int attemptsMax = 3;

/**
 * Reads eight nullable doubles when all are there and finite, as nearly all are; answers false, with nothing of use
 * written, otherwise. Without it the place of each value would wait for the branch number before it.
 */
inline bool readTogether(const uint8_t* at, uint8_t valueByte, const int32_t* counters, double* values) {
  constexpr uint64_t exponent = 0x7ff0'0000'0000'0000;
  uint32_t otherBranch = 0;
  uint32_t infinite = 0;
  for (int32_t i = 0; i < together; i++, at += nullableBytes) {
    uint64_t bits;
    std::memcpy(&bits, at + 1, sizeof bits);
    otherBranch |= static_cast<uint32_t>(*at ^ valueByte);
    infinite |= (bits & exponent) == exponent;
    std::memcpy(values + counters[i], &bits, sizeof bits);
  }
  return (otherBranch | infinite) == 0;
}

}  // namespace

std::unique_ptr<DecodePlan> DecodePlan::make(std::span<const int32_t> fields, std::span<const int32_t> missing,
                                             std::vector<int32_t> types, int32_t counters) {
  if (fields.size() % 3 != 0) return nullptr;
  std::vector<int32_t> roots;
  for (size_t at = 0; at < fields.size(); at += 3) {
    const bool isCounter = fields[at] == static_cast<int32_t>(Read::counter);
    if (fields[at] < 0 || fields[at] > static_cast<int32_t>(Read::counter)) return nullptr;
    if (isCounter && (fields[at + 2] < 0 || fields[at + 2] >= counters)) return nullptr;
    roots.push_back(fields[at + 1]);
  }
  for (const int32_t counter : missing) {
    if (counter < 0 || counter >= counters) return nullptr;
  }
  const std::vector<int32_t> words = types;
  std::unique_ptr<DecodePlan> plan(new DecodePlan(std::move(types)));
  if (!plan->types_.holds(roots)) return nullptr;
  plan->missing_.assign(missing.begin(), missing.end());
  for (size_t at = 0; at < fields.size(); at += 3) {
    plan->addField(static_cast<Read>(fields[at]), fields[at + 1], fields[at + 2], words);
  }
  return plan;
}

/** A double and a nullable double have steps of their own, and neighbours of one kind are one step. */
void DecodePlan::addField(Read read, int32_t type, int32_t counter, const std::vector<int32_t>& words) {
  Step step{Step::Kind::field, read, type, static_cast<int32_t>(counters_.size()), 1, 0, 0};
  const Kind kind = types_.kindOf(type);
  if (read == Read::counter && kind == Kind::float64) step.kind = Step::Kind::doubles;
  if (read == Read::counter && kind == Kind::unionOf && words[type + 1] == 2) {
    const Kind first = types_.kindOf(words[type + 2]);
    const Kind second = types_.kindOf(words[type + 3]);
    if (first == Kind::null && second == Kind::float64) step.valueByte = 2;
    if (first == Kind::float64 && second == Kind::null) step.nullByte = 2;
    if (step.valueByte != step.nullByte) step.kind = Step::Kind::nullableDoubles;
  }
  if (read == Read::counter) counters_.push_back(counter);
  if (step.kind != Step::Kind::field && !steps_.empty()) {
    Step& last = steps_.back();
    if (last.kind == step.kind && last.valueByte == step.valueByte) {
      last.count++;
      return;
    }
  }
  steps_.push_back(step);
}

Failure DecodePlan::read(const uint8_t* pos, const uint8_t* end, uint32_t row, double* values, RecordHead& head,
                         BatchFindings& findings) const {
  AvroCursor cursor{pos, end};
  head = {0, notANumber, notANumber};
  for (const int32_t counter : missing_) values[counter] = notANumber;
  for (const Step& step : steps_) {
    if (step.kind == Step::Kind::nullableDoubles) {
      readNullableDoubles(step, cursor, values, findings);
    } else if (step.kind == Step::Kind::doubles) {
      readDoubles(step, cursor, values, findings);
    } else {
      readField(step, cursor, values, head, row, findings);
    }
    if (cursor.failed()) return cursor.failure;
  }
  return cursor.pos == cursor.end ? Failure::none : Failure::trailing;
}

void DecodePlan::readDoubles(const Step& step, AvroCursor& cursor, double* values, BatchFindings& findings) const {
  const uint8_t* at = cursor.pos;
  uint32_t implausible = 0;
  const int64_t there = std::min<int64_t>(step.count, (cursor.end - at) / 8);
  for (int64_t i = 0; i < there; i++, at += 8) store(loadDouble(at), values[counters_[step.from + i]], implausible);
  findings.implausible += implausible;
  cursor.pos = at;
  if (there < step.count) cursor.fail(Failure::truncated);
}

void DecodePlan::readNullableDoubles(const Step& step, AvroCursor& cursor, double* values,
                                     BatchFindings& findings) const {
  const uint8_t* at = cursor.pos;
  const uint8_t* const end = cursor.end;
  const int32_t* counter = counters_.data() + step.from;
  const int32_t* const last = counter + step.count;
  uint32_t implausible = 0;
  // Where many values are null, trying several together is lost time.
  int attempts = attemptsMax;
  while (counter < last) {
    if (attempts > 0 && last - counter >= together && end - at >= together * nullableBytes) {
      if (readTogether(at, step.valueByte, counter, values)) {
        counter += together;
        at += together * nullableBytes;
        continue;
      }
      attempts--;
    }
    for (const int32_t* const until = std::min(counter + together, last); counter < until; counter++) {
      // A branch number in one byte, as every writer puts it; anything else is malformed or cut off.
      if (end - at >= nullableBytes && *at == step.valueByte) {
        store(loadDouble(at + 1), values[*counter], implausible);
        at += nullableBytes;
      } else if (at < end && *at == step.nullByte) {
        values[*counter] = notANumber;
        at++;
      } else {
        cursor.fail(at >= end || *at == step.valueByte ? Failure::truncated : Failure::malformed);
        findings.implausible += implausible;
        return;
      }
    }
  }
  findings.implausible += implausible;
  cursor.pos = at;
}

void DecodePlan::readField(const Step& step, AvroCursor& cursor, double* values, RecordHead& head, uint32_t row,
                           BatchFindings& findings) const {
  switch (step.read) {
    case Read::skip:
      return types_.skip(step.type, cursor);
    case Read::host:
      return readHost(step.type, cursor, head, findings);
    case Read::time:
      return readTime(step.type, cursor, head);
    case Read::interval: {
      const double intervalMs = types_.readNumber(step.type, cursor);
      head.intervalMs = std::isnan(intervalMs) ? notANumber : intervalMs;
      return;
    }
    case Read::app:
      return readApp(step.type, cursor, row, findings);
    case Read::counter: {
      const double value = types_.readNumber(step.type, cursor);
      if (cursor.failed()) return;
      uint32_t implausible = 0;
      store(value, values[counters_[step.from]], implausible);
      if (cursor.wroteNumber) findings.implausible += implausible;
    }
  }
}

void DecodePlan::readHost(int32_t type, AvroCursor& cursor, RecordHead& head, BatchFindings& findings) const {
  const Kind actual = types_.kindOf(types_.actualOf(type, cursor));
  if (cursor.failed()) return;
  if (actual != Kind::string && actual != Kind::bytes) {
    cursor.fail(Failure::noHost);
    return;
  }
  const int64_t byteCount = cursor.integer();
  const uint8_t* start = cursor.take(byteCount);
  if (cursor.failed()) return;
  if (byteCount == 0 || byteCount > hostBytesMax) {
    cursor.fail(Failure::noHost);
    return;
  }
  head.host = findings.hosts.numberOf(start, static_cast<size_t>(byteCount));
}

void DecodePlan::readTime(int32_t type, AvroCursor& cursor, RecordHead& head) const {
  head.timeMs = std::floor(types_.readNumber(type, cursor));
  if (!(head.timeMs > 0 && head.timeMs <= timeMsMax)) cursor.fail(Failure::badTime);
}

void DecodePlan::readApp(int32_t type, AvroCursor& cursor, uint32_t row, BatchFindings& findings) const {
  const int32_t actual = types_.actualOf(type, cursor);
  if (types_.kindOf(actual) != Kind::map) return types_.skip(actual, cursor);
  forEachBlock(cursor, [&](uint64_t count) {
    for (uint64_t entry = 0; entry < count && !cursor.failed(); entry++) {
      readAppEntry(types_.itemsOf(actual), cursor, row, findings);
    }
  });
}

/** How many values a record may carry is for TypeScript to say, which knows the names as strings. */
void DecodePlan::readAppEntry(int32_t type, AvroCursor& cursor, uint32_t row, BatchFindings& findings) const {
  const int64_t byteCount = cursor.integer();
  const uint8_t* start = cursor.take(byteCount);
  if (cursor.failed()) return;
  const double value = types_.readNumber(type, cursor);
  if (cursor.failed()) return;
  if (!std::isfinite(value)) {
    findings.implausible += cursor.wroteNumber;
    return;
  }
  const bool named = byteCount > 0 && byteCount <= appNameBytesMax;
  const uint32_t name = named ? findings.appNames.numberOf(start, static_cast<size_t>(byteCount)) : AppEntry::noName;
  findings.app.push_back({row, name, value});
}

}  // namespace dyno
