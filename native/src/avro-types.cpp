#include "avro-types.hpp"

#include <limits>

namespace dyno {

namespace {

/** Types within types that a record may nest, beyond which it counts as malformed: recursion must end. */
constexpr int depthMax = 64;
constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

}  // namespace

bool AvroTypes::isType(int32_t type) const {
  const auto size = static_cast<int64_t>(words_.size());
  if (type < 0 || type >= size) return false;
  const int32_t kind = words_[type];
  if (kind < 0 || kind > static_cast<int32_t>(Kind::record)) return false;
  if (kind < static_cast<int32_t>(Kind::fixed)) return true;
  const int64_t fixedWords =
      kind == static_cast<int32_t>(Kind::array) || kind == static_cast<int32_t>(Kind::map) ? 3 : 2;
  if (type + fixedWords > size) return false;
  const bool hasList = kind >= static_cast<int32_t>(Kind::unionOf);
  return !hasList || (words_[type + 1] >= 0 && type + int64_t{2} + words_[type + 1] <= size);
}

std::span<const int32_t> AvroTypes::childrenOf(int32_t type) const {
  const Kind kind = kindOf(type);
  if (kind == Kind::array || kind == Kind::map) return {words_.data() + type + 2, 1};
  if (kind != Kind::unionOf && kind != Kind::record) return {};
  return {words_.data() + type + 2, static_cast<size_t>(words_[type + 1])};
}

bool AvroTypes::holds(std::span<const int32_t> roots) const {
  if (words_.empty() || words_[nullType] != static_cast<int32_t>(Kind::null)) return false;
  std::vector<bool> seen(words_.size(), false);
  std::vector<int32_t> open(roots.begin(), roots.end());
  while (!open.empty()) {
    const int32_t type = open.back();
    open.pop_back();
    if (!isType(type)) return false;
    if (seen[type]) continue;
    seen[type] = true;
    for (const int32_t child : childrenOf(type)) open.push_back(child);
  }
  return true;
}

int32_t AvroTypes::actualOf(int32_t type, AvroCursor& cursor) const {
  if (kindOf(type) != Kind::unionOf) return type;
  const int64_t branch = cursor.integer();
  if (branch >= 0 && branch < words_[type + 1]) return words_[type + 2 + branch];
  cursor.fail(Failure::malformed);
  return nullType;
}

double AvroTypes::readNumber(int32_t type, AvroCursor& cursor) const {
  int depth = 0;
  for (; kindOf(type) == Kind::unionOf; depth++) type = actualOf(type, cursor);
  switch (kindOf(type)) {
    case Kind::float64:
      cursor.wroteNumber = true;
      return cursor.float64();
    case Kind::float32:
      cursor.wroteNumber = true;
      return cursor.float32();
    case Kind::int64:
      return static_cast<double>(cursor.integer());
    case Kind::int32:
      return static_cast<double>(cursor.int32());
    case Kind::boolean:
      return static_cast<double>(cursor.boolean());
    default:
      cursor.wroteNumber = false;
      skip(type, cursor, depth);
      return notANumber;
  }
}

void AvroTypes::skip(int32_t type, AvroCursor& cursor, int depth) const {
  if (depth > depthMax) {
    cursor.fail(Failure::malformed);
    return;
  }
  switch (kindOf(type)) {
    case Kind::null:
      break;
    case Kind::bytes:
    case Kind::string:
      cursor.take(cursor.integer());
      break;
    case Kind::fixed:
      cursor.take(words_[type + 1]);
      break;
    case Kind::enumeration: {
      const int64_t symbol = cursor.int32();
      if (symbol < 0 || symbol >= words_[type + 1]) cursor.fail(Failure::malformed);
      break;
    }
    case Kind::unionOf:
      skip(actualOf(type, cursor), cursor, depth + 1);
      break;
    case Kind::record:
      for (const int32_t field : childrenOf(type)) {
        if (cursor.failed()) return;
        skip(field, cursor, depth + 1);
      }
      break;
    case Kind::array:
    case Kind::map:
      skipBlocks(type, cursor, depth);
      break;
    default:
      readNumber(type, cursor);
  }
}

void AvroTypes::skipBlocks(int32_t type, AvroCursor& cursor, int depth) const {
  const bool isMap = kindOf(type) == Kind::map;
  // Items of no bytes need no loop: a count of 2^60 nulls must not keep the process busy.
  const bool empty = !isMap && words_[type + 1] != 0;
  forEachBlock(cursor, [&](uint64_t count) {
    for (uint64_t item = 0; item < count && !empty && !cursor.failed(); item++) {
      if (isMap) cursor.take(cursor.integer());
      skip(itemsOf(type), cursor, depth + 1);
    }
  });
}

}  // namespace dyno
