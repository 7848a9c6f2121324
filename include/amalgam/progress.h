// How far long work has come. The library is silent; a caller that wants a bar passes one of these.
#pragma once

#include <cstdint>
#include <string_view>

namespace amalgam {

// Calls come from one thread at a time.
class Progress {
 public:
  virtual ~Progress() = default;
  // A new piece of work of `total` bytes begins.
  virtual void begin(std::string_view what, std::uint64_t total) {
    (void)what;
    (void)total;
  }
  virtual void advance(std::uint64_t bytes) { (void)bytes; }
  virtual void end() {}
};

}  // namespace amalgam
