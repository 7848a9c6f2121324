#include "variants/family.h"

#include <algorithm>
#include <numeric>

#include "variants/resized.h"
#include "variants/scaled.h"

namespace amalgam {
namespace {

// What all sizes that may vary have in common; 1 where none may.
std::uint64_t common(const WidthInference& widths) {
  std::uint64_t size = 0;
  for (const SymbolId id : widths.free) size = std::gcd(size, widths.symbols.value(id));
  return std::max<std::uint64_t>(size, 1);
}

// The sizes of a model whose common size has the step `from`, with another; nothing where the step
// is no part of them.
std::optional<Assignment> at_step(const WidthInference& widths, std::uint64_t from,
                                  std::uint64_t to) {
  Assignment sizes = own_sizes(widths);
  for (const SymbolId id : widths.free) {
    if (sizes[id] % from != 0) return std::nullopt;
    sizes[id] = sizes[id] / from * to;
  }
  return sizes;
}

std::vector<std::size_t> counts_of(const std::vector<Stage>& stages) {
  std::vector<std::size_t> counts;
  for (const Stage& stage : stages) counts.push_back(stage.count);
  return counts;
}

// In the order of the model.
std::vector<Stage> choose_stages(const std::vector<Stage>& stages) {
  std::vector<Stage> chosen;
  for (const std::size_t stage : varying_stages(counts_of(stages))) chosen.push_back(stages[stage]);
  std::sort(chosen.begin(), chosen.end(),
            [](const Stage& a, const Stage& b) { return a.first < b.first; });
  return chosen;
}

ChangedModel in_depths(const Model& base, const std::vector<Stage>& stages,
                       const std::vector<std::size_t>& depths) {
  ChangedModel changed = unchanged(base);
  for (std::size_t s = stages.size(); s-- > 0;)  // those in front keep their places
    set_depth(changed, stages[s], depths[s]);
  return changed;
}

// A form, and what its family is: two models with the same key have the same forms in theirs.
struct Described {
  FamilyForm form;
  std::vector<Stage> varying;
  std::vector<std::uint64_t> steps;
  std::string key;
};

// The steps that a model's sizes may have. Where an operation's sizes are not known, some keep
// theirs that a person would have changed with the others, and tell the form that was there first.
std::vector<std::uint64_t> steps_of(const WidthInference& widths, std::uint64_t step) {
  const bool known = std::all_of(widths.programs.begin(), widths.programs.end(),
                                 [](const ProgramSizes& sizes) { return sizes.unknown.empty(); });
  return known ? steps_beside(step) : std::vector{step};
}

// What the forms are made of: the model with as few blocks as any has, and its shapes in all sizes.
std::string key_of(const Model& least, const WidthInference& widths, std::uint64_t step) {
  std::string key;
  for (const Node& node : least.train().graph.nodes) key += node.name() + ",";
  for (const std::size_t node : widths.train().unknown) key += std::to_string(node) + ",";
  for (const std::uint64_t other : steps_of(widths, step)) {
    const auto sizes = at_step(widths, step, other);
    if (!sizes) return {};
    for (const Sizes& tensor : widths.tensors) {
      key += ';';
      for (const Size& size : tensor)
        key += std::to_string(widths.symbols.value(size, *sizes)) + " ";
    }
  }
  return key;
}

Described describe(const Model& model, const std::vector<Start>& starts,
                   const std::vector<bool>& kept) {
  Described out;
  out.varying = choose_stages(find_stages(model, starts));
  out.form.depths = counts_of(out.varying);
  std::vector<std::size_t> fewest;
  std::string stages;
  std::size_t dropped = 0;  // nodes of the stages so far
  for (const Stage& stage : out.varying) {
    fewest.push_back(depths_beside(stage.count).front());
    stages += std::to_string(stage.first - dropped) + ":" + std::to_string(stage.period) + ":" +
              std::to_string(stage.out) + "x" + std::to_string(fewest.back()) + " ";
    dropped += (stage.count - fewest.back()) * stage.period;
  }
  const ChangedModel least = in_depths(model, out.varying, fewest);
  std::vector<bool> stays;
  for (const std::size_t from : least.origin) stays.push_back(kept[from]);
  const WidthInference widths = infer_widths(least.model, ResultSizes::kClassesVary, stays);
  out.form.step = rung_of(common(widths)).step;
  out.steps = steps_of(widths, out.form.step);
  out.key = stages + key_of(least.model, widths, out.form.step);
  return out;
}

}  // namespace

Family::Family(std::shared_ptr<const Model> model, std::vector<Start> starts)
    : model_(std::move(model)), starts_(std::move(starts)), kept_(sizes_kept(*model_, starts_)) {
  const Described own = describe(*model_, starts_, kept_);
  varying_ = own.varying;
  forms_ = {own.form};
  for (FamilyForm& form : forms_beside(own.form, own.steps))
    if (!(form == own.form) && is_of_this(form, own.key)) forms_.push_back(std::move(form));
  std::sort(forms_.begin(), forms_.end());
  own_ =
      static_cast<std::size_t>(std::find(forms_.begin(), forms_.end(), own.form) - forms_.begin());
}

std::vector<bool> Family::kept_of(const std::vector<std::size_t>& origin) const {
  std::vector<bool> kept;
  for (const std::size_t from : origin) kept.push_back(kept_[from]);
  return kept;
}

bool Family::is_of_this(const FamilyForm& form, const std::string& key) const {
  ChangedModel changed = in_depths(*model_, varying_, form.depths);
  const std::vector<bool> kept = kept_of(changed.origin);
  const WidthInference widths = infer_widths(changed.model, ResultSizes::kClassesVary, kept);
  const auto sizes = at_step(widths, forms_[own_].step, form.step);
  if (!sizes) return false;
  changed.model = sized(changed.model, widths, *sizes);
  const auto starts = variant_starts(*model_, starts_, changed.model, changed.origin);
  const Described found = describe(changed.model, starts, kept);
  return found.form == form && found.key == key;
}

std::optional<ChangedModel> Family::make(std::size_t form, const Model& base,
                                         const std::optional<std::uint64_t>& classes) const {
  if (base.train().graph.nodes.size() != model_->train().graph.nodes.size()) return std::nullopt;
  ChangedModel changed = in_depths(base, varying_, forms_[form].depths);
  if (form == own_ && !classes) return changed;
  const WidthInference widths =
      infer_widths(changed.model, ResultSizes::kClassesVary, kept_of(changed.origin));
  if (classes && !widths.classes) return std::nullopt;
  auto sizes = at_step(widths, forms_[own_].step, forms_[form].step);
  if (!sizes) return std::nullopt;
  if (classes) (*sizes)[*widths.classes] = *classes;
  changed.model = resized(changed.model, widths, *sizes);
  return changed;
}

}  // namespace amalgam
