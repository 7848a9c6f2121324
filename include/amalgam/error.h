// What went wrong, where, and how to mend it: the one error type of the library.
//
// Every function of Amalgam that can fail throws amalgam::Error, and nothing else of its own. An
// error holds one finding or several: checks collect all that they find before anything is changed.
// Thread safety: values; safe to copy between threads.
#pragma once

#include <exception>
#include <string>
#include <vector>

namespace amalgam {

// Grouped by what the user can do about it. The numbers are stable.
enum class ErrorCode {
  kUsage = 1,        // the call itself is wrong: options that contradict each other
  kUnsupported = 2,  // this can't be done, or not yet; the text says which
  kInvalid = 3,      // a setting, a model or a dataset does not fit; the text says the cure
  kDamaged = 4,      // a file is not what its format demands
  kExists = 5,       // an output is already there; nothing was overwritten
  kIo = 6,           // the system refused to read or write
  kKey = 7,          // the key file or its passphrase does not open
  kTrained = 8,      // a trained file does not match the key
  kInterrupted = 9,  // stopped by a signal; nothing half-written remains
};

// One thing that is wrong, in words for whom it concerns.
struct Finding {
  ErrorCode code;
  std::string where;  // file, then the place inside: "model.pt2: /graph_module/graph/nodes/3"
  std::string what;   // what was found, what was expected, how to mend it
};

// What is thrown. Holds at least one finding.
class Error : public std::exception {
 public:
  // Of one finding.
  Error(ErrorCode code, std::string where, std::string what);
  // Control characters in the texts become escapes, and the middle of very long ones is left out.
  // REQUIRES: findings is not empty.
  explicit Error(std::vector<Finding> findings);

  // The first finding's.
  ErrorCode code() const { return findings_.front().code; }
  // In the order in which they were found. Valid as long as the error lives.
  const std::vector<Finding>& findings() const { return findings_; }
  // One line per finding, "where: what", and at most 20.
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::vector<Finding> findings_;
  std::string text_;
};

// Collects findings so that a user sees all of them at once; raise() throws if there is any. For
// one thread at a time.
class Findings {
 public:
  void add(ErrorCode code, std::string where, std::string what);
  void add(const std::vector<Finding>& more);
  const std::vector<Finding>& all() const { return findings_; }
  bool empty() const { return findings_.empty(); }
  // Runs the work; an Error that it throws becomes findings, and anything else goes on.
  template <typename Work>
  void collect(Work work) {
    try {
      work();
    } catch (const Error& error) {
      add(error.findings());
    }
  }
  // Throws an Error of all of them, where there are any.
  void raise() const;

 private:
  std::vector<Finding> findings_;
};

}  // namespace amalgam
