#include "float-fields.hpp"

#include "arguments.hpp"
#include "float-text.hpp"

namespace dyno {

Napi::Value writeFloatFields(const Napi::CallbackInfo& call) {
  Arguments arguments(call);
  const auto values = arguments.array<double>();
  const size_t from = arguments.number();
  const size_t step = arguments.number();
  const size_t count = arguments.number();
  const auto bytes = arguments.array<uint8_t>();
  const size_t at = arguments.number();
  arguments.expect(count == 0 || from + step * (count - 1) < values.size());
  arguments.expect(at <= bytes.size() && count <= (bytes.size() - at) / (floatTextMax + 1));
  if (!arguments.ok()) return arguments.refuse("writeFloatFields");
  char* const start = reinterpret_cast<char*>(bytes.data());
  char* out = start + at;
  for (size_t i = 0; i < count; i++) {
    *out++ = '\t';
    out = writeFloat32(out, values[from + step * i]);
  }
  return Napi::Number::New(call.Env(), static_cast<double>(out - start));
}

}  // namespace dyno
