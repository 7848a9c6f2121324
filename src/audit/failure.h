// Hard failures: what gives a stream away without any game, one file each.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "amalgam/audit.h"
#include "audit/job_view.h"
#include "audit/network_view.h"
#include "audit/public_tokens.h"
#include "audit/row_digests.h"
#include "audit/stream_facts.h"
#include "audit/stream_sample.h"
#include "audit/training.h"
#include "key/key.h"

namespace amalgam {

// What a check may look at; none of it says which streams are wanted.
struct FailureInput {
  const JobView& job;
  const std::vector<StreamSample>& samples;    // by sub-network
  const std::vector<RowDigests>& digests;      // by sub-network, of all training rows
  const std::vector<ViewedNetwork>& networks;  // by sub-network
  const std::vector<StreamFacts>& facts;       // by sub-network
};

using FailureList = std::vector<HardFailure>;

// Dtypes, ranges, and values off the grid of the others.
void check_values(const FailureInput& input, FailureList& out);
// Positions that never change, in some streams only.
void check_constants(const FailureInput& input, FailureList& out);
// Sub-networks that receive links.
void check_links(const FailureInput& input, FailureList& out);
// Sizes of layers that are no multiples of what the others' are multiples of.
void check_sizes(const FailureInput& input, FailureList& out);
// Initial values of another form.
void check_initial_values(const FailureInput& input, FailureList& out);
// Initial values that PyTorch's generator drew beside some that another did. Gives why that can't
// be told, or nothing.
std::string check_generator(const FailureInput& input, FailureList& out);
// Rows that come again, in some streams only.
void check_repeats(const FailureInput& input, FailureList& out);
// Streams that an earlier job has, too. Gives the share of each one's rows that are in there.
std::vector<double> check_earlier(const FailureInput& input, const JobView& earlier,
                                  FailureList& out);
// Samples that public data has, too.
void check_public(const FailureInput& input, const Dataset& data, FailureList& out);
// Texts that public text has, too: runs of tokens, and under any numbering longer runs by their
// pattern.
void check_public_text(const FailureInput& input, const PublicTokens& data, FailureList& out);
// Labels that nothing in the samples says, beside streams where they are learned.
void check_chance(const FailureInput& input, FailureList& out);
// The same, of the job's sub-networks after training, `by` whom; by sub-network.
void check_training(const std::vector<std::optional<TrainingFacts>>& facts, const char* by,
                    FailureList& out);
// What only the key should hold, anywhere in the job's files.
void check_secrets(const JobView& job, const Key& key, FailureList& out);

// Two groups of streams, by a share of each: some at `least` or above while others are below a
// tenth of that. Empty where that is not so.
std::vector<std::size_t> standing_out(const std::vector<double>& shares, double least);
// "sub-network 1", "sub-networks 0 and 2".
std::string streams_text(const std::vector<std::size_t>& streams);

}  // namespace amalgam
