#pragma once

#include <napi.h>

namespace dyno {

/** writeFloatFields(values, from, step, count, bytes, at): the floats of a row of TabSeparated; answers their end. */
Napi::Value writeFloatFields(const Napi::CallbackInfo& call);

}  // namespace dyno
