#include "variants/inference.h"

#include <algorithm>
#include <map>
#include <set>

#include "amalgam/error.h"
#include "variants/constants.h"
#include "variants/width_work.h"

namespace amalgam {
namespace {

class ProgramInference {
 public:
  ProgramInference(const Program& program, const std::vector<Sizes>& tensors,
                   const std::set<std::uint64_t>& heads, SymbolTable& symbols, ProgramSizes& sizes)
      : program_(program), symbols_(symbols), work_(program, heads, symbols, sizes), sizes_(sizes) {
    sizes_.values.resize(program.values.size());
    for (const ModelInput& input : program.inputs)
      sizes_.values[input.value] = work_.recorded(input.value);
    for (std::size_t v = 0; v < program.tensor_of_value.size(); ++v)
      if (const auto tensor = program.tensor_of_value[v]) sizes_.values[v] = tensors[*tensor];
  }

  void run(const std::vector<Sizes>& tensors, const std::optional<std::size_t>& classes) {
    visit(program_.graph);
    for (const BufferUpdate& update : program_.updates)
      if (const auto& found = sizes_.values[update.value])
        if (!work_.tie_all(*found, tensors[update.tensor])) work_.freeze_all(*found);
    // What comes out is the user's to choose.
    for (std::size_t o = 0; o < program_.graph.outputs.size(); ++o) {
      const auto& output = program_.graph.outputs[o];
      if (!output || !sizes_.values[*output]) continue;
      const Sizes& sizes = *sizes_.values[*output];
      for (std::size_t d = 0; d < sizes.size(); ++d)
        if (o != classes || d + 1 != sizes.size()) work_.freeze(sizes[d]);
    }
  }

 private:
  void visit(const Graph& graph) {
    for (const Node& node : graph.nodes) {
      const std::size_t index = next_++;
      if (node.body) {
        visit(*node.body);
        pass_out(node);
      } else if (!work_.apply(node, index) || !matches_export(node)) {
        treat_as_unknown(node, index);
      }
    }
  }

  // A subgraph's outputs are the node's.
  void pass_out(const Node& node) {
    const std::vector<ValueId> ids = results(node);
    std::size_t at = 0;
    for (const auto& inner : node.body->outputs) {
      if (at == ids.size()) return;
      if (inner) sizes_.values[ids[at]] = sizes_.values[*inner];
      ++at;
    }
    for (ValueId id : ids)
      if (!sizes_.values[id]) sizes_.values[id] = work_.recorded(id);
  }

  // A rule that is wrong about an operation must not go further than this.
  bool matches_export(const Node& node) {
    for (ValueId id : results(node)) {
      if (program_.values[id].kind != Value::Kind::kTensor) continue;
      const auto& found = sizes_.values[id];
      const auto& shape = program_.values[id].shape;
      if (!found || found->size() != shape.size()) return false;
      for (std::size_t d = 0; d < shape.size(); ++d)
        if (symbols_.value((*found)[d]) != shape[d].size) return false;
    }
    return true;
  }

  void treat_as_unknown(const Node& node, std::size_t index) {
    sizes_.unknown.push_back(index);
    auto freeze = [&](const Argument& argument) {
      if (const Sizes* sizes = work_.of(argument)) work_.freeze_all(*sizes);
    };
    for (const NamedArgument& named : node.arguments) {
      freeze(named.argument);
      if (const auto* list = named.argument.get<ArgumentList>())
        for (const Argument& item : *list) freeze(item);
    }
    for (ValueId id : results(node)) {
      if (program_.values[id].kind != Value::Kind::kTensor) continue;
      if (sizes_.values[id]) work_.freeze_all(*sizes_.values[id]);
      sizes_.values[id] = work_.recorded(id);
    }
  }

  const Program& program_;
  SymbolTable& symbols_;
  WidthWork work_;
  ProgramSizes& sizes_;
  std::size_t next_ = 0;
};

// What constants and integers (masks, tables of indices) mean lies in their values; and only
// float32 values are drawn in other numbers.
bool may_vary(const ModelTensor& tensor) {
  return tensor.kind != ModelTensor::Kind::kConstant && tensor.tensor.dtype == DType::kFloat32;
}

ProgramSizes infer_program(const Program& program, const std::vector<Sizes>& tensors,
                           const std::set<std::uint64_t>& heads, SymbolTable& symbols,
                           const std::optional<std::size_t>& classes) {
  ProgramSizes sizes;
  ProgramInference(program, tensors, heads, symbols, sizes).run(tensors, classes);
  return sizes;
}

// All sizes in terms of symbols that nothing more is known of; what shared its terms still does.
class Resolver {
 public:
  explicit Resolver(SymbolTable& symbols) : symbols_(symbols) {}

  void resolve(Size& size) {
    const auto [place, fresh] = done_.emplace(&size.terms(), std::pair(size, Size()));
    if (fresh) place->second.second = symbols_.resolve(size);
    size = place->second.second;
  }
  void resolve(ProgramSizes& sizes) {
    for (auto& value : sizes.values)
      if (value)
        for (Size& size : *value) resolve(size);
    for (SizePatch& patch : sizes.patches) resolve(patch.size);
  }

 private:
  SymbolTable& symbols_;
  std::map<const Size::Terms*, std::pair<Size, Size>> done_;  // as it was, resolved
};

// Of a model that gives its loss: what it has compared with targets keeps its sizes.
void freeze_outputs(const Program& program, const ProgramSizes& sizes, SymbolTable& symbols) {
  for (const auto& output : program.graph.outputs)
    if (output && sizes.values[*output])
      for (const Size& size : *sizes.values[*output]) symbols.freeze(size);
}

// The number of classes in all programs, where it is a symbol of its own; frozen otherwise.
std::optional<SymbolId> class_symbol(const Model& model, WidthInference& widths) {
  std::vector<Size> found;
  for (std::size_t p = 0; p < model.programs.size(); ++p) {
    const auto& shape = widths.programs[p].values[model.programs[p].result_value()];
    if (!shape || shape->empty())
      freeze_outputs(model.programs[p], widths.programs[p], widths.symbols);
    found.push_back(shape && shape->size() > 1 ? widths.symbols.resolve(shape->back())
                                               : Size::constant(0));
  }
  const auto symbol = found.front().as_symbol();
  const bool same = std::all_of(found.begin(), found.end(),
                                [&](const Size& size) { return size == found.front(); });
  if (symbol && same && !widths.symbols.is_opaque(*symbol)) return symbol;
  for (const Size& size : found) widths.symbols.freeze(size);
  return std::nullopt;
}

// Where splits of a width into heads of `heads` vary their number.
WidthInference inferred(const Model& model, ResultSizes result, const std::vector<bool>& kept,
                        const std::set<std::uint64_t>& heads) {
  const bool classes_vary = result == ResultSizes::kClassesVary;
  WidthInference out;
  for (std::size_t t = 0; t < model.tensors.size(); ++t) {
    const bool varies = may_vary(model.tensors[t]) && (kept.empty() || !kept[t]);
    Sizes sizes;
    for (std::uint64_t size : model.tensors[t].tensor.shape)
      sizes.push_back(size > 1 && varies ? out.symbols.fresh(size) : Size::constant(size));
    out.tensors.push_back(std::move(sizes));
  }
  for (const Program& program : model.programs)
    out.programs.push_back(
        infer_program(program, out.tensors, heads, out.symbols,
                      classes_vary ? std::optional(program.result) : std::nullopt));
  for (std::size_t p = 0; p < model.programs.size(); ++p)
    follow_constants(model, model.programs[p], out.symbols, out.programs[p]);
  if (classes_vary) out.classes = class_symbol(model, out);

  // A tensor that no graph reads has nobody who could tell whether its sizes fit.
  std::set<std::size_t> read;
  for (const Program& program : model.programs)
    for (const auto& tensor : program.tensor_of_value)
      if (tensor) read.insert(*tensor);
  std::set<SymbolId> free;
  for (std::size_t t = 0; t < model.tensors.size(); ++t)
    for (const Size& size : out.tensors[t]) {
      if (!read.count(t)) out.symbols.freeze(size);
      const Size known = out.symbols.resolve(size);
      for (const auto& [monomial, coefficient] : known.terms())
        free.insert(monomial.begin(), monomial.end());
    }
  // Symbols of factories (zeros, ones) that nothing ties to a parameter keep their values.
  for (SymbolId id = 0; id < out.symbols.count(); ++id) {
    if (out.symbols.is_opaque(id) || out.symbols.is_known(id)) continue;
    if (id == out.classes) continue;
    if (free.count(id))
      out.free.push_back(id);
    else
      out.symbols.freeze(Size::symbol(id));
  }
  Resolver resolver(out.symbols);
  for (Sizes& tensor : out.tensors)
    for (Size& size : tensor) resolver.resolve(size);
  for (ProgramSizes& sizes : out.programs) resolver.resolve(sizes);
  return out;
}

// Values of the dimensions of heads that may vary.
std::set<std::uint64_t> head_dimensions(WidthInference& widths) {
  std::set<std::uint64_t> found;
  for (const ProgramSizes& sizes : widths.programs)
    for (const Size& size : sizes.heads) {
      const Size known = widths.symbols.resolve(size);
      if (!known.as_constant() && !widths.symbols.has_opaque(known))
        found.insert(widths.symbols.value(known));
    }
  return found;
}

std::size_t dimensions_that_stay(const WidthInference& widths) {
  std::size_t stay = 0;
  for (const Sizes& tensor : widths.tensors)
    for (const Size& size : tensor) stay += size.as_constant() ? 1 : 0;
  return stay;
}

}  // namespace

WidthInference infer_widths(const Model& model, ResultSizes result, const std::vector<bool>& kept) {
  WidthInference widths = inferred(model, result, kept, {});
  const std::set<std::uint64_t> heads = head_dimensions(widths);
  if (heads.empty()) return widths;
  WidthInference by_heads = inferred(model, result, kept, heads);
  const bool fewer = dimensions_that_stay(by_heads) > dimensions_that_stay(widths);
  return fewer ? std::move(widths) : std::move(by_heads);
}

}  // namespace amalgam
