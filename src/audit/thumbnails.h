// Rows as few numbers, so that all can be compared with all: images small and grey, vectors as they
// are.
#pragma once

#include <vector>

#include "audit/stream_sample.h"

namespace amalgam {

struct Thumbnails {
  static constexpr std::uint64_t kSide = 8, kLeastColumns = 8, kMostColumns = 64;

  std::uint64_t rows = 0, width = 0;
  std::vector<float> values;  // [rows, width]
  bool image = false;         // whose width is kSide * kSide
};

// Of images; of vectors their columns of more than two values, each divided by its deviation, where
// there are enough of them (at most kMostColumns are taken); else no rows.
Thumbnails thumbnails(const StreamSample& sample);

// How far each row's nearest other is, and the nearest one seen in a mirror, as a part of how far
// the kFar-th nearest is: small where a row was made from another. Both as [rows].
struct NearestCopies {
  static constexpr std::size_t kFar = 16;
  std::vector<float> copy, mirrored;
};
// REQUIRES: more than kFar rows, all different.
NearestCopies nearest_copies(const Thumbnails& thumbnails, unsigned threads);

}  // namespace amalgam
