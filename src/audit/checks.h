// All that is looked for in a job without a game: failures (failure.h), differences (differences.h)
// and tells (tells.h).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "audit/failure.h"
#include "audit/job_streams.h"

namespace amalgam {

struct CheckedJob {
  const JobView& job;
  const Key& key;  // for what only it should hold
  const JobStreams& streams;
  const std::vector<Dataset>& publics;
  const std::vector<PublicTokens>& texts;
  const std::vector<std::filesystem::path>& earlier;  // jobs that were sent before
  unsigned threads;                                   // 0: all
};

// Throws kKey where the key belongs to another job; adds a failure where this one was changed.
void check_belongs(const JobView& job, const Key& key, FailureList& out);

// Adds what is found to `result`, whose wanted sub-networks are known: tells are judged by them.
// Gives why it can't be told what drew the initial values, or nothing.
std::string check_job(const CheckedJob& job, AuditResult& result);

}  // namespace amalgam
