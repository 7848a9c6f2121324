// Statistics of what stands in order, or never twice, by no accident: numbers of rows, ranks,
// sorted values, texts that are sets of words.
#pragma once

#include <Eigen/Dense>
#include <optional>
#include <vector>

#include "audit/specialness.h"
#include "audit/stream_sample.h"

namespace amalgam {

// How many columns of [rows, columns] hold values that are all different and lie too evenly to have
// fallen so: row numbers, in whatever order and units, ranks, time stamps. `digests`: of rows, so
// that a row that comes again counts once. Nothing for few rows.
std::optional<Measured> numbered_columns(const Eigen::MatrixXd& rows,
                                         const std::vector<std::uint64_t>& digests);
// The same of a text's places, over the rows of the sample.
std::optional<Measured> numbered_places(const StreamSample& sample);
// The share of rows whose values ascend from the first column to the last; exact where all do
// although columns overlap. Nothing for fewer than three columns.
std::optional<Measured> ascending_rows(const Eigen::MatrixXd& rows);
// The share of texts in which a token comes again, padding aside; exact where none does although
// the commonest would meet themselves. Nothing for what is no text.
std::optional<Measured> texts_with_repeats(const StreamSample& sample);

}  // namespace amalgam
