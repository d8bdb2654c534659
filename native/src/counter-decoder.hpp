#pragma once

#include <napi.h>

#include <memory>
#include <unordered_map>
#include <vector>

#include "batch-rows.hpp"
#include "decode-plan.hpp"

namespace dyno {

/**
 * Decodes whole batches into columns: the twin of compiled-decoder.ts. One call a batch; inside it nothing is
 * allocated but room that later batches reuse, and nothing of JavaScript is called.
 */
class CounterDecoder : public Napi::ObjectWrap<CounterDecoder> {
 public:
  static Napi::Function define(Napi::Env env);

  /** new CounterDecoder(counters, hostsMax, appNamesMax) */
  explicit CounterDecoder(const Napi::CallbackInfo& call);

 private:
  struct FailedRow {
    uint32_t row;
    Failure why;
    /** The first byte, or the schema id, that was not expected. */
    int32_t detail;
  };

  /** addPlan(schemaId, fields, missing, types) */
  Napi::Value addPlan(const Napi::CallbackInfo& call);
  /** decode(buffer, starts, lengths, count, all, stride, hosts, timesMs, intervalsMs, decoded, present, report) */
  Napi::Value decode(const Napi::CallbackInfo& call);
  /** Of the batch decoded last: row, reason, detail of each failure. */
  Napi::Value failures(const Napi::CallbackInfo& call);
  /** Of the batch decoded last: row and name of each application value, and the values. */
  Napi::Value appRows(const Napi::CallbackInfo& call);
  Napi::Value appNumbers(const Napi::CallbackInfo& call);
  Napi::Value appValues(const Napi::CallbackInfo& call);
  /** Of the batch decoded last: number, name, number, name … of what was new. */
  Napi::Value addedHosts(const Napi::CallbackInfo& call);
  Napi::Value addedAppNames(const Napi::CallbackInfo& call);

  void decodeRow(std::span<const uint8_t> bytes, uint32_t row, const BatchColumns& columns, BatchFindings& findings);
  FailedRow readRow(std::span<const uint8_t> bytes, uint32_t row, double* values, RecordHead& head,
                    BatchFindings& findings);
  const DecodePlan* planOf(int32_t schemaId);

  uint32_t counters_ = 0;
  ByteDictionary hosts_;
  ByteDictionary appNames_;
  RowBlock block_;
  std::unordered_map<int32_t, std::unique_ptr<DecodePlan>> plans_;
  /** The plan found last: the records of a batch mostly have one writer. */
  int32_t lastSchemaId_ = 0;
  const DecodePlan* lastPlan_ = nullptr;
  std::vector<FailedRow> failures_;
  std::vector<AppEntry> app_;
};

}  // namespace dyno
