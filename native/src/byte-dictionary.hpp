#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace dyno {

/**
 * UTF-8 keys → small numbers, the twin of byte-dictionary.ts: the same keys in the same order get the same numbers. At
 * most `keysMax` keys: then the half that was seen longest ago goes and its numbers are given to new keys. Keys seen in
 * the round under way stay, so that one round may go beyond the bound.
 */
class ByteDictionary {
 public:
  explicit ByteDictionary(size_t keysMax);

  /** Keys seen in one round are never evicted in it; what was added before is forgotten. */
  void nextRound();

  /** The number of the key; at most 65,535 bytes. */
  uint32_t numberOf(const uint8_t* key, size_t length);

  std::string_view keyOf(uint32_t number) const;

  /** Numbers given to keys in this round, in that order. */
  const std::vector<uint32_t>& added() const { return added_; }
  uint32_t evictedInRound() const { return evicted_; }

 private:
  /** What the table needs of a key, side by side. A free number has length 0. */
  struct Key {
    size_t start = 0;
    uint64_t seenInRound = 0;
    uint32_t hash = 0;
    uint32_t length = 0;
  };
  /** number + 1, 0 = empty; part of the hash beside it spares looking at most other keys. */
  struct Slot {
    uint32_t entry = 0;
    uint32_t hash = 0;
  };

  uint32_t add(const uint8_t* key, size_t length, uint32_t hash);
  void insert(uint32_t number);
  void rebuildTable(size_t slots);
  void evictHalf();
  void compactArena();

  size_t keysMax_;
  size_t size_ = 0;
  uint64_t round_ = 0;
  uint64_t evictionRound_ = ~uint64_t{0};
  uint32_t evicted_ = 0;
  std::vector<Key> keys_;
  std::vector<uint8_t> arena_;
  std::vector<Slot> table_;
  std::vector<uint32_t> free_;
  std::vector<uint32_t> added_;
};

}  // namespace dyno
