#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "avro-cursor.hpp"

namespace dyno {

/** Kinds of type: the numbers of `typeCodes` in plan-words.ts. */
enum class Kind : int32_t {
  null,
  boolean,
  int32,
  int64,
  float32,
  float64,
  bytes,
  string,
  fixed,
  enumeration,
  array,
  map,
  unionOf,
  record
};

/**
 * The types of a writer's schema as TypeScript lays them out: a type is its place in one list of words, a kind and what
 * belongs to it (size; symbols; whether items take no bytes, and items; count and branches; count and fields).
 */
class AvroTypes {
 public:
  explicit AvroTypes(std::vector<int32_t> words) : words_(std::move(words)) {}

  /** True when this place and all that it refers to are within the list: everything else relies on it. */
  bool holds(std::span<const int32_t> roots) const;

  Kind kindOf(int32_t type) const { return static_cast<Kind>(words_[type]); }

  /** For a union the branch that the value takes (null when there is no such branch: failed), else the type itself. */
  int32_t actualOf(int32_t type, AvroCursor& cursor) const;

  /** The items of an array or map. */
  int32_t itemsOf(int32_t type) const { return words_[type + 2]; }

  /** One value as a number; NaN when it is null or no number at all (then it is skipped). May be infinite. */
  double readNumber(int32_t type, AvroCursor& cursor) const;

  /** Passes over one value of any type. */
  void skip(int32_t type, AvroCursor& cursor, int depth = 0) const;

  /** The place of the type null, which every list has. */
  static constexpr int32_t nullType = 0;

 private:
  bool isType(int32_t type) const;
  std::span<const int32_t> childrenOf(int32_t type) const;
  void skipBlocks(int32_t type, AvroCursor& cursor, int depth) const;

  std::vector<int32_t> words_;
};

/** Blocks of an array or map: counts, negative ones followed by their size in bytes, 0 at the end. */
template <typename ReadItems>
void forEachBlock(AvroCursor& cursor, ReadItems readItems) {
  while (!cursor.failed()) {
    const int64_t count = cursor.integer();
    if (count == 0 || cursor.failed()) return;
    if (count > 0) {
      readItems(static_cast<uint64_t>(count));
      continue;
    }
    const int64_t byteCount = cursor.integer();
    const uint8_t* start = cursor.pos;
    if (byteCount < 0 || byteCount > cursor.end - start) {
      cursor.take(byteCount);
      continue;
    }
    readItems(~static_cast<uint64_t>(count) + 1);
    if (!cursor.failed() && cursor.pos != start + byteCount) cursor.fail(Failure::malformed);
  }
}

}  // namespace dyno
