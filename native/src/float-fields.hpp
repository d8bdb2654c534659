#pragma once

#include <napi.h>

namespace dyno {

/** writeFloatFields(values, from, step, count, bytes, at): the floats of a row of TabSeparated; answers their end. */
Napi::Value writeFloatFields(const Napi::CallbackInfo& call);

/** writeNullableFloats(values, from, step, count, bytes, at): those of a row of RowBinary, as Nullable(Float32). */
Napi::Value writeNullableFloats(const Napi::CallbackInfo& call);

}  // namespace dyno
