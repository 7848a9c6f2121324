// How far long work has come. The library is silent; a caller that wants a bar passes one of these,
// which it owns and which must live as long as the call.
#pragma once

#include <cstdint>
#include <string_view>

namespace amalgam {

// Calls come from one thread at a time, but not always from the thread that called the library.
// What they throw ends the work as an error of its own does: nothing half-written remains.
class Progress {
 public:
  virtual ~Progress() = default;
  // A new piece of work of `total` bytes begins (of an audit: games); `what` is a word or two for a
  // person, valid during the call. Pieces do not overlap.
  virtual void begin(std::string_view what, std::uint64_t total) {
    (void)what;
    (void)total;
  }
  // So many more of them are done.
  virtual void advance(std::uint64_t bytes) { (void)bytes; }
  // The piece is done. Not called where it failed.
  virtual void end() {}
};

}  // namespace amalgam
