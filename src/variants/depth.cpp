// A stage with more blocks, or fewer.
#include <algorithm>
#include <cstddef>
#include <map>
#include <set>

#include "graph/values.h"
#include "variants/stages.h"
#include "variants/uses.h"

namespace amalgam {
namespace {

struct Block {
  std::size_t first = 0, last = 0;  // nodes
  ValueId in{}, out{};
  std::set<std::size_t> tensors;  // that it alone reads
};

// Programs that have tensors of their own, which have other places now.
void follow(std::vector<Program>& programs, const std::vector<std::size_t>& place) {
  for (Program& program : programs) {
    for (auto& tensor : program.tensor_of_value)
      if (tensor) tensor = place[*tensor];
    for (BufferUpdate& update : program.updates) update.tensor = place[update.tensor];
  }
}

// Without the block's tensors.
void remove_tensors(ChangedModel& changed, const std::set<std::size_t>& gone) {
  Model& model = changed.model;
  std::vector<std::size_t> place(model.tensors.size());
  std::vector<ModelTensor> tensors;
  std::vector<std::size_t> origin;
  for (std::size_t t = 0; t < model.tensors.size(); ++t) {
    place[t] = tensors.size();
    if (gone.count(t)) continue;
    tensors.push_back(std::move(model.tensors[t]));
    origin.push_back(changed.origin[t]);
  }
  model.tensors = std::move(tensors);
  changed.origin = std::move(origin);
  for (auto& tensor : model.train().tensor_of_value)
    if (tensor) tensor = gone.count(*tensor) ? std::nullopt : std::optional(place[*tensor]);
  for (BufferUpdate& update : model.train().updates) update.tensor = place[update.tensor];
  follow(model.attached, place);
}

void drop(ChangedModel& changed, const Block& block) {
  Graph& graph = changed.model.train().graph;
  graph.nodes.erase(graph.nodes.begin() + static_cast<std::ptrdiff_t>(block.first),
                    graph.nodes.begin() + static_cast<std::ptrdiff_t>(block.last) + 1);
  rename_values(graph, block.first, {{block.out, block.in}});
  remove_tensors(changed, block.tensors);
}

// Copies of the block's tensors, each kind's behind the last of its kind in the block; returns the
// copy of each.
std::map<std::size_t, std::size_t> copy_tensors(ChangedModel& changed, const Block& block) {
  Model& model = changed.model;
  std::map<ModelTensor::Kind, std::size_t> last_of_kind;
  for (std::size_t t : block.tensors) last_of_kind[model.tensors[t].kind] = t;
  std::vector<ModelTensor> tensors;
  std::vector<std::size_t> origin, place(model.tensors.size());
  std::map<std::size_t, std::size_t> copies;
  for (std::size_t t = 0; t < model.tensors.size(); ++t) {
    place[t] = tensors.size();
    tensors.push_back(model.tensors[t]);
    origin.push_back(changed.origin[t]);
    const auto last = last_of_kind.find(model.tensors[t].kind);
    if (last == last_of_kind.end() || last->second != t) continue;
    for (std::size_t own : block.tensors) {
      if (model.tensors[own].kind != model.tensors[t].kind) continue;
      copies[own] = tensors.size();
      tensors.push_back(model.tensors[own]);
      tensors.back().user_names.clear();
      origin.push_back(changed.origin[own]);
    }
  }
  model.tensors = std::move(tensors);
  changed.origin = std::move(origin);
  for (auto& tensor : model.train().tensor_of_value)
    if (tensor) tensor = place[*tensor];
  for (BufferUpdate& update : model.train().updates) update.tensor = place[update.tensor];
  follow(model.attached, place);
  return copies;
}

void repeat(ChangedModel& changed, const Block& block) {
  Program& program = changed.model.train();
  std::map<ValueId, ValueId> names = {{block.in, block.out}};
  auto copy_value = [&](ValueId id) {
    program.values.push_back(program.values[id]);
    program.tensor_of_value.emplace_back(std::nullopt);
    names[id] = static_cast<ValueId>(program.values.size() - 1);
  };
  std::map<ValueId, std::size_t> tensor_of;  // before tensors move
  for (ValueId id = 0; id < program.values.size(); ++id)
    if (const auto tensor = program.tensor_of_value[id])
      if (block.tensors.count(*tensor)) tensor_of[id] = *tensor;
  const std::map<std::size_t, std::size_t> copies = copy_tensors(changed, block);
  for (const auto& [id, tensor] : tensor_of) {
    copy_value(id);
    program.tensor_of_value.back() = copies.at(tensor);
  }
  Graph part;
  for (std::size_t n = block.first; n <= block.last; ++n)
    part.nodes.push_back(program.graph.nodes[n]);
  for (Node& node : part.nodes)
    for (Output& output : node.outputs)
      for (ValueId& id : output.ids) {
        const ValueId own = id;
        copy_value(own);
        id = names.at(own);
      }
  // Inside the copy, what came in is what the first came out with; the copy's own result differs.
  const ValueId result = names.at(block.out);
  names.erase(block.out);
  rename_values(part, 0, names);
  rename_values(program.graph, block.last + 1, {{block.out, result}});
  program.graph.nodes.insert(
      program.graph.nodes.begin() + static_cast<std::ptrdiff_t>(block.last) + 1, part.nodes.begin(),
      part.nodes.end());
}

Block block_of(const Model& model, const Stage& stage, std::size_t number) {
  const Uses uses(model);
  const Program& program = model.train();
  const auto& nodes = program.graph.nodes;
  Block block;
  block.first = stage.first + number * stage.period;
  block.last = block.first + stage.period - 1;
  block.in = block_result(nodes, stage, number - 1);
  block.out = block_result(nodes, stage, number);
  for (std::size_t n = block.first; n <= block.last; ++n)
    for_each_read(nodes[n], [&](ValueId id) {
      const auto tensor = program.tensor_of_value[id];
      if (tensor && uses.read_within(*tensor, block.first, block.last + 1))
        block.tensors.insert(*tensor);
    });
  return block;
}

}  // namespace

void set_depth(ChangedModel& changed, const Stage& stage, std::size_t count) {
  for (std::size_t have = stage.count; have != count;) {
    const Block last = block_of(changed.model, stage, have - 1);
    if (have > count) {
      drop(changed, last);
      --have;
    } else {
      repeat(changed, last);
      ++have;
    }
  }
}

}  // namespace amalgam
