#include "float-text.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace dyno {

namespace {

constexpr int digits = 9;
constexpr uint32_t beyond = 1'000'000'000;
/** Whole numbers from here on are written with an exponent. */
constexpr double wholeMax = 1e15;
constexpr double fixedMin = 1e-6;

constexpr uint64_t powersOfTen[] = {1,
                                    10,
                                    100,
                                    1'000,
                                    10'000,
                                    100'000,
                                    1'000'000,
                                    10'000'000,
                                    100'000'000,
                                    1'000'000'000,
                                    10'000'000'000,
                                    100'000'000'000,
                                    1'000'000'000'000,
                                    10'000'000'000'000,
                                    100'000'000'000'000,
                                    1'000'000'000'000'000};

constexpr int mantissaBits = 23;
constexpr int exponentBias = 127;

/** value × 10^power, halves rounded up as toPrecision does; exact, for 24 bits by 50 fit into 128. */
uint32_t scaled(uint32_t mantissa, int shift, int power) {
  const unsigned __int128 product = static_cast<unsigned __int128>(mantissa) * powersOfTen[power];
  return static_cast<uint32_t>((product + (static_cast<unsigned __int128>(1) << (shift - 1))) >> shift);
}

/** Nine digits, two at a time. */
void writeDigits(char* out, uint32_t number) {
  static constexpr char pairs[] =
      "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849505152535455"
      "5657"
      "585960616263646566676869707172737475767778798081828384858687888990919293949596979899";
  for (int at = digits - 2; at > 0; at -= 2, number /= 100) std::memcpy(out + at, pairs + 2 * (number % 100), 2);
  out[0] = static_cast<char>('0' + number);
}

/** A normal value that is not whole, from 0.000001 on: there is none above 2^23. */
char* writeFixed(char* out, float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const int binaryExponent = static_cast<int>(bits >> mantissaBits) - exponentBias;
  const uint32_t mantissa = (bits & ((1u << mantissaBits) - 1)) | (1u << mantissaBits);
  const int shift = mantissaBits - binaryExponent;
  // A little below log10(2): the guess may be low by one.
  int exponent = (binaryExponent * 1233) >> 12;
  uint32_t number = scaled(mantissa, shift, digits - 1 - exponent);
  if (number >= beyond) number = scaled(mantissa, shift, digits - 1 - ++exponent);
  if (exponent >= 0) {
    char text[digits];
    writeDigits(text, number);
    const int whole = exponent + 1;
    std::memcpy(out, text, digits);
    out[whole] = '.';
    std::memcpy(out + whole + 1, text + whole, digits - whole);
    return out + digits + 1;
  }
  std::memcpy(out, "0.00000", 7);
  writeDigits(out + 1 - exponent, number);
  return out + 1 - exponent + digits;
}

/** Halves do not occur here: nine digits and a half would need more than 24 bits. */
char* writeExponential(char* out, float value) {
  char text[32];
  const auto end =
      std::to_chars(text, text + sizeof text, static_cast<double>(value), std::chars_format::scientific, digits - 1)
          .ptr;
  const char* exponent = text + digits + 2;
  std::memcpy(out, text, digits + 3);
  out += digits + 3;
  exponent++;
  while (*exponent == '0') exponent++;
  while (exponent < end) *out++ = *exponent++;
  return out;
}

/** Of values below 10^15. */
bool isWhole(float value) {
  return static_cast<float>(static_cast<int64_t>(value)) == value;
}

}  // namespace

char* writeFloat32(char* out, double value) {
  float rounded = static_cast<float>(value);
  if (!std::isfinite(rounded)) {
    *out++ = '\\';
    *out++ = 'N';
    return out;
  }
  if (std::signbit(rounded)) {
    *out++ = '-';
    rounded = -rounded;
  }
  if (rounded < wholeMax && isWhole(rounded)) {
    return std::to_chars(out, out + floatTextMax, static_cast<uint64_t>(rounded)).ptr;
  }
  return rounded < wholeMax && rounded >= fixedMin ? writeFixed(out, rounded) : writeExponential(out, rounded);
}

}  // namespace dyno
