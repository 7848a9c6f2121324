// What an audit reads of a job before it looks for anything.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "audit/network_view.h"
#include "audit/stream_facts.h"
#include "audit/stream_sample.h"

namespace amalgam {

// All of a job's streams as numbers.
struct JobStreams {
  std::vector<ViewedNetwork> networks;  // by sub-network
  std::vector<StreamSample> samples;    // by sub-network, of their main features
  // Views beside the main one that all of them have; each by sub-network.
  std::vector<std::vector<StreamSample>> others;
  std::vector<StreamFacts> facts;     // by sub-network, of training rows
  std::vector<StreamFacts> held_out;  // the same of held-out rows; empty where the job has none
};

// `most` rows of each stream, or fewer where the job has fewer or rows are long: values of a stream
// in memory.
std::uint64_t rows_held(const JobView& job, std::uint64_t most);

// `advance` is called behind each stream. Throws kDamaged where the job has no rows. The same for
// any number of threads (0: all).
JobStreams read_streams(const JobView& job, unsigned threads, const std::function<void()>& advance);

// How findings in a view beside the main one name it: " (image 2)".
std::string view_name(const JobStreams& streams, std::size_t view);

}  // namespace amalgam
