#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace dyno {

/** Columns of one batch, as column-store.ts lays them out: `all[row + counter * stride]`. */
struct BatchColumns {
  std::span<double> all;
  uint32_t stride;
  std::span<uint32_t> hosts;
  std::span<double> timesMs;
  std::span<double> intervalsMs;
  std::span<uint8_t> decoded;
  /** By counter: 1 = some row has a value. */
  std::span<uint8_t> present;
};

/**
 * Turns rows into columns, eight at a time: eight values of one column are one cache line, while a row written value by
 * value would touch as many lines, and pages, as there are counters.
 */
class RowBlock {
 public:
  static constexpr uint32_t rows = 8;

  explicit RowBlock(uint32_t counters) : counters_(counters), values_(size_t{counters} * rows) {}

  double* row(uint32_t row) { return values_.data() + size_t{row % rows} * counters_; }

  /** Moves the rows of the block that `lastRow` is in to their columns. */
  void moveTo(const BatchColumns& columns, uint32_t lastRow) const;

 private:
  uint32_t counters_;
  std::vector<double> values_;
};

}  // namespace dyno
