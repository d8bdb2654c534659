#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace dyno {

static_assert(std::endian::native == std::endian::little, "Avro and our columns are little-endian");

/** Why reading stopped: the numbers of `readFailure` in avro-cursor.ts. */
enum class Failure : int32_t {
  none,
  truncated,
  malformed,
  noHost,
  badTime,
  trailing,
  empty,
  wrongMagic,
  unknownSchema
};

/**
 * A position in the bytes of one record. Nothing here reads at or beyond `end`: a read that cannot be done sets
 * `failure` (the first one stays), moves to the end (so that loops stop) and answers 0.
 */
struct AvroCursor {
  const uint8_t* pos = nullptr;
  const uint8_t* end = nullptr;
  Failure failure = Failure::none;
  /** Whether what `readNumber` answered was a floating number on the wire: NaN there is implausible, null is not. */
  bool wroteNumber = false;

  bool failed() const { return failure != Failure::none; }

  int64_t fail(Failure why) {
    if (!failed()) failure = why;
    pos = end;
    return 0;
  }

  /** Moves on by so many bytes and answers where they start. */
  const uint8_t* take(int64_t byteCount) {
    const uint8_t* start = pos;
    if (byteCount < 0) {
      fail(Failure::malformed);
    } else if (byteCount > end - start) {
      fail(Failure::truncated);
    } else {
      pos = start + byteCount;
    }
    return start;
  }

  /** Zigzag varint of up to 64 bits. */
  int64_t integer() {
    uint64_t bits = 0;
    const uint8_t* at = pos;
    for (int shift = 0; shift < 70; shift += 7) {
      if (at >= end) return fail(Failure::truncated);
      const uint8_t byte = *at++;
      bits |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) {
        // The tenth byte may only hold the 64th bit.
        if (shift == 63 && byte > 1) return fail(Failure::malformed);
        pos = at;
        return static_cast<int64_t>((bits >> 1) ^ (~(bits & 1) + 1));
      }
    }
    return fail(Failure::malformed);
  }

  int64_t int32() {
    const int64_t value = integer();
    return value == static_cast<int32_t>(value) ? value : fail(Failure::malformed);
  }

  int64_t boolean() {
    const uint8_t* at = take(1);
    if (failed()) return 0;
    return *at <= 1 ? *at : fail(Failure::malformed);
  }

  double float32() {
    const uint8_t* at = take(4);
    float value = 0;
    if (!failed()) std::memcpy(&value, at, 4);
    return value;
  }

  double float64() {
    const uint8_t* at = take(8);
    double value = 0;
    if (!failed()) std::memcpy(&value, at, 8);
    return value;
  }
};

}  // namespace dyno
