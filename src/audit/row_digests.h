// Numbers for rows: equal rows have equal ones. Tokens are first numbered by where they appear in
// the row, because a stream may number its vocabulary anew.
#pragma once

#include <cstdint>
#include <vector>

#include "amalgam/dataset.h"
#include "audit/job_view.h"

namespace amalgam {

using RowDigests = std::vector<std::uint64_t>;

// Of bytes behind others, whose digest is `before`.
std::uint64_t bytes_digest(std::uint64_t before, Bytes bytes);
std::uint64_t row_digest(DType dtype, const Shape& shape, Bytes row);
// Of the main feature of a stream's training rows.
RowDigests digest_stream(const JobView& job, std::size_t subnetwork, unsigned threads);
RowDigests digest_dataset(const Dataset& data);

// Of how many of `rows` is the digest in `set` (sorted)?
double share_in(const RowDigests& rows, const RowDigests& set);

}  // namespace amalgam
