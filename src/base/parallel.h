// Work on a range of blocks, on a stated number of threads.
#pragma once

#include <cstdint>
#include <functional>

namespace amalgam {

// Calls body(block) once for each block in [0, blocks), on at most `threads` threads (0: all). The
// result must not depend on the order: each block writes its own memory and draws from its own
// random stream. The first exception of a body is rethrown.
void parallel_blocks(unsigned threads, std::uint64_t blocks,
                     const std::function<void(std::uint64_t)>& body);

}  // namespace amalgam
