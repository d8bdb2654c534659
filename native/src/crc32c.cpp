#include "crc32c.hpp"

#include <cstdint>
#include <cstring>
#include <span>

#include "arguments.hpp"

#if defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#elif defined(__x86_64__)
#include <immintrin.h>
#endif

namespace dyno {

namespace {

#if defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)

bool supported() { return true; }
uint32_t add8(uint32_t crc, uint64_t word) { return __crc32cd(crc, word); }
uint32_t add1(uint32_t crc, uint8_t byte) { return __crc32cb(crc, byte); }
#define DYNO_CRC_TARGET

#elif defined(__x86_64__)

#define DYNO_CRC_TARGET __attribute__((target("sse4.2")))
bool supported() { return __builtin_cpu_supports("sse4.2"); }
DYNO_CRC_TARGET inline uint32_t add8(uint32_t crc, uint64_t word) {
  return static_cast<uint32_t>(_mm_crc32_u64(crc, word));
}
DYNO_CRC_TARGET inline uint32_t add1(uint32_t crc, uint8_t byte) { return _mm_crc32_u8(crc, byte); }

#else

bool supported() { return false; }
uint32_t add8(uint32_t crc, uint64_t) { return crc; }
uint32_t add1(uint32_t crc, uint8_t) { return crc; }
#define DYNO_CRC_TARGET

#endif

DYNO_CRC_TARGET uint32_t checksum(std::span<const uint8_t> bytes) {
  uint32_t crc = ~uint32_t{0};
  const uint8_t* at = bytes.data();
  const uint8_t* const end = at + bytes.size();
  for (; end - at >= 8; at += 8) {
    uint64_t word;
    std::memcpy(&word, at, sizeof word);
    crc = add8(crc, word);
  }
  for (; at < end; at++) crc = add1(crc, *at);
  return ~crc;
}

}  // namespace

bool hasCrc32c() { return supported(); }

Napi::Value crc32c(const Napi::CallbackInfo& call) {
  Arguments arguments(call);
  const auto bytes = arguments.array<uint8_t>();
  const uint32_t from = arguments.number();
  const uint32_t to = arguments.number();
  arguments.expect(from <= to && to <= bytes.size());
  if (!arguments.ok()) return arguments.refuse("crc32c");
  return Napi::Number::New(call.Env(), checksum(bytes.subspan(from, to - from)));
}

}  // namespace dyno
