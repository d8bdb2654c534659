#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "avro-types.hpp"
#include "byte-dictionary.hpp"

namespace dyno {

/** What is done with a field: the numbers of `fieldReads` in plan-words.ts. */
enum class Read : int32_t { skip, host, time, interval, app, counter };

/** What a record holds beside its counters. */
struct RecordHead {
  uint32_t host = 0;
  double timeMs = 0;
  double intervalMs = 0;
};

/** One application value as it was read; names that are empty or too long have the number `noName`. */
struct AppEntry {
  static constexpr uint32_t noName = 0xffffffff;
  uint32_t row;
  uint32_t name;
  double value;
};

/** What records of one batch leave behind beside rows; shared by all plans of a decoder. */
struct BatchFindings {
  ByteDictionary& hosts;
  ByteDictionary& appNames;
  std::vector<AppEntry>& app;
  uint32_t implausible = 0;
};

/** A writer's schema, ready to read records into rows of doubles. */
class DecodePlan {
 public:
  /** `fields`: triples of read, type, counter. Answers nothing when the words refer to what is not there. */
  static std::unique_ptr<DecodePlan> make(std::span<const int32_t> fields, std::span<const int32_t> missing,
                                          std::vector<int32_t> types, int32_t counters);

  /** Reads the record in [pos, end) into `values[counter]`; app values go to the findings under this row number. */
  Failure read(const uint8_t* pos, const uint8_t* end, uint32_t row, double* values, RecordHead& head,
               BatchFindings& findings) const;

 private:
  /** `doubles`: a run of fields that are a double or a nullable double, the usual ones; else one field. */
  struct Step {
    enum class Kind { doubles, nullableDoubles, field } kind;
    Read read;
    int32_t type;
    int32_t from;
    int32_t count;
    uint8_t nullByte;
    uint8_t valueByte;
  };

  explicit DecodePlan(std::vector<int32_t> types) : types_(std::move(types)) {}
  void addField(Read read, int32_t type, int32_t counter, const std::vector<int32_t>& words);
  void readDoubles(const Step& step, AvroCursor& cursor, double* values, BatchFindings& findings) const;
  void readNullableDoubles(const Step& step, AvroCursor& cursor, double* values, BatchFindings& findings) const;
  void readField(const Step& step, AvroCursor& cursor, double* values, RecordHead& head, uint32_t row,
                 BatchFindings& findings) const;
  void readHost(int32_t type, AvroCursor& cursor, RecordHead& head, BatchFindings& findings) const;
  void readTime(int32_t type, AvroCursor& cursor, RecordHead& head) const;
  void readApp(int32_t type, AvroCursor& cursor, uint32_t row, BatchFindings& findings) const;
  void readAppEntry(int32_t type, AvroCursor& cursor, uint32_t row, BatchFindings& findings) const;

  AvroTypes types_;
  std::vector<Step> steps_;
  /** Counter of each field that is one, in the order of the fields. */
  std::vector<int32_t> counters_;
  std::vector<int32_t> missing_;
};

}  // namespace dyno
