#include "base/parallel.h"

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include "base/interrupt.h"

namespace amalgam {

void parallel_blocks(unsigned threads, std::uint64_t blocks,
                     const std::function<void(std::uint64_t)>& body) {
  if (threads == 1 || blocks == 1) {
    for (std::uint64_t i = 0; i < blocks; ++i) {
      check_interrupted();
      body(i);
    }
    return;
  }
  tbb::task_arena arena(threads == 0 ? tbb::task_arena::automatic : static_cast<int>(threads));
  arena.execute([&] {
    tbb::parallel_for(std::uint64_t{0}, blocks, [&](std::uint64_t i) {
      check_interrupted();
      body(i);
    });
  });
}

}  // namespace amalgam
