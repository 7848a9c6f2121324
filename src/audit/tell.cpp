#include "audit/tell.h"

#include <fmt/format.h>

#include <algorithm>

#include "audit/failure.h"

namespace amalgam {
namespace {

bool picks_wanted(const Tell& tell, const std::vector<std::size_t>& wanted) {
  return std::any_of(wanted.begin(), wanted.end(), [&](std::size_t s) {
    return std::count(tell.streams.begin(), tell.streams.end(), s) > 0;
  });
}

std::string meaning_of(const Tell& tell) {
  if (!tell.ruled) return tell.meaning;
  return fmt::format(
      "an analyst would take {} for wanted and be wrong here; made the other way round, the same "
      "job would fail",
      streams_text(tell.streams));
}

}  // namespace

void judge(const TellList& found, AuditResult& result) {
  for (const Tell& tell : found)
    if (tell.ruled && picks_wanted(tell, result.wanted))
      result.failures.push_back({tell.kind, tell.streams, tell.what, tell.cure});
    else
      result.notes.push_back({tell.kind, tell.streams, tell.what, meaning_of(tell)});
}

}  // namespace amalgam
