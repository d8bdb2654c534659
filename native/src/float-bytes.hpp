#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace dyno {

/** Bytes of one value at most: one that says whether it is NULL, four of the float. */
constexpr size_t floatBytesMax = 5;

/** Writes the value as Nullable(Float32) of RowBinary; what is not finite as 32-bit float is NULL. Answers the end. */
inline char* writeNullableFloat32(char* out, double value) {
  static_assert(std::endian::native == std::endian::little, "the format is little-endian");
  const float rounded = static_cast<float>(value);
  const bool isNull = !std::isfinite(rounded);
  *out++ = static_cast<char>(isNull);
  // Of a NULL no value follows: what is written here is written over.
  std::memcpy(out, &rounded, sizeof rounded);
  return isNull ? out : out + sizeof rounded;
}

}  // namespace dyno
