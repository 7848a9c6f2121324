// A block is a run of nodes that takes one value and gives one of the same shape, with weights of
// its own: it may stand there twice, or not at all.
#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "graph/values.h"
#include "variants/changes.h"

namespace amalgam {
namespace {

struct Block {
  std::size_t first, last;  // nodes
  ValueId in, out;
  std::set<std::size_t> tensors;  // that it alone reads
};

// A longer run of nodes is no block that a person would leave out or repeat; the bound also keeps
// the search linear.
constexpr std::size_t kLongest = 2000;
constexpr std::size_t kNever = SIZE_MAX;

// When values are made and read last, and where the model's own tensors are read.
struct Uses {
  explicit Uses(const Model& model)
      : defined(model.train().values.size(), kNever),
        last_read(model.train().values.size(), 0),
        first_reader(model.tensors.size(), kNever),
        last_reader(model.tensors.size(), 0) {
    const Program& program = model.train();
    const auto& nodes = program.graph.nodes;
    for (std::size_t n = 0; n < nodes.size(); ++n) {
      for (const Output& output : nodes[n].outputs)
        for (ValueId id : output.ids) defined[id] = n;
      for_each_read(nodes[n], [&](ValueId id) {
        last_read[id] = n;
        const auto tensor = program.tensor_of_value[id];
        if (!tensor) return;
        first_reader[*tensor] = std::min(first_reader[*tensor], n);
        last_reader[*tensor] = n;
      });
    }
    for (const auto& output : program.graph.outputs)
      if (output) last_read[*output] = nodes.size();
    for (const BufferUpdate& update : program.updates) last_read[update.value] = nodes.size();
  }

  std::vector<std::size_t> defined, last_read;         // by value
  std::vector<std::size_t> first_reader, last_reader;  // by tensor
};

// What one node asks of a block that it lies in.
struct Demand {
  std::ptrdiff_t first = PTRDIFF_MAX;  // the block's `in` or an earlier value is read: where made
  std::size_t first_reader = kNever, last_reader = 0;  // of its tensors
  std::size_t last_read = 0;                           // of what it puts out
  bool weighty = false;                                // reads a tensor with several dimensions
  std::optional<ValueId> result;                       // what a block may begin and end with
  std::size_t kind = kNever;                           // equal: same operation, same shape
};

class BlockFinder {
 public:
  explicit BlockFinder(const Model& model)
      : model_(model), program_(model.train()), nodes_(program_.graph.nodes) {
    const Uses uses(model);
    for (const Node& node : nodes_) demands_.push_back(demand_of(node, uses));
    for (const Demand& demand : demands_)
      last_read_of_in_.push_back(demand.result ? uses.last_read[*demand.result] : 0);
  }

  // From each node, the shortest block behind it; one of them is drawn.
  std::optional<Block> draw(RandomStream& random) const {
    std::vector<std::pair<std::size_t, std::size_t>> ends;
    for (std::size_t start = 0; start < nodes_.size(); ++start)
      if (const auto last = demands_[start].result ? find_end(start) : std::nullopt)
        ends.emplace_back(start + 1, *last);
    if (ends.empty()) return std::nullopt;
    const auto [first, last] = ends[random.below(ends.size())];
    return block_between(first, last);
  }

 private:
  Demand demand_of(const Node& node, const Uses& uses) {
    Demand demand;
    for_each_read(node, [&](ValueId id) {
      if (const auto tensor = program_.tensor_of_value[id]) {
        const ModelTensor& own = model_.tensors[*tensor];
        if (own.kind == ModelTensor::Kind::kConstant) return;
        demand.first_reader = std::min(demand.first_reader, uses.first_reader[*tensor]);
        demand.last_reader = std::max(demand.last_reader, uses.last_reader[*tensor]);
        demand.weighty = demand.weighty || own.tensor.shape.size() > 1;
      } else if (program_.values[id].kind == Value::Kind::kTensor) {
        const std::size_t made = uses.defined[id];
        demand.first = std::min<std::ptrdiff_t>(
            demand.first, made == kNever ? -1 : static_cast<std::ptrdiff_t>(made));
      }
    });
    for (const Output& output : node.outputs)
      for (ValueId id : output.ids)
        demand.last_read = std::max(demand.last_read, uses.last_read[id]);
    demand.result = result_of(node);
    if (demand.result)
      demand.kind = kinds_.emplace(kind_of(node, *demand.result), kinds_.size()).first->second;
    return demand;
  }

  std::optional<ValueId> result_of(const Node& node) const {
    if (node.kind != NodeKind::kAten || node.outputs.size() != 1 || node.outputs[0].is_list ||
        node.outputs[0].ids.size() != 1)
      return std::nullopt;
    const ValueId id = node.outputs[0].ids[0];
    const Value& value = program_.values[id];
    const bool batch =
        value.kind == Value::Kind::kTensor && value.shape.size() > 1 && value.shape[0].symbolic;
    return batch ? std::optional(id) : std::nullopt;
  }

  std::string kind_of(const Node& node, ValueId result) const {
    const Value& value = program_.values[result];
    std::string kind = node.name() + " " + std::string(dtype_name(value.dtype));
    for (const Dim& dim : value.shape)
      kind += (dim.symbolic ? " " + dim.symbol + "=" : " ") + std::to_string(dim.size);
    return kind;
  }

  // The last node of the shortest block that begins behind `start`: it reads nothing of before but
  // `start`'s result, which nothing behind it needs (it may be changed in place inside), has its
  // tensors to itself, and only its result is read later.
  std::optional<std::size_t> find_end(std::size_t start) const {
    bool weighty = false;
    std::size_t needed = last_read_of_in_[start];  // the block must reach as far
    const std::size_t end = std::min(nodes_.size(), start + 1 + kLongest);
    for (std::size_t n = start + 1; n < end; ++n) {
      const Demand& one = demands_[n];
      if (nodes_[n].body || one.first < static_cast<std::ptrdiff_t>(start) ||
          one.first_reader <= start)
        return std::nullopt;
      weighty = weighty || one.weighty;
      needed = std::max(needed, one.last_reader);
      if (one.kind == demands_[start].kind && weighty && needed <= n) return n;
      needed = std::max(needed, one.last_read);
    }
    return std::nullopt;
  }

  Block block_between(std::size_t first, std::size_t last) const {
    Block block{first, last, *demands_[first - 1].result, *demands_[last].result, {}};
    for (std::size_t n = first; n <= last; ++n)
      for_each_read(nodes_[n], [&](ValueId id) {
        const auto tensor = program_.tensor_of_value[id];
        if (tensor && model_.tensors[*tensor].kind != ModelTensor::Kind::kConstant)
          block.tensors.insert(*tensor);
      });
    return block;
  }

  const Model& model_;
  const Program& program_;
  const std::vector<Node>& nodes_;
  std::map<std::string, std::size_t> kinds_;
  std::vector<Demand> demands_;               // by node
  std::vector<std::size_t> last_read_of_in_;  // by node, of its result
};

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

}  // namespace

bool change_blocks(ChangedModel& changed, RandomStream& random) {
  const auto block = BlockFinder(changed.model).draw(random);
  if (!block) return false;
  if (random.below(2) == 0)
    drop(changed, *block);
  else
    repeat(changed, *block);
  return true;
}

}  // namespace amalgam
