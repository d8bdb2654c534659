#include <napi.h>

#include <cstdlib>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "counter-decoder.hpp"
#include "crc32c.hpp"
#include "float-fields.hpp"
#include "window-accumulator.hpp"

namespace {

/** What TypeScript and C++ have agreed on; load-addon.ts takes no other. Raise it with every change of the interface.
 */
constexpr uint32_t interfaceVersion = 7;

/**
 * Ends the process without running destructors: threads of the embedded ClickHouse may still be at work, and taking its
 * statics down under them crashes.
 */
void exitNow(const Napi::CallbackInfo& info) {
  std::_Exit(info[0].ToNumber().Int32Value());
}

/**
 * Memory that is freed goes back to the system: glibc otherwise raises, with each large block that is freed, the size up to
 * which blocks stay with it, and keeps an arena for every thread.
 */
void returnFreedMemory(const Napi::CallbackInfo&) {
#if defined(__GLIBC__)
  constexpr int largeBytes = 1 << 20;
  constexpr int arenas = 2;
  mallopt(M_MMAP_THRESHOLD, largeBytes);
  mallopt(M_TRIM_THRESHOLD, largeBytes);
  mallopt(M_ARENA_MAX, arenas);
#endif
}

/** All state lives in objects of the environment that loads the addon: any number of workers may. */
Napi::Object load(Napi::Env env, Napi::Object exports) {
  exports.Set("interfaceVersion", Napi::Number::New(env, interfaceVersion));
  exports.Set("CounterDecoder", dyno::CounterDecoder::define(env));
  exports.Set("WindowAccumulator", dyno::WindowAccumulator::define(env));
  exports.Set("exitNow", Napi::Function::New(env, exitNow));
  exports.Set("returnFreedMemory", Napi::Function::New(env, returnFreedMemory));
  exports.Set("writeFloatFields", Napi::Function::New(env, dyno::writeFloatFields));
  exports.Set("writeNullableFloats", Napi::Function::New(env, dyno::writeNullableFloats));
  if (dyno::hasCrc32c()) exports.Set("crc32c", Napi::Function::New(env, dyno::crc32c));
  return exports;
}

}  // namespace

NODE_API_MODULE(dyno_native, load)
