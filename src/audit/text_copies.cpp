#include "audit/text_copies.h"

#include <algorithm>
#include <limits>

#include "audit/attacks/tokens.h"

namespace amalgam {
namespace {

constexpr std::size_t kRun = 3, kLeastTokens = 8;
constexpr double kNearly = 0.4;

// A finalizer of 64 bits (Steele, Lea and Flood 2014).
std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

}  // namespace

void TextCopies::add(const StreamSample& sample) {
  for (std::uint64_t r = 0; r < sample.rows; ++r) {
    const std::vector<std::uint64_t> tokens = row_tokens(sample, r);
    if (tokens.size() < kLeastTokens) continue;
    Runs runs;
    for (std::size_t i = 0; i + kRun <= tokens.size(); ++i)
      runs.push_back(mixed(run_of(tokens, i, kRun)));
    std::sort(runs.begin(), runs.end());
    runs.erase(std::unique(runs.begin(), runs.end()), runs.end());
    add(runs);
  }
}

std::uint64_t TextCopies::copied() const {
  return static_cast<std::uint64_t>(std::count(copied_.begin(), copied_.end(), true));
}

void TextCopies::add(const Runs& runs) {
  const auto own = static_cast<std::uint32_t>(copied_.size());
  copied_.push_back(false);
  for (std::size_t h = 0; h < kHashes; ++h) {
    const std::uint64_t salt = mixed(h + 1);
    std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
    for (const std::uint64_t run : runs) least = std::min(least, mixed(run ^ salt));
    Last& last = alike_[least];
    for (std::size_t i = 0; i < std::min<std::size_t>(last.count, kLast); ++i)
      if (const std::uint32_t other = last.texts[i];
          !(copied_[own] && copied_[other]) && nearly(other, runs))
        copied_[own] = copied_[other] = true;
    last.texts[last.count++ % kLast] = own;
  }
  runs_.insert(runs_.end(), runs.begin(), runs.end());
  end_.push_back(runs_.size());
}

bool TextCopies::nearly(std::uint32_t text, const Runs& runs) const {
  std::uint64_t a = text == 0 ? 0 : end_[text - 1];
  const std::uint64_t end = end_[text], size = end - a;
  std::size_t b = 0;
  double common = 0;
  while (a < end && b < runs.size()) {
    const std::uint64_t x = runs_[a], y = runs[b];
    common += x == y;
    a += x <= y, b += y <= x;
  }
  return common >= kNearly * (static_cast<double>(size + runs.size()) - common);
}

}  // namespace amalgam
