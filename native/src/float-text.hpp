#pragma once

#include <cstddef>

namespace dyno {

/** Longest text of one value: −0.00000ddddddddd. */
constexpr size_t floatTextMax = 17;

/**
 * Writes the value as 32-bit float, as `float32Text` of tab-separated.ts does: whole numbers as they are, others with
 * nine significant digits in the manner of JavaScript's toPrecision, what is not finite as \\N. Answers the end of the
 * text.
 */
char* writeFloat32(char* out, double value);

}  // namespace dyno
