// Width inference: which sizes of a model may change, and what must change with them.
//
// Each dimension of each parameter and buffer is a symbol; each operation that the rules know ties
// symbols to each other; an operation that they do not know keeps all sizes that it touches.
#pragma once

#include <optional>
#include <vector>

#include "amalgam/graph.h"
#include "graph/operations/width_context.h"
#include "variants/symbols.h"

namespace amalgam {

// How a number was computed from a size: its power, in one of the ways that round differently, and
// whether it went through float32.
struct SizeForm {
  double power = 1;  // or -1, 0.5, -0.5
  bool direct = true;
  bool single = false;

  static std::optional<SizeForm> between(std::uint64_t size, double number);
  double of(std::uint64_t size) const;
};

// A number among a node's arguments that follows the sizes: of a view, a group count.
struct SizePatch {
  // In the order of execution; the nodes of a subgraph follow the node that holds it.
  std::size_t node = 0;
  std::size_t argument = 0;
  std::optional<std::size_t> element;  // of a list
  Size size;
  SizeForm form = {};
};

// What is found in one program. All sizes are resolved: in terms of symbols that may be chosen.
struct ProgramSizes {
  std::vector<std::optional<Sizes>> values;  // by value; none for numbers
  std::vector<SizePatch> patches;
  std::vector<Size> heads;           // dimensions of attention's heads
  std::vector<std::size_t> unknown;  // nodes whose sizes were kept, as the rules do not know them
};

// What is found in a model. It refers to the model by indices alone, and holds for copies of it.
struct WidthInference {
  SymbolTable symbols;
  std::vector<Sizes> tensors;          // by index into Model::tensors; resolved
  std::vector<ProgramSizes> programs;  // as Model::programs
  std::vector<SymbolId> free;       // what a variant may choose, each in the size of some parameter
  std::optional<SymbolId> classes;  // the number of classes, where it was asked for and may vary

  const ProgramSizes& train() const { return programs.front(); }
};

// Whether the last dimension of a program's result, [N, C] or [N, L, C], may vary as the number of
// classes does.
enum class ResultSizes { kStay, kClassesVary };

// Of a width that is seen as heads of attention, their number may vary, and their dimension where
// the number can't. The sizes of outputs stay, but for what `result` lets vary, and so do those of
// the tensors that `kept` says (by index into Model::tensors; empty: none): their values mean
// something. Deterministic: equal models have equal symbols. A model in which nothing may vary has
// no free symbols, and that is no error. Linear in the nodes, as long as sizes have few terms.
WidthInference infer_widths(const Model& model, ResultSizes result = ResultSizes::kStay,
                            const std::vector<bool>& kept = {});

}  // namespace amalgam
