#pragma once

#include <napi.h>

#include <cstdint>
#include <span>
#include <vector>

namespace dyno {

/**
 * Adds the records of a batch to the rows of a window: the twin of row-accumulator.ts, over memory that JavaScript
 * owns. Only the plan is kept here.
 */
class WindowAccumulator : public Napi::ObjectWrap<WindowAccumulator> {
 public:
  static Napi::Function define(Napi::Env env);

  /** new WindowAccumulator(counters, sums, mins, maxes, lasts) */
  explicit WindowAccumulator(const Napi::CallbackInfo& call);

 private:
  /** Columns of the batch and rows of the window; all places are checked before. */
  struct Cells {
    const double* all;
    uint32_t stride;
    std::span<const uint8_t> present;
    const uint32_t* records;
    const uint32_t* rows;
    const uint8_t* seconds;
    double* accumulators;
    uint8_t* samples;
    uint8_t* lastSeconds;
  };

  /** add(all, stride, present, count, records, rows, seconds, accumulators, samples, lastSeconds) */
  Napi::Value add(const Napi::CallbackInfo& call);
  void addSome(const Cells& cells, uint32_t from, uint32_t count) const;
  void sum(const Cells& cells, uint32_t from, uint32_t count) const;
  template <typename IsBetter>
  void extreme(const Cells& cells, uint32_t from, uint32_t count, const std::vector<uint32_t>& counters,
               IsBetter isBetter) const;
  void last(const Cells& cells, uint32_t from, uint32_t count) const;

  uint32_t counters_ = 0;
  std::vector<uint32_t> sums_;
  std::vector<uint32_t> mins_;
  std::vector<uint32_t> maxes_;
  std::vector<uint32_t> lasts_;
};

}  // namespace dyno
