// A block is a run of nodes that takes one value and gives one of the same shape, with weights of
// its own: it may stand there twice, or not at all.
#include <algorithm>
#include <map>
#include <set>

#include "graph/changes/changes.h"
#include "graph/values.h"

namespace amalgam {
namespace {

struct Block {
  std::size_t first, last;  // nodes
  ValueId in, out;
  std::set<std::size_t> tensors;  // that it alone reads
};

class BlockFinder {
 public:
  explicit BlockFinder(const Model& model)
      : model_(model), program_(model.train), nodes_(program_.graph.nodes) {
    const std::size_t count = program_.values.size();
    defined_.assign(count, kNever);
    last_read_.assign(count, 0);
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
      for (const Output& output : nodes_[n].outputs)
        for (ValueId id : output.ids) defined_[id] = n;
      for_each_read(nodes_[n], [&](ValueId id) { last_read_[id] = n; });
    }
    for (const auto& output : program_.graph.outputs)
      if (output) last_read_[*output] = nodes_.size();
    for (const BufferUpdate& update : program_.updates) last_read_[update.value] = nodes_.size();
    for (std::size_t t = 0; t < model.tensors.size(); ++t) readers_.emplace_back();
    for (std::size_t n = 0; n < nodes_.size(); ++n)
      for_each_read(nodes_[n], [&](ValueId id) {
        if (const auto tensor = program_.tensor_of_value[id]) readers_[*tensor].insert(n);
      });
  }

  // From each node, the shortest block behind it.
  std::vector<Block> run() const {
    std::vector<Block> blocks;
    for (std::size_t start = 0; start < nodes_.size(); ++start) {
      const auto in = result_of(start);
      if (!in) continue;
      for (std::size_t last = start + 1; last < nodes_.size(); ++last) {
        if (nodes_[last].body) break;
        const auto out = result_of(last);
        if (!out || nodes_[last].name() != nodes_[start].name() || !alike(*in, *out)) continue;
        if (auto block = block_between(start + 1, last, *in, *out)) {
          blocks.push_back(std::move(*block));
          break;
        }
      }
    }
    return blocks;
  }

 private:
  static constexpr std::size_t kNever = SIZE_MAX;

  std::optional<ValueId> result_of(std::size_t n) const {
    const Node& node = nodes_[n];
    if (node.kind != NodeKind::kAten || node.outputs.size() != 1 || node.outputs[0].is_list ||
        node.outputs[0].ids.size() != 1)
      return std::nullopt;
    const ValueId id = node.outputs[0].ids[0];
    const Value& value = program_.values[id];
    const bool batch =
        value.kind == Value::Kind::kTensor && value.shape.size() > 1 && value.shape[0].symbolic;
    return batch ? std::optional(id) : std::nullopt;
  }

  bool alike(ValueId a, ValueId b) const {
    const Value &one = program_.values[a], &two = program_.values[b];
    return one.dtype == two.dtype &&
           std::equal(one.shape.begin(), one.shape.end(), two.shape.begin(), two.shape.end(),
                      [](const Dim& x, const Dim& y) {
                        return x.size == y.size && x.symbolic == y.symbolic && x.symbol == y.symbol;
                      });
  }

  std::optional<Block> block_between(std::size_t first, std::size_t last, ValueId in,
                                     ValueId out) const {
    // What comes in is not needed behind, so it may be changed in place inside.
    if (last_read_[in] > last) return std::nullopt;
    Block block{first, last, in, out, {}};
    bool closed = true, weighty = false;
    for (std::size_t n = first; n <= last && closed; ++n) {
      for_each_read(nodes_[n], [&](ValueId id) {
        if (const auto tensor = program_.tensor_of_value[id]) {
          if (model_.tensors[*tensor].kind == ModelTensor::Kind::kConstant) return;
          const auto& readers = readers_[*tensor];
          closed = closed && *readers.begin() >= first && *readers.rbegin() <= last;
          weighty = weighty || model_.tensors[*tensor].tensor.shape.size() > 1;
          block.tensors.insert(*tensor);
          return;
        }
        const bool outside = defined_[id] == kNever || defined_[id] < first;
        const bool tensor = program_.values[id].kind == Value::Kind::kTensor;
        closed = closed && (!outside || !tensor || id == in);
      });
      for (const Output& output : nodes_[n].outputs)
        for (ValueId id : output.ids) closed = closed && (id == out || last_read_[id] <= last);
    }
    return closed && weighty ? std::optional(std::move(block)) : std::nullopt;
  }

  const Model& model_;
  const Program& program_;
  const std::vector<Node>& nodes_;
  std::vector<std::size_t> defined_, last_read_;
  std::vector<std::set<std::size_t>> readers_;
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
  for (auto& tensor : model.train.tensor_of_value)
    if (tensor) tensor = gone.count(*tensor) ? std::nullopt : std::optional(place[*tensor]);
  for (BufferUpdate& update : model.train.updates) update.tensor = place[update.tensor];
}

void drop(ChangedModel& changed, const Block& block) {
  Graph& graph = changed.model.train.graph;
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
  for (auto& tensor : model.train.tensor_of_value)
    if (tensor) tensor = place[*tensor];
  for (BufferUpdate& update : model.train.updates) update.tensor = place[update.tensor];
  return copies;
}

void repeat(ChangedModel& changed, const Block& block) {
  Program& program = changed.model.train;
  std::map<ValueId, ValueId> names = {{block.in, block.out}};
  auto copy_value = [&](ValueId id) {
    program.values.push_back(program.values[id]);
    program.tensor_of_value.push_back(std::nullopt);
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
  const std::vector<Block> blocks = BlockFinder(changed.model).run();
  if (blocks.empty()) return false;
  const Block& block = blocks[random.below(blocks.size())];
  if (random.below(2) == 0)
    drop(changed, block);
  else
    repeat(changed, block);
  return true;
}

}  // namespace amalgam
