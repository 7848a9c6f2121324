// The family of a model: the forms that a person might have given it, of which it has one.
//
// A family is a set of forms that is the same whichever of them is asked: all sizes that may vary
// times one factor, so that what they have in common stays in its group of the ladder, and each
// stage in its group of depths (ladder.h). Activations, kernels, heads' dimensions and groups are
// the model's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "variants/inference.h"
#include "variants/ladder.h"
#include "variants/stages.h"

namespace amalgam {

class Family {
 public:
  // `starts` by tensor, as of the model. A form is left out where its own family would be another:
  // where a size that changes meets one by chance that does not. So the family of every member is
  // the same, in the same order. Costs a width inference for each form.
  Family(std::shared_ptr<const Model> model, std::vector<Start> starts);

  const std::vector<FamilyForm>& forms() const { return forms_; }
  // The model's own, an index into forms().
  std::size_t own() const { return own_; }

  // A model in the form `form` has. `base` is the family's model itself, or the same on smaller
  // images; with so many classes, where they are given. Nothing where it can't be given them.
  // Tensors in another shape have no source.
  std::optional<ChangedModel> make(std::size_t form, const Model& base,
                                   const std::optional<std::uint64_t>& classes) const;

 private:
  std::vector<bool> kept_of(const std::vector<std::size_t>& origin) const;
  bool is_of_this(const FamilyForm& form, const std::string& key) const;

  std::shared_ptr<const Model> model_;
  std::vector<Start> starts_;
  std::vector<bool> kept_;      // tensors whose sizes stay
  std::vector<Stage> varying_;  // stages of the model
  std::vector<FamilyForm> forms_;
  std::size_t own_ = 0;
};

}  // namespace amalgam
