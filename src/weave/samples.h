// The plan applied to data: streams become augmented samples.
#pragma once

#include <memory>
#include <vector>

#include "formats/safetensors.h"
#include "noise/rows.h"
#include "plan/plan.h"
#include "weave/merge.h"

namespace amalgam {

// One task's rows, for training and held out; held_out is null where training rows were set aside.
struct TaskRows {
  std::shared_ptr<const RowSource> training;
  std::shared_ptr<const RowSource> held_out;
};

class SampleWeaver {
 public:
  // `tasks` are in the order that the plan's shapes had. The plan must outlive the weaver.
  SampleWeaver(const Plan& plan, const std::vector<TaskShape>& shapes, std::vector<TaskRows> tasks);

  // Bytes of one augmented sample, targets included.
  std::uint64_t sample_bytes() const;
  // Samples first..last-1 as the tensors of one shard: "x.<dtype>" [n, F] and "y.<dtype>" [n, T],
  // aligned. The same bytes for any number of threads (0: all).
  std::vector<NamedTensor> weave(bool held_out, std::uint64_t first, std::uint64_t last,
                                 unsigned threads) const;

 private:
  struct Part {  // of one column group: where its rows come from
    std::size_t stream;
    std::size_t field;
    bool is_target;
    const std::vector<std::uint64_t>* elements;  // of the row; null: all of it
    const std::vector<std::uint32_t>* numbers;   // of tokens; null: they stay
  };
  struct Group {  // the columns of one dtype
    std::string name;
    DType dtype;
    std::vector<Part> parts;
    std::uint64_t columns;
    std::vector<const Positions*> positions;  // by part
    std::vector<std::uint64_t> widths;        // of the parts' rows
  };

  void add_groups(const std::vector<TaskShape>& shapes, bool targets);
  void weave_rows(const Group& group, const RowMerger& merger, bool held_out, std::uint64_t first,
                  std::uint64_t count, std::byte* out) const;

  // Where a part's row comes from: its source and the number there.
  std::pair<const RowSource*, std::uint64_t> locate(const Part& part, bool held_out,
                                                    std::uint64_t row) const;

  const Plan& plan_;
  std::vector<TaskRows> tasks_;
  std::vector<Group> groups_;
};

}  // namespace amalgam
