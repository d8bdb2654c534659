#pragma once

#include <napi.h>

#include <cstdint>
#include <optional>
#include <span>

namespace dyno {

/** The TypedArray types of the numbers that we take. */
template <typename T>
constexpr napi_typedarray_type arrayTypeOf();
template <>
constexpr napi_typedarray_type arrayTypeOf<uint8_t>() {
  return napi_uint8_array;
}
template <>
constexpr napi_typedarray_type arrayTypeOf<uint32_t>() {
  return napi_uint32_array;
}
template <>
constexpr napi_typedarray_type arrayTypeOf<int32_t>() {
  return napi_int32_array;
}
template <>
constexpr napi_typedarray_type arrayTypeOf<float>() {
  return napi_float32_array;
}
template <>
constexpr napi_typedarray_type arrayTypeOf<double>() {
  return napi_float64_array;
}

/**
 * Reads the arguments of one call in their order. Whatever is not as expected makes `ok` false and leaves an empty
 * span: the call then throws, for only a defect of ours passes wrong arguments.
 */
class Arguments {
 public:
  explicit Arguments(const Napi::CallbackInfo& call) : call_(call) {}

  template <typename T>
  std::span<T> array(size_t lengthMin = 0) {
    napi_typedarray_type type;
    size_t length = 0;
    void* start = nullptr;
    const napi_status status =
        napi_get_typedarray_info(call_.Env(), call_[next_++], &type, &length, &start, nullptr, nullptr);
    if (status != napi_ok || type != arrayTypeOf<T>() || length < lengthMin) {
      ok_ = false;
      return {};
    }
    return {static_cast<T*>(start), length};
  }

  std::span<const uint8_t> arrayBuffer() {
    void* start = nullptr;
    size_t length = 0;
    if (napi_get_arraybuffer_info(call_.Env(), call_[next_++], &start, &length) != napi_ok) {
      ok_ = false;
      return {};
    }
    return {static_cast<const uint8_t*>(start), length};
  }

  uint32_t number() {
    uint32_t value = 0;
    if (napi_get_value_uint32(call_.Env(), call_[next_++], &value) != napi_ok) ok_ = false;
    return value;
  }

  void expect(bool condition) { ok_ = ok_ && condition; }
  bool ok() const { return ok_; }

  /** Throws, once: what our TypeScript passed does not fit together. */
  Napi::Value refuse(const char* method) {
    Napi::TypeError::New(call_.Env(), std::string(method) + ": the arguments do not fit together")
        .ThrowAsJavaScriptException();
    return call_.Env().Undefined();
  }

 private:
  const Napi::CallbackInfo& call_;
  size_t next_ = 0;
  bool ok_ = true;
};

}  // namespace dyno
