// The plan applied to data: streams become augmented samples.
#pragma once

#include <span>
#include <vector>

#include "formats/safetensors.h"
#include "weave/merge.h"
#include "weave/task.h"

namespace amalgam {

class SampleWeaver {
 public:
  // `tasks` are those that the plan was drawn for. Both must outlive the weaver.
  SampleWeaver(const Plan& plan, std::span<const JobTask> tasks);

  // Bytes of one augmented sample, targets included.
  std::uint64_t sample_bytes() const;
  // The tensors of a shard of so many rows, as weave() gives them, but without values.
  std::vector<NamedTensor> forms(std::uint64_t rows) const;
  // Samples first..last-1 as the tensors of one shard: "x.<dtype>" [n, F] and "y.<dtype>" [n, T],
  // aligned. The same bytes for any number of threads (0: all).
  std::vector<NamedTensor> weave(bool held_out, std::uint64_t first, std::uint64_t last,
                                 unsigned threads) const;

 private:
  struct Part {  // of one column group: where its rows come from
    std::size_t stream;
    std::size_t field;
    const std::vector<std::uint64_t>* elements;  // of the row; null: all of it
    const std::vector<std::uint32_t>* numbers;   // of tokens; null: they stay
  };
  struct Group {
    std::string name;
    DType dtype{};
    std::vector<Part> parts;
    std::uint64_t columns = 0;
    std::vector<const Positions*> positions;  // by part
    std::vector<std::uint64_t> widths;        // of the parts' rows
  };

  static NamedTensor form(const Group& group, std::uint64_t rows);
  void weave_rows(const Group& group, const RowMerger& merger, bool held_out, std::uint64_t first,
                  std::uint64_t count, std::byte* out) const;

  // Where a part's row comes from: its source and the number there.
  std::pair<const RowSource*, std::uint64_t> locate(const Part& part, bool held_out,
                                                    std::uint64_t row) const;

  const Plan& plan_;
  std::span<const JobTask> tasks_;
  std::vector<Group> groups_;
};

}  // namespace amalgam
