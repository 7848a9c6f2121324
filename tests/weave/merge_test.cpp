#include "weave/merge.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace amalgam {
namespace {

// The oracle is the definition: every column of the output holds its stream's next value.
RC_GTEST_PROP(RowMerger, PutsEveryValueAtItsColumn, ()) {
  const auto item = *rc::gen::element<std::size_t>(1, 2, 4, 8);
  const auto streams = *rc::gen::inRange<std::size_t>(1, 6);
  const auto owner = *rc::gen::container<std::vector<std::size_t>>(
      *rc::gen::inRange<std::size_t>(1, 700), rc::gen::inRange<std::size_t>(0, streams));
  std::vector<std::vector<std::uint64_t>> columns(streams);
  for (std::size_t c = 0; c < owner.size(); ++c) columns[owner[c]].push_back(c);

  // Rows end exactly where their memory ends, so that a sanitizer sees a load beyond them.
  std::vector<std::unique_ptr<std::byte[]>> rows;
  std::vector<const std::byte*> sources;
  std::vector<const std::vector<std::uint64_t>*> lists;
  std::uint8_t next = 0;
  for (const auto& list : columns) {
    rows.push_back(std::make_unique<std::byte[]>(list.size() * item));
    for (std::size_t b = 0; b < list.size() * item; ++b) rows.back()[b] = std::byte{next++};
    sources.push_back(rows.back().get());
    lists.push_back(&list);
  }
  using enum RowMerger::Instructions;
  const RowMerger merger(lists, item, *rc::gen::element(kPlain, kSsse3, kVbmi, kVbmi2));
  RC_ASSERT(merger.row_bytes() == owner.size() * item);
  const auto out = std::make_unique<std::byte[]>(merger.row_bytes());
  merger.merge(sources.data(), sources.data(), out.get());
  for (std::size_t s = 0; s < streams; ++s)
    for (std::size_t i = 0; i < columns[s].size(); ++i)
      RC_ASSERT(
          std::equal(&rows[s][i * item], &rows[s][i * item] + item, &out[columns[s][i] * item]));
}

}  // namespace
}  // namespace amalgam
