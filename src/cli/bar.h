// A progress bar on a terminal, and nothing elsewhere.
#pragma once

#include <chrono>
#include <string>

#include "amalgam/progress.h"

namespace amalgam::cli {

class Bar : public Progress {
 public:
  Bar();
  ~Bar() override;
  void begin(std::string_view what, std::uint64_t total) override;
  void advance(std::uint64_t bytes) override;
  void end() override;

 private:
  void draw();

  bool terminal_;
  bool shown_ = false;
  std::string what_;
  std::uint64_t total_ = 0, done_ = 0;
  std::chrono::steady_clock::time_point started_, drawn_;
};

}  // namespace amalgam::cli
