#include "base/interrupt.h"

#include <atomic>

#include "amalgam/error.h"
#include "base/mapped_region.h"

namespace amalgam {
namespace {
std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);
}  // namespace

void request_interrupt() noexcept { requested.store(true, std::memory_order_relaxed); }

void clear_interrupt() noexcept { requested.store(false, std::memory_order_relaxed); }

void check_interrupted() {
  if (requested.load(std::memory_order_relaxed))
    throw Error(ErrorCode::kInterrupted, "", "interrupted; nothing was left behind");
  check_mapped_files();
}

}  // namespace amalgam
