#pragma once

#include <napi.h>

namespace dyno {

/** Whether this processor has an instruction for it; without one the tables of crc32c.ts are as fast as any here. */
bool hasCrc32c();

/** crc32c(bytes, from, to): the CRC-32C of those bytes. */
Napi::Value crc32c(const Napi::CallbackInfo& call);

}  // namespace dyno
