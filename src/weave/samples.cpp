#include "weave/samples.h"

#include <fmt/format.h>

#include <cstring>
#include <map>

#include "base/buffer.h"
#include "base/parallel.h"
namespace amalgam {
namespace {
constexpr std::uint64_t kRowsPerBlock = 256;
constexpr std::uint64_t kRowsAhead = 2;

// Some elements of a row, one after another.
void pack(const std::byte* row, const std::vector<std::uint64_t>& elements, std::size_t item,
          std::vector<std::byte>& out) {
  for (std::size_t i = 0; i < elements.size(); ++i)
    std::memcpy(out.data() + i * item, row + elements[i] * item, item);
}

template <typename T>
void renumber_as(const std::byte* row, const std::vector<std::uint32_t>& numbers,
                 std::vector<std::byte>& out) {
  for (std::size_t at = 0; at < out.size(); at += sizeof(T)) {
    T token;
    std::memcpy(&token, row + at, sizeof(T));
    token = static_cast<T>(numbers[static_cast<std::size_t>(token)]);
    std::memcpy(out.data() + at, &token, sizeof(T));
  }
}

// REQUIRES: every value of the row is below numbers.size().
void renumber(const std::byte* row, const std::vector<std::uint32_t>& numbers, std::size_t item,
              std::vector<std::byte>& out) {
  if (item == 1) return renumber_as<std::uint8_t>(row, numbers, out);
  if (item == 4) return renumber_as<std::uint32_t>(row, numbers, out);
  renumber_as<std::uint64_t>(row, numbers, out);
}
}  // namespace

SampleWeaver::SampleWeaver(const Plan& plan, std::span<const JobTask> tasks)
    : plan_(plan), tasks_(tasks) {
  std::map<ColumnGroup, Group> groups;
  for (std::size_t s = 0; s < plan_.streams.size(); ++s) {
    const Stream& stream = plan_.streams[s];
    const std::vector<ColumnShape>& fields = tasks[stream.task].shape.fields;
    for (std::size_t f = 0; f < fields.size(); ++f) {
      const Filling& filling = stream.fields[f].filling;
      if (filling.columns.empty()) continue;
      Group& group = groups[fields[f].group()];
      group.parts.push_back({s, f, filling.elements.empty() ? nullptr : &filling.elements,
                             fields[f].vocabulary == 0 ? nullptr : &stream.numbers});
      group.positions.push_back(&filling.columns);
      group.widths.push_back(fields[f].width);
    }
  }
  for (auto& [columns, group] : groups) {
    group.name = columns.name();
    group.dtype = columns.dtype;
    group.columns = plan_.columns.at(columns);
    groups_.push_back(std::move(group));
  }
}

std::uint64_t SampleWeaver::sample_bytes() const {
  std::uint64_t bytes = 0;
  for (const Group& group : groups_) bytes += group.columns * dtype_size(group.dtype);
  return bytes;
}

NamedTensor SampleWeaver::form(const Group& group, std::uint64_t rows) {
  return {group.name, {group.dtype, {rows, group.columns}, nullptr}};
}

std::vector<NamedTensor> SampleWeaver::forms(std::uint64_t rows) const {
  std::vector<NamedTensor> tensors;
  for (const Group& group : groups_) tensors.push_back(form(group, rows));
  sort_for_alignment(tensors);
  return tensors;
}

std::vector<NamedTensor> SampleWeaver::weave(bool held_out, std::uint64_t first, std::uint64_t last,
                                             unsigned threads) const {
  std::vector<NamedTensor> tensors;
  const std::uint64_t rows = last - first;
  for (const Group& group : groups_) {
    const std::uint64_t row_bytes = group.columns * dtype_size(group.dtype);
    Buffer out(rows * row_bytes);
    const RowMerger merger(group.positions, dtype_size(group.dtype));
    parallel_blocks(threads, (rows + kRowsPerBlock - 1) / kRowsPerBlock, [&](std::uint64_t block) {
      const std::uint64_t begin = block * kRowsPerBlock;
      const std::uint64_t count = std::min(kRowsPerBlock, rows - begin);
      weave_rows(group, merger, held_out, first + begin, count, out.data() + begin * row_bytes);
    });
    tensors.push_back(form(group, rows));
    tensors.back().tensor.source = memory_source(std::move(out));
  }
  sort_for_alignment(tensors);
  return tensors;
}

void SampleWeaver::weave_rows(const Group& group, const RowMerger& merger, bool held_out,
                              std::uint64_t first, std::uint64_t count, std::byte* out) const {
  const std::size_t item = dtype_size(group.dtype);
  std::vector<std::vector<std::byte>> scratch, packed;
  for (std::size_t p = 0; p < group.parts.size(); ++p) {
    scratch.emplace_back(group.widths[p] * item);
    packed.emplace_back(group.parts[p].elements  ? group.positions[p]->size() * item
                        : group.parts[p].numbers ? group.widths[p] * item
                                                 : 0);
  }
  std::vector<const std::byte*> sources(group.parts.size()), ahead(group.parts.size());
  for (std::uint64_t row = first; row < first + count; ++row, out += merger.row_bytes()) {
    for (std::size_t p = 0; p < group.parts.size(); ++p) {
      const auto [source, index] = locate(group.parts[p], held_out, row);
      const Part& part = group.parts[p];
      sources[p] = source->read(part.field, index, scratch[p]).data();
      if (part.elements || part.numbers) {
        if (part.elements)
          pack(sources[p], *part.elements, item, packed[p]);
        else
          renumber(sources[p], *part.numbers, item, packed[p]);
        ahead[p] = sources[p] = packed[p].data();
        continue;
      }
      const auto [next, next_index] =
          locate(part, held_out, std::min(row + kRowsAhead, first + count - 1));
      const std::byte* there = next->in_memory(part.field, next_index);
      ahead[p] = there ? there : sources[p];
    }
    merger.merge(sources.data(), ahead.data(), out);
  }
  RowMerger::publish();
}

std::pair<const RowSource*, std::uint64_t> SampleWeaver::locate(const Part& part, bool held_out,
                                                                std::uint64_t row) const {
  const Stream& stream = plan_.streams[part.stream];
  const TaskRows& task = tasks_[stream.task].rows;
  if (!held_out) return {task.training.get(), stream.rows[row]};
  return {stream.held_out_from_training ? task.training.get() : task.held_out.get(),
          stream.held_out[row]};
}

}  // namespace amalgam
