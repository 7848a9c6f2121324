// Width inference at work on one program: what its operations' rules ask and state, over the
// symbols of the model. It adds nothing to WidthContext's contract but where things are kept: sizes
// of values and patches in ProgramSizes, ties in the SymbolTable.
#pragma once

#include <map>
#include <set>
#include <string>

#include "graph/operations/width_context.h"
#include "variants/inference.h"

namespace amalgam {

class WidthWork : public WidthContext {
 public:
  // All must outlive it. `sizes` has a place for each of the program's values.
  // Splits of a width into heads of `heads` leave that size as it is, and vary their number.
  WidthWork(const Program& program, const std::set<std::uint64_t>& heads, SymbolTable& symbols,
            ProgramSizes& sizes)
      : program_(program), heads_(heads), symbols_(symbols), sizes_(sizes) {}

  using WidthContext::of;
  const Sizes* of(const Argument& argument) const override;
  std::uint64_t value(const Size& size) const override { return symbols_.value(size); }
  Sizes recorded(const Node& node, std::size_t output) override;
  Size resolved(const Size& size) override { return symbols_.resolve(size); }
  bool is_given(const Size& size) override { return symbols_.has_opaque(symbols_.resolve(size)); }

  bool tie(const Size& a, const Size& b) override { return symbols_.unify(a, b); }
  void freeze(const Size& size) override { symbols_.freeze(size); }
  void head(const Size& size) override { sizes_.heads.push_back(size); }
  Size fresh(std::uint64_t value) override { return symbols_.fresh(value); }
  std::optional<Size> factored(const Size& size, std::uint64_t factor) override {
    return symbols_.factored(size, factor);
  }
  void add(Size& sum, const Size& size) override { symbols_.add(sum, size); }
  void multiply(Size& product, const Size& size) override { symbols_.multiply(product, size); }
  std::optional<Sizes> reshaped(const Sizes& sizes, const Sizes& recorded) override;

  void set(const Node& node, std::size_t output, Sizes sizes) override;
  void patch(const Node& node, std::string_view argument, std::optional<std::size_t> element,
             const Size& size) override;

  // Takes the rule of the node that is `index`-th in the order of execution. False where it has
  // none, or one that does not cover it.
  bool apply(const Node& node, std::size_t index);
  // The shape that the export recorded: symbols of one name are one size, which stays.
  Sizes recorded(ValueId value);

 private:
  const Program& program_;
  const std::set<std::uint64_t>& heads_;
  SymbolTable& symbols_;
  ProgramSizes& sizes_;
  std::map<std::string, Size> given_;  // by the export's name of the symbol
  std::size_t node_index_ = 0;         // of the node at work
};

}  // namespace amalgam
