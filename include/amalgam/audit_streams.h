// The streams of surrogate games, and of a job, for attackers outside the core (those of the Python
// package, which train).
//
// A game deals rows of surrogate data into streams as the job's own scheme would, and an attacker
// names the stream that stands for the wanted one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "amalgam/image.h"
#include "amalgam/text.h"

namespace amalgam {

// Some rows of one stream, as the cloud sees them.
struct AuditStream {
  std::string kind;                  // "image", "text" or "vector"
  std::vector<std::uint64_t> shape;  // of a row: [C, H, W] of an image, else [width]
  std::vector<float> values;         // [rows, …]
  std::vector<std::int64_t> labels;  // [rows]; empty where a row has no single class
};

// Deals games. Reading one from several threads is safe.
class AuditStreams {
 public:
  // `request` is what the audit wrote (src/audit/training.cpp): the job's folder, the scheme of its
  // games, their seed and sets; no key, and not which stream is wanted. Throws Error.
  AuditStreams(const std::string& request, const ImageLibrary* images, const TextLibrary* text);
  ~AuditStreams();
  AuditStreams(const AuditStreams&) = delete;
  AuditStreams& operator=(const AuditStreams&) = delete;

  // The streams of game `number`, in the order in which an attacker sees them, and of the job, by
  // sub-network. Pure functions of the request. Throw Error where the job can't be read.
  std::vector<AuditStream> game(std::uint64_t number) const;
  std::vector<AuditStream> job() const;
  // A game beyond those that are scored, with which streams are wanted: to teach a classifier.
  std::pair<std::vector<AuditStream>, std::vector<bool>> lesson(std::uint64_t number) const;

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace amalgam
