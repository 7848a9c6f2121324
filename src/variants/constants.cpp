#include "variants/constants.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "base/bytes.h"
#include "graph/operations/table.h"
#include "graph/values.h"

namespace amalgam {
namespace {

// How far a number lies from where its size is seen: across masks, casts and reductions.
constexpr int kFarthest = 4;
constexpr std::size_t kMostNodes = 64;
// Smaller ones are too common as numbers of their own (0.5, 2) to be changed.
constexpr std::uint64_t kLeast = 3, kLeastChanged = 8;

// The product of a run of dimensions.
struct Found {
  Size size;
  SizeForm form;
};

class Constants {
 public:
  Constants(const Model& model, const Program& program, SymbolTable& symbols, ProgramSizes& sizes)
      : model_(model),
        program_(program),
        symbols_(symbols),
        sizes_(sizes),
        maker_(program.values.size()) {
    flatten(program.graph);
  }

  void run() {
    for (std::size_t n = 0; n < nodes_.size(); ++n)
      if (const auto argument = factor(*nodes_[n])) follow(n, *argument);
    if (!unplaced_.empty()) freeze_unplaced();
  }

 private:
  void flatten(const Graph& graph) {
    for (const Node& node : graph.nodes) {
      for (const Output& output : node.outputs)
        for (ValueId id : output.ids) maker_[id] = &node;
      nodes_.push_back(&node);
      if (node.body) flatten(*node.body);
    }
  }

  static std::optional<std::size_t> factor(const Node& node) {
    if (!has(node, Trait::kScales)) return std::nullopt;
    for (std::size_t a = 0; a < node.arguments.size(); ++a)
      if (node.arguments[a].name == "other" || node.arguments[a].name == "scale") return a;
    return std::nullopt;
  }

  // A literal, or a tensor of one element that training does not change.
  std::optional<double> number(const Argument& argument) const {
    if (const auto* whole = argument.get<std::int64_t>()) return static_cast<double>(*whole);
    if (const auto* real = argument.get<double>()) return *real;
    const auto* ref = argument.get<ValueRef>();
    const auto at = ref ? program_.tensor_of_value[ref->id] : std::nullopt;
    if (!at) return std::nullopt;
    const ModelTensor& own = model_.tensors[*at];
    if (own.kind == ModelTensor::Kind::kParameter || element_count(own.tensor.shape) != 1 ||
        own.tensor.dtype != DType::kFloat32)
      return std::nullopt;
    if (!own.tensor.source) return std::nullopt;
    std::array<std::byte, sizeof(float)> bytes{};
    own.tensor.source->read(0, bytes);
    return load_le<float>(bytes);
  }

  void follow(std::size_t node, std::size_t argument) {
    const auto value = number(nodes_[node]->arguments[argument].argument);
    if (!value || !(*value > 0)) return;
    const auto [free, fixed] = nearest(*nodes_[node], *value);
    if (free.empty()) {
      unplaced_.insert(*value);
      return;
    }
    const Argument& literal = nodes_[node]->arguments[argument].argument;
    const bool can_follow =
        literal.get<double>() || (literal.get<std::int64_t>() && free.front().form.power == 1);
    // Roots are taken of widths, not of lengths; a mean may be over either.
    const Found& one = free.front();
    const bool meant = std::abs(one.form.power) == 0.5 || !fixed;
    const bool sure =
        can_follow && meant && free.size() == 1 && symbols_.value(one.size) >= kLeastChanged;
    if (sure)
      sizes_.patches.push_back({node, argument, std::nullopt, one.size, one.form});
    else
      for (const Found& found : free) symbols_.freeze(found.size);
  }

  // The sizes that may vary and match, of the nearest node where there are any; and whether one
  // that may not does, no farther away.
  std::pair<std::vector<Found>, bool> nearest(const Node& node, double value) {
    std::vector<Found> free;
    bool fixed = false;
    std::set<const Node*> seen, at = {&node};
    for (int hop = 0; hop <= kFarthest && free.empty() && seen.size() < kMostNodes; ++hop) {
      std::set<const Node*> next;
      for (const Node* one : at) {
        seen.insert(one);
        for (const Output& output : one->outputs)
          for (ValueId id : output.ids) match(id, value, free, fixed);
        for_each_argument(*one, [&](ValueId id) {
          match(id, value, free, fixed);
          if (maker_[id] && !seen.count(maker_[id])) next.insert(maker_[id]);
        });
      }
      at = std::move(next);
    }
    return {std::move(free), fixed};
  }

  void match(ValueId id, double value, std::vector<Found>& free, bool& fixed) {
    if (!sizes_.values[id]) return;
    const Sizes sizes = *sizes_.values[id];
    for (std::size_t first = 0; first < sizes.size(); ++first) {
      std::uint64_t own = 1;
      for (std::size_t last = first; last < sizes.size(); ++last) {
        if (symbols_.has_opaque(symbols_.resolve(sizes[last]))) break;
        own *= symbols_.value(sizes[last]);
        const auto form = own >= kLeast ? SizeForm::between(own, value) : std::nullopt;
        if (form) add(product(sizes, first, last), *form, free, fixed);
      }
    }
  }

  Size product(const Sizes& sizes, std::size_t first, std::size_t last) {
    Size size = Size::constant(1);
    for (std::size_t d = first; d <= last; ++d) symbols_.multiply(size, sizes[d]);
    return symbols_.resolve(size);
  }

  static void add(const Size& size, const SizeForm& form, std::vector<Found>& free, bool& fixed) {
    if (size.as_constant()) fixed = true;
    if (size.as_constant()) return;
    for (const Found& found : free)
      if (found.size == size) return;
    free.push_back({size, form});
  }

  // Numbers that match nothing nearby keep every size that they might have come from.
  void freeze_unplaced() {
    std::map<std::uint64_t, bool> matches;  // by the size's value
    for (const auto& sizes : sizes_.values)
      for (const Size& size : sizes ? *sizes : Sizes()) {
        const std::uint64_t own = symbols_.value(size);
        const auto [at, first] = matches.emplace(own, false);
        if (first && own >= kLeastChanged)
          at->second = std::any_of(unplaced_.begin(), unplaced_.end(), [own](double number) {
            return SizeForm::between(own, number).has_value();
          });
        if (at->second && !symbols_.has_opaque(symbols_.resolve(size))) symbols_.freeze(size);
      }
  }

  const Model& model_;
  const Program& program_;
  SymbolTable& symbols_;
  ProgramSizes& sizes_;
  std::vector<const Node*> nodes_;  // in the order of execution, as patches count them
  std::vector<const Node*> maker_;  // by value
  std::set<double> unplaced_;
};

}  // namespace

std::optional<SizeForm> SizeForm::between(std::uint64_t size, double number) {
  for (const double power : {1.0, -1.0, 0.5, -0.5})
    for (const bool direct : {true, false}) {
      const SizeForm form{power, direct, false};
      if (form.of(size) == number) return form;
    }
  for (const double power : {-1.0, 0.5, -0.5}) {
    const SizeForm form{power, true, true};
    if (form.of(size) == number) return form;
  }
  return std::nullopt;
}

double SizeForm::of(std::uint64_t size) const {
  const auto x = static_cast<double>(size);
  double out = x;
  if (power == 0.5) out = direct ? std::sqrt(x) : std::pow(x, 0.5);
  if (power == -0.5) out = direct ? 1 / std::sqrt(x) : std::pow(x, -0.5);
  if (power == -1) out = 1 / x;
  return single ? static_cast<double>(static_cast<float>(out)) : out;
}

void follow_constants(const Model& model, const Program& program, SymbolTable& symbols,
                      ProgramSizes& sizes) {
  Constants(model, program, symbols, sizes).run();
}

}  // namespace amalgam
