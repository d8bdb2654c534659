{
  "targets": [
    {
      "target_name": "dyno_native",
      "sources": [
        "native/src/addon.cpp",
        "native/src/avro-types.cpp",
        "native/src/batch-rows.cpp",
        "native/src/byte-dictionary.cpp",
        "native/src/counter-decoder.cpp",
        "native/src/crc32c.cpp",
        "native/src/decode-plan.cpp",
        "native/src/float-fields.cpp",
        "native/src/float-text.cpp",
        "native/src/window-accumulator.cpp"
      ],
      "include_dirs": ["node_modules/node-addon-api"],
      "defines": ["NAPI_VERSION=8", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_ADDON_API_DISABLE_DEPRECATED"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-O2"],
      "cflags_cc": ["-std=c++20", "-O3", "-ffp-contract=off", "-fno-exceptions", "-fvisibility=hidden", "-Wall", "-Wextra"]
    }
  ]
}
