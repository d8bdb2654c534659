#include "byte-dictionary.hpp"

#include <algorithm>
#include <cstring>

namespace dyno {

namespace {

constexpr size_t firstSlots = 256;

uint64_t mix(uint64_t a, uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

/** Eight bytes at a time; decides the place in the table only, never a number. */
uint32_t hashOf(const uint8_t* key, size_t length) {
  constexpr uint64_t odd = 0x9e3779b97f4a7c15;
  uint64_t hash = mix(length ^ 0xd6e8feb86659fd93, odd);
  size_t at = 0;
  for (; at + 8 <= length; at += 8) {
    uint64_t word;
    std::memcpy(&word, key + at, 8);
    hash = mix(hash ^ word, odd);
  }
  if (at < length) {
    uint64_t word = 0;
    std::memcpy(&word, key + at, length - at);
    hash = mix(hash ^ word, odd);
  }
  return static_cast<uint32_t>(hash ^ (hash >> 32));
}

}  // namespace

ByteDictionary::ByteDictionary(size_t keysMax) : keysMax_(keysMax), table_(firstSlots) {}

void ByteDictionary::nextRound() {
  round_++;
  evicted_ = 0;
  added_.clear();
}

std::string_view ByteDictionary::keyOf(uint32_t number) const {
  const Key& key = keys_[number];
  return {reinterpret_cast<const char*>(arena_.data()) + key.start, key.length};
}

uint32_t ByteDictionary::numberOf(const uint8_t* bytes, size_t length) {
  const uint32_t hash = hashOf(bytes, length);
  const size_t mask = table_.size() - 1;
  for (size_t at = hash & mask; table_[at].entry != 0; at = (at + 1) & mask) {
    if (table_[at].hash != hash) continue;
    Key& key = keys_[table_[at].entry - 1];
    if (key.length != length || std::memcmp(arena_.data() + key.start, bytes, length) != 0) continue;
    key.seenInRound = round_;
    return table_[at].entry - 1;
  }
  return add(bytes, length, hash);
}

uint32_t ByteDictionary::add(const uint8_t* bytes, size_t length, uint32_t hash) {
  if (size_ >= keysMax_ && evictionRound_ != round_) evictHalf();
  uint32_t number = static_cast<uint32_t>(keys_.size());
  if (free_.empty()) {
    keys_.emplace_back();
  } else {
    number = free_.back();
    free_.pop_back();
  }
  keys_[number] = {arena_.size(), round_, hash, static_cast<uint32_t>(length)};
  arena_.insert(arena_.end(), bytes, bytes + length);
  added_.push_back(number);
  size_++;
  if (size_ * 2 > table_.size()) {
    rebuildTable(table_.size() * 2);
  } else {
    insert(number);
  }
  return number;
}

void ByteDictionary::insert(uint32_t number) {
  const size_t mask = table_.size() - 1;
  size_t at = keys_[number].hash & mask;
  while (table_[at].entry != 0) at = (at + 1) & mask;
  table_[at] = {number + 1, keys_[number].hash};
}

void ByteDictionary::rebuildTable(size_t slots) {
  table_.assign(slots, Slot{});
  for (uint32_t number = 0; number < keys_.size(); number++) {
    if (keys_[number].length != 0) insert(number);
  }
}

void ByteDictionary::evictHalf() {
  evictionRound_ = round_;
  std::vector<uint32_t> old;
  for (uint32_t number = 0; number < keys_.size(); number++) {
    if (keys_[number].length != 0 && keys_[number].seenInRound != round_) old.push_back(number);
  }
  std::sort(old.begin(), old.end(), [this](uint32_t a, uint32_t b) {
    const uint64_t seenA = keys_[a].seenInRound;
    const uint64_t seenB = keys_[b].seenInRound;
    return seenA != seenB ? seenA < seenB : a < b;
  });
  old.resize(std::min(old.size(), (keysMax_ + 1) / 2));
  for (auto number = old.rbegin(); number != old.rend(); ++number) {
    keys_[*number].length = 0;
    free_.push_back(*number);
  }
  size_ -= old.size();
  evicted_ += static_cast<uint32_t>(old.size());
  compactArena();
  rebuildTable(table_.size());
}

void ByteDictionary::compactArena() {
  std::vector<uint8_t> kept;
  kept.reserve(arena_.size());
  for (Key& key : keys_) {
    if (key.length == 0) continue;
    const size_t start = kept.size();
    kept.insert(kept.end(), arena_.begin() + key.start, arena_.begin() + key.start + key.length);
    key.start = start;
  }
  arena_ = std::move(kept);
}

}  // namespace dyno
