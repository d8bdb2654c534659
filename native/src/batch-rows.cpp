#include "batch-rows.hpp"

#include <bit>
#include <limits>

namespace dyno {

namespace {

/** The one NaN that the decoder writes. */
constexpr uint64_t noValue = std::bit_cast<uint64_t>(std::numeric_limits<double>::quiet_NaN());

/** `count` is a constant for full blocks: then the loops are unrolled. */
template <typename Count>
void move(const double* values, uint32_t counters, const BatchColumns& columns, uint32_t firstRow, Count count) {
  double* column = columns.all.data() + firstRow;
  for (uint32_t counter = 0; counter < counters; counter++, column += columns.stride) {
    uint64_t differs = 0;
    for (uint32_t row = 0; row < count; row++) {
      const double value = values[size_t{row} * counters + counter];
      differs |= std::bit_cast<uint64_t>(value) ^ noValue;
      column[row] = value;
    }
    columns.present[counter] |= differs != 0;
  }
}

struct Full {
  constexpr operator uint32_t() const { return RowBlock::rows; }
};

}  // namespace

void RowBlock::moveTo(const BatchColumns& columns, uint32_t lastRow) const {
  const uint32_t firstRow = lastRow - lastRow % rows;
  const uint32_t count = lastRow - firstRow + 1;
  if (count == rows) {
    move(values_.data(), counters_, columns, firstRow, Full{});
  } else {
    move(values_.data(), counters_, columns, firstRow, count);
  }
}

}  // namespace dyno
