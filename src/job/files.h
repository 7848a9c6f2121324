// Where the files of a job go: into a folder, or nowhere, where only their sizes are asked for.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "amalgam/progress.h"
#include "job/manifest.h"
#include "weave/samples.h"

namespace amalgam {

// Rows first..last-1 of a split.
struct SampleRange {
  bool held_out = false;
  std::uint64_t first = 0, last = 0;
};

// Each call takes one file, by its place in the job, and returns what job.json says of it.
class JobFiles {
 public:
  virtual ~JobFiles() = default;
  virtual ManifestFile text(const std::string& name, std::string_view content) = 0;
  virtual ManifestFile tensors(const std::string& name,
                               const std::vector<NamedTensor>& tensors) = 0;
  virtual ManifestFile samples(const std::string& name, const SampleWeaver& weaver,
                               const SampleRange& range) = 0;
};

// Writes them into an existing folder. Throws kIo.
class JobFolder : public JobFiles {
 public:
  // `threads` weave (0: all); `progress` may be null.
  JobFolder(std::filesystem::path folder, unsigned threads, Progress* progress);
  ManifestFile text(const std::string& name, std::string_view content) override;
  ManifestFile tensors(const std::string& name, const std::vector<NamedTensor>& tensors) override;
  ManifestFile samples(const std::string& name, const SampleWeaver& weaver,
                       const SampleRange& range) override;

 private:
  std::filesystem::path folder_;
  unsigned threads_;
  Progress* progress_;
};

// Reads no value and weaves no row; digests are zeros, as many as there would be.
class JobSizes : public JobFiles {
 public:
  ManifestFile text(const std::string& name, std::string_view content) override;
  ManifestFile tensors(const std::string& name, const std::vector<NamedTensor>& tensors) override;
  ManifestFile samples(const std::string& name, const SampleWeaver& weaver,
                       const SampleRange& range) override;
};

}  // namespace amalgam
