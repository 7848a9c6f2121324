#include "variants/resized.h"

#include "amalgam/error.h"

namespace amalgam {
namespace {

// Copies a graph and its subgraphs, changing numbers on the way.
class Patcher {
 public:
  Patcher(const ProgramSizes& sizes, const SymbolTable& symbols, const Assignment& assignment)
      : symbols_(symbols), assignment_(assignment) {
    for (const SizePatch& patch : sizes.patches) patches_.emplace(patch.node, &patch);
  }

  Graph copy(const Graph& graph) {
    Graph out = graph;
    for (Node& node : out.nodes) {
      apply(node, next_++);
      if (node.body) node.body = std::make_shared<const Graph>(copy(*node.body));
    }
    return out;
  }

 private:
  void apply(Node& node, std::size_t index) const {
    for (auto [at, end] = patches_.equal_range(index); at != end; ++at) {
      const SizePatch& patch = *at->second;
      Argument* argument = &node.arguments[patch.argument].argument;
      if (patch.element) argument = &std::get<ArgumentList>(argument->value)[*patch.element];
      const std::uint64_t size = symbols_.value(patch.size, assignment_);
      if (argument->get<double>())
        argument->value = patch.form.of(size);
      else
        argument->value = static_cast<std::int64_t>(size);
    }
  }

  const SymbolTable& symbols_;
  const Assignment& assignment_;
  std::multimap<std::size_t, const SizePatch*> patches_;
  std::size_t next_ = 0;
};

void resize_program(Program& program, const ProgramSizes& sizes, const SymbolTable& symbols,
                    const Assignment& assignment) {
  program.graph = Patcher(sizes, symbols, assignment).copy(program.graph);
  for (std::size_t v = 0; v < program.values.size(); ++v) {
    if (!sizes.values[v]) continue;
    for (std::size_t d = 0; d < program.values[v].shape.size(); ++d)
      program.values[v].shape[d].size = symbols.value((*sizes.values[v])[d], assignment);
  }
}

// The inference over the outcome finds the same operations unknown, and all shapes as they should
// be.
void check(const Model& variant, const WidthInference& widths) {
  const WidthInference again = infer_widths(variant);
  const bool same = std::equal(
      again.programs.begin(), again.programs.end(), widths.programs.begin(), widths.programs.end(),
      [](const ProgramSizes& a, const ProgramSizes& b) { return a.unknown == b.unknown; });
  if (!same)
    throw Error(ErrorCode::kInvalid, variant.where,
                "cannot be made in other sizes: the shapes of a variant contradict each other");
}

}  // namespace

Model sized(const Model& model, const WidthInference& widths, const Assignment& sizes) {
  Model variant = model;
  for (std::size_t t = 0; t < model.tensors.size(); ++t) {
    Tensor& tensor = variant.tensors[t].tensor;
    Shape shape;
    for (const Size& size : widths.tensors[t]) shape.push_back(widths.symbols.value(size, sizes));
    if (shape == tensor.shape) continue;
    tensor.shape = std::move(shape);
    tensor.source = nullptr;
  }
  for (std::size_t p = 0; p < variant.programs.size(); ++p)
    resize_program(variant.programs[p], widths.programs[p], widths.symbols, sizes);
  return variant;
}

Model resized(const Model& model, const WidthInference& widths, const Assignment& sizes) {
  Model variant = sized(model, widths, sizes);
  check(variant, widths);
  return variant;
}

Assignment own_sizes(const WidthInference& widths) {
  Assignment sizes(widths.symbols.count());
  for (std::size_t id = 0; id < sizes.size(); ++id)
    sizes[id] = widths.symbols.value(static_cast<SymbolId>(id));
  return sizes;
}

}  // namespace amalgam
