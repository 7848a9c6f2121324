// Hard failures: what gives a stream away without any game, one file each. What is one only where a
// rule picks a wanted stream by it is in differences.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "amalgam/audit.h"
#include "audit/job_view.h"
#include "audit/network_view.h"
#include "audit/public_tokens.h"
#include "audit/stream_facts.h"
#include "audit/stream_sample.h"
#include "audit/training.h"
#include "key/key.h"

namespace amalgam {

// What a check may look at; none of it says which streams are wanted.
struct FailureInput {
  const JobView& job;
  const std::vector<StreamSample>& samples;    // by sub-network
  const std::vector<ViewedNetwork>& networks;  // by sub-network
  const std::vector<StreamFacts>& facts;       // by sub-network, of training rows
  const std::vector<StreamFacts>& held_out;    // the same of held-out rows, or empty
};

using FailureList = std::vector<HardFailure>;

// Rows that come again, in some streams only, 1 % of them or more: an analyst may read them both
// ways (collected, or a shorter stream filled up), so that they are a failure whoever has them.
void check_repeats(const FailureInput& input, FailureList& out);
// Samples that public data has, too.
void check_public(const FailureInput& input, const Dataset& data, FailureList& out);
// Texts that public text has, too: runs of tokens, and under any numbering longer runs by their
// pattern.
void check_public_text(const FailureInput& input, const PublicTokens& data, FailureList& out);
// What only the key should hold, anywhere in the job's files.
void check_secrets(const JobView& job, const Key& key, FailureList& out);

// Two groups of streams, by a share of each: some at `least` or above while others are below a
// tenth of that. Empty where that is not so.
std::vector<std::size_t> standing_out(const std::vector<double>& shares, double least);
// "sub-network 1", "sub-networks 0 and 2".
std::string streams_text(const std::vector<std::size_t>& streams);

}  // namespace amalgam
