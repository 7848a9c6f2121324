// Python's signals while the core works: Ctrl-C ends a call at once.
#pragma once

#include <nanobind/nanobind.h>

#include <chrono>
#include <exception>
#include <future>
#include <thread>
#include <utility>

#include "base/interrupt.h"

namespace amalgam {

inline constexpr std::chrono::milliseconds kSignalsEvery{50};

inline bool on_main_thread() {
  const auto threading = nanobind::module_::import_("threading");
  return threading.attr("current_thread")().is(threading.attr("main_thread")());
}

// Runs `work`, which must not need the interpreter, on a thread of its own, with the interpreter's
// lock released, and returns what it returns or throws what it throws. Meanwhile the calling thread
// lets Python handle its signals: when a handler raises, as Ctrl-C's does, the core is asked to
// stop, which leaves nothing half-written, and Python's exception is thrown. Python handles signals
// on its main thread alone: calls from others are not stopped.
template <typename Work>
auto interruptible(Work work) -> decltype(work()) {
  namespace nb = nanobind;
  if (!on_main_thread()) {
    const nb::gil_scoped_release unlocked;
    return work();
  }
  std::packaged_task<decltype(work())()> task(std::move(work));
  auto result = task.get_future();
  std::exception_ptr raised;
  {
    const nb::gil_scoped_release unlocked;
    std::thread worker(std::move(task));
    while (result.wait_for(kSignalsEvery) != std::future_status::ready) {
      const nb::gil_scoped_acquire lock;
      if (raised || PyErr_CheckSignals() == 0) continue;
      raised = std::make_exception_ptr(nb::python_error());
      request_interrupt();
    }
    worker.join();
  }
  if (!raised) return result.get();
  clear_interrupt();
  std::rethrow_exception(raised);
}

}  // namespace amalgam
