#include "base/parallel.h"

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/parallel_pipeline.h>
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

void run_pipeline(const PipelineStages& stages, std::size_t slots) {
  // At most `slots` pieces are under way and they end in order, so a slot is free when its
  // turn comes again.
  std::size_t next = 0;
  auto read = [&](tbb::flow_control& control) -> std::size_t {
    const std::size_t slot = next++ % slots;
    if (!stages.read(slot)) control.stop();
    return slot;
  };
  auto work = [&](std::size_t slot) {
    stages.work(slot);
    return slot;
  };
  using Mode = tbb::filter_mode;
  tbb::parallel_pipeline(
      slots, tbb::make_filter<void, std::size_t>(Mode::serial_in_order, read) &
                 tbb::make_filter<std::size_t, std::size_t>(Mode::parallel, work) &
                 tbb::make_filter<std::size_t, void>(
                     Mode::serial_in_order, [&](std::size_t slot) { stages.write(slot); }));
}

}  // namespace amalgam
