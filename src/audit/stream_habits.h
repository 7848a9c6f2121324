// What gives a stream away by how its data was made: each check is a rule, fixed beforehand, that
// takes some streams for the wanted ones. One file each in failures/.
#pragma once

#include "audit/failure.h"
#include "audit/specialness.h"
#include "audit/tell.h"

namespace amalgam {

// Columns that a scaler has made exact (mean 0 and variance 1, extremes 0 and 1) in some streams
// only: it was fitted on these.
void check_scaling(const FailureInput& input, TellList& out);
// The same of single rows (norms, sums, extremes, means and deviations): nobody's data is so
// without a scaler.
void check_row_scaling(const FailureInput& input, TellList& out);
// Classes of exactly one size, or of round sizes, in some streams only: those were collected.
void check_class_sizes(const FailureInput& input, TellList& out);
// The same of class sizes by stream; `where` follows what is said of them.
void check_sizes_of_classes(const std::vector<std::vector<std::uint64_t>>& all, const char* where,
                            TellList& out);
// The same of targets behind the first that are classes, each by its place.
void check_further_targets(const std::vector<StreamFacts>& facts, const char* where, TellList& out);
// Held-out rows that come again, or that are training rows, in some streams only, and their
// classes: those that come again were filled up; obfuscate itself sets no training rows aside.
void check_held_out(const FailureInput& input, TellList& out);
// Rows that come again in some streams only, be they ever so few: those were filled up or sampled.
void check_few_repeats(const FailureInput& input, TellList& out);
// Rows that are nearly others, or their mirror images, in some streams only: those were made of
// fewer rows.
void check_copies(const FailureInput& input, unsigned threads, TellList& out);
// Classes that nearest neighbours tell without fail, beside streams where they do not: made up.
void check_easy_neighbours(const FailureInput& input, TellList& out);
// Labels that contradict all neighbours of their rows, in some streams only: noise.
void check_label_noise(const FailureInput& input, TellList& out);
// Images that lack the finest detail that the others have: made smaller once, or larger.
void check_resized(const FailureInput& input, TellList& out);
// Texts that are all of one length beside texts that are not.
void check_lengths(const FailureInput& input, TellList& out);

// Statistics of streams for the table of what is exactly round in one of them only.
void add_stream_statistics(const FailureInput& input, StatisticTable& table);

// All of them, and that table.
void check_streams(const FailureInput& input, unsigned threads, TellList& out);

}  // namespace amalgam
