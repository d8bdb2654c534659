#include "float-fields.hpp"

#include "arguments.hpp"
#include "float-bytes.hpp"
#include "float-text.hpp"

namespace dyno {

namespace {

/** `write` puts one value, which takes `bytesMax` at most, and answers its end. */
template <typename Write>
Napi::Value writeValues(const Napi::CallbackInfo& call, const char* name, size_t bytesMax, Write write) {
  Arguments arguments(call);
  const auto values = arguments.array<double>();
  const size_t from = arguments.number();
  const size_t step = arguments.number();
  const size_t count = arguments.number();
  const auto bytes = arguments.array<uint8_t>();
  const size_t at = arguments.number();
  arguments.expect(count == 0 || from + step * (count - 1) < values.size());
  arguments.expect(at <= bytes.size() && count <= (bytes.size() - at) / bytesMax);
  if (!arguments.ok()) return arguments.refuse(name);
  char* const start = reinterpret_cast<char*>(bytes.data());
  char* out = start + at;
  for (size_t i = 0; i < count; i++) out = write(out, values[from + step * i]);
  return Napi::Number::New(call.Env(), static_cast<double>(out - start));
}

}  // namespace

Napi::Value writeFloatFields(const Napi::CallbackInfo& call) {
  return writeValues(call, "writeFloatFields", floatTextMax + 1, [](char* out, double value) {
    *out++ = '\t';
    return writeFloat32(out, value);
  });
}

Napi::Value writeNullableFloats(const Napi::CallbackInfo& call) {
  return writeValues(call, "writeNullableFloats", floatBytesMax, writeNullableFloat32);
}

}  // namespace dyno
