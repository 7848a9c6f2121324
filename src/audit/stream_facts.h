// What all rows of a stream say of its columns: exact numbers, where a sample would only give
// estimates.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "audit/job_view.h"
#include "audit/row_digests.h"

namespace amalgam {

struct ColumnFacts {
  double mean = 0, variance = 0;            // in float64, divided by the number of rows
  double least = 0, most = 0;               // of the values
  std::uint64_t at_least = 0, at_most = 0;  // rows that have these
  std::uint64_t rows = 0;
  std::uint64_t odd = 0;  // rows whose float32 has an odd last bit

  bool constant() const { return least == most; }
  // More than two values occur.
  bool graded() const { return !constant() && at_least + at_most < rows; }
};

// Mean and variance of neighbouring columns as one, with the ends of the first. REQUIRES: at least
// one, all of as many rows.
ColumnFacts joined(std::span<const ColumnFacts> columns);

// Of the same column in other rows, or of two columns that belong together: all values of both.
ColumnFacts pooled(const ColumnFacts& a, const ColumnFacts& b);

struct FieldFacts {
  DType dtype = DType::kUInt8;
  Shape shape;                       // of one sample
  std::vector<ColumnFacts> columns;  // by element of a sample
};

struct StreamFacts {
  std::vector<FieldFacts> features, targets;  // of the targets, those that are real numbers
  // By row, of all its features: equal rows have equal ones.
  std::vector<std::uint64_t> rows;
  RowDigests samples;  // by row, of the main feature
  // By row, its class number, of the first target that is one; empty where there is none. And the
  // same of further ones.
  std::vector<std::int64_t> labels;
  std::vector<std::vector<std::int64_t>> more_labels;
};

// Of all training rows, or of all held-out ones. The same for any number of threads. REQUIRES: the
// job has such rows.
StreamFacts facts_of(const JobView& job, std::size_t subnetwork, bool held_out, unsigned threads);

// Of the same stream's training and held-out rows: its columns, and nothing of single rows.
StreamFacts of_all_rows(const StreamFacts& training, const StreamFacts& held_out);

// Of each target that is one class number, by row.
std::vector<std::vector<std::int64_t>> labels_of(const JobView& job, const ViewedSubnetwork& sub,
                                                 bool held_out);

// Up to `most` rows that are no earlier row again, ascending. `rows`: as StreamFacts has them.
std::vector<std::uint64_t> different_rows(const std::vector<std::uint64_t>& rows,
                                          std::uint64_t most);

// By class number, ascending: how many rows have it.
std::vector<std::uint64_t> class_sizes(const std::vector<std::int64_t>& labels);

}  // namespace amalgam
