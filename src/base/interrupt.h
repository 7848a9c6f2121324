// A request to stop, made by a signal handler and honoured between pieces of work.
#pragma once

namespace amalgam {

// Safe to call from a signal handler.
void request_interrupt() noexcept;
// After work that was asked to stop has stopped: what begins afterwards runs.
void clear_interrupt() noexcept;
// Throws kInterrupted once a stop has been requested, and kIo once a mapped file was cut.
void check_interrupted();

}  // namespace amalgam
