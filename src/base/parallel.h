// Work on a range of blocks, on a stated number of threads, and on a sequence of pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace amalgam {

// Calls body(block) once for each block in [0, blocks), on at most `threads` threads (0: all). The
// result must not depend on the order: each block writes its own memory and draws from its own
// random stream. The first exception of a body is rethrown.
void parallel_blocks(unsigned threads, std::uint64_t blocks,
                     const std::function<void(std::uint64_t)>& body);

// A pipeline of pieces: `read` fills the next slot, and returns false behind the last piece; `work`
// runs on several slots at a time; `write` takes them in the order of reading. `read` and `write`
// are called by one thread at a time. Slots are numbers below `slots`; the first exception is
// rethrown.
struct PipelineStages {
  std::function<bool(std::size_t)> read;
  std::function<void(std::size_t)> work;
  std::function<void(std::size_t)> write;
};
void run_pipeline(const PipelineStages& stages, std::size_t slots);

}  // namespace amalgam
