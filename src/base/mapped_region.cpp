#include "base/mapped_region.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "amalgam/error.h"

namespace amalgam {
namespace {

// One mapping. A signal handler reads these, so they are never freed, but used again.
struct Entry {
  std::atomic<bool> used{true};
  std::atomic<std::uintptr_t> begin{0}, end{0};
  std::atomic<const char*> path{nullptr};
  Entry* next = nullptr;
};

std::atomic<Entry*> entries{nullptr};
std::atomic<std::uintptr_t> page_size{4096};

// What was cut: written once, by the handler.
constexpr std::size_t kMostPath = 4096;
char cut_path[kMostPath];
std::atomic<bool> cut_claimed{false}, cut_known{false};

Entry* take_entry() {
  for (Entry* entry = entries.load(); entry; entry = entry->next)
    if (bool free = false; entry->used.compare_exchange_strong(free, true)) return entry;
  auto* entry = new Entry;
  entry->next = entries.load();
  while (!entries.compare_exchange_weak(entry->next, entry)) {
  }
  return entry;
}

void note_cut(const char* path) {
  if (cut_claimed.exchange(true)) return;
  std::size_t i = 0;
  for (; path && path[i] && i + 1 < kMostPath; ++i) cut_path[i] = path[i];
  cut_path[i] = '\0';
  cut_known.store(true);
}

// Puts zeros where the file has no bytes any more. Only what a signal handler may call.
void on_bus_error(int signal, siginfo_t* info, void*) {
  const int error = errno;
  const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
  for (const Entry* entry = entries.load(); entry; entry = entry->next) {
    const std::uintptr_t end = entry->end.load();
    if (!entry->used.load() || at < entry->begin.load() || at >= end) continue;
    const std::uintptr_t in_page = at % page_size;
    void* zeros = ::mmap(static_cast<std::byte*>(info->si_addr) - in_page, end - at + in_page,
                         PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (zeros == MAP_FAILED) break;
    note_cut(entry->path.load());
    errno = error;
    return;
  }
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  ::sigaction(signal, &action, nullptr);  // returning meets the same error again
}

}  // namespace

MappedRegion::MappedRegion(const std::byte* begin, std::size_t size, std::string path)
    : path_(std::move(path)) {
  Entry* entry = take_entry();
  entry->path = path_.c_str();
  entry->begin = reinterpret_cast<std::uintptr_t>(begin);
  entry->end = reinterpret_cast<std::uintptr_t>(begin) + size;
  entry_ = entry;
}

MappedRegion::~MappedRegion() {
  auto* entry = static_cast<Entry*>(entry_);
  entry->end = 0;
  entry->begin = 0;
  entry->path = nullptr;
  entry->used = false;
}

void guard_mapped_files() {
  page_size = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &action, nullptr);
}

void check_mapped_files() {
  if (cut_known.load(std::memory_order_relaxed))
    throw Error(ErrorCode::kIo, cut_path,
                "was cut while it was read, or its disk fails; try again when it is whole");
}

}  // namespace amalgam
