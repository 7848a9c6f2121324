#include "variants/starts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>

#include "base/bytes.h"
#include "graph/uses.h"
#include "variants/drawn.h"
#include "variants/fans.h"
#include "variants/recognise.h"

namespace amalgam {
namespace {

// Values of a layer that are on a grid only by chance once in a million models.
constexpr std::uint64_t kSureValues = 32;
// Fewer normal values are drawn one by one, and lie on no grid.
constexpr std::uint64_t kFilled = 16;
constexpr double kFarthest = 4.5;  // deviations that a normal value is from 0
constexpr double kNorms = 1e-5;    // of norms that were rounded on the way

// The module that owns it, as a user's names say. A parametrized weight is its layer's.
std::string layer_of(const ModelTensor& tensor) {
  const std::string& name = tensor.own_name;
  const std::size_t parametrized = name.find(".parametrizations.");
  if (parametrized != std::string::npos) return name.substr(0, parametrized);
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos ? "" : name.substr(0, dot);
}

bool could_be_drawn(const ModelTensor& tensor) {
  return tensor.kind == ModelTensor::Kind::kParameter && tensor.trainable &&
         tensor.tensor.dtype == DType::kFloat32 && tensor.tensor.source;
}

// Whether batches have been counted, or running statistics have moved.
bool was_trained(const Model& model) {
  const std::vector<TensorUse> uses = tensor_uses(model);
  for (std::size_t i = 0; i < uses.size(); ++i) {
    const Tensor& tensor = model.tensors[i].tensor;
    if (uses[i].kind == TensorKind::kVariance && tensor.dtype == DType::kFloat32 &&
        !all_are(tensor, 1))
      return true;
    if (uses[i].kind != TensorKind::kCounter) continue;
    std::array<std::byte, 8> count{};
    tensor.source->read(0, count);
    if (load_le<std::int64_t>(count, 0) != 0) return true;
  }
  return false;
}

// Bounds of uniform values that torch.nn.init computes from the fans of a layer's weights. Biases
// have one of these alone, that of the layers themselves: a few values lie on the grids of larger
// bounds by chance, whoever made them.
std::vector<float> bounds_of(const Model& model, const std::vector<std::size_t>& layer,
                             bool of_biases) {
  std::vector<float> bounds;
  const auto add = [&](double square) {
    const auto bound = static_cast<float>(std::sqrt(square));
    for (const float near : {bound, std::nextafter(bound, 0.0f), std::nextafter(bound, 9e9f)})
      bounds.push_back(near);
  };
  for (const std::size_t i : layer) {
    const Shape& shape = model.tensors[i].tensor.shape;
    if (shape.size() < 2) continue;
    const Fans fans = fans_of(shape);
    add(1 / fans.in);
    if (of_biases) continue;
    for (const double square : {1 / fans.out, 6 / (fans.in + fans.out), 6 / fans.in, 6 / fans.out,
                                3 / fans.in, 3 / fans.out})
      add(square);
  }
  std::sort(bounds.begin(), bounds.end());
  bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
  return bounds;
}

// The first bytes, to tell most tensors apart by.
std::string first_bytes(const Tensor& tensor) {
  std::string bytes(std::min<std::uint64_t>(tensor.bytes(), 256), '\0');
  tensor.source->read(0, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  const TensorRows rows = all_rows(a), others = all_rows(b);
  std::vector<char> differs(piece_count(rows), 0);
  for_pieces(rows, [&](std::uint64_t piece, std::span<const float> values, std::uint64_t from) {
    const ValuesView other(others, from, values.size());
    differs[piece] = std::memcmp(values.data(), other.get().data(), values.size_bytes()) != 0;
  });
  return std::count(differs.begin(), differs.end(), 1) == 0;
}

bool are_norms(const Tensor& norms, const Tensor& weight) {
  if (norms.shape.empty() || weight.shape.size() < 2 || norms.shape[0] != weight.shape[0] ||
      element_count(norms.shape) != norms.shape[0])
    return false;
  const std::vector<float> given = read_values(all_rows(norms), 0, norms.shape[0]);
  const TensorRows rows = all_rows(weight);
  for (std::size_t r = 0; r < given.size(); ++r) {
    const float computed = norm_of_row(rows, r);
    if (!(std::abs(given[r] - computed) <= static_cast<float>(kNorms) * computed)) return false;
  }
  return true;
}

class StartFinder {
 public:
  explicit StartFinder(const Model& model)
      : model_(model), found_(model.tensors.size()), starts_(model.tensors.size()) {
    for (std::size_t i = 0; i < model.tensors.size(); ++i)
      layers_[layer_of(model.tensors[i])].push_back(i);
  }

  std::vector<Start> find() {
    if (was_trained(model_)) return starts_;
    for (const auto& [name, layer] : layers_) recognise_layer(layer);
    for (std::size_t i = 0; i < found_.size(); ++i) {
      if (!could_be_drawn(model_.tensors[i]) || starts_[i].norms_of) continue;
      changed_ = changed_ || (found_[i].sureness == Sureness::kNone && count(i) >= kFilled);
      constants_ = constants_ || is_constant_of_some(i);
    }
    for (const auto& [name, layer] : layers_) decide(layer);
    keep_copies();
    return starts_;
  }

 private:
  void recognise_layer(const std::vector<std::size_t>& layer) {
    const std::vector<float> of_weights = bounds_of(model_, layer, false),
                             of_biases = bounds_of(model_, layer, true);
    for (const std::size_t i : layer) {
      const Tensor& tensor = model_.tensors[i].tensor;
      if (could_be_drawn(model_.tensors[i]))
        found_[i] = recognise(tensor, tensor.shape.size() < 2 ? of_biases : of_weights);
    }
    for (const std::size_t g : layer) find_norms(g, layer);
  }

  void find_norms(std::size_t g, const std::vector<std::size_t>& layer) {
    if (!could_be_drawn(model_.tensors[g]) || found_[g].sureness == Sureness::kConstant) return;
    for (const std::size_t v : layer)
      if (v != g && could_be_drawn(model_.tensors[v]) && found_[v].sureness > Sureness::kNone &&
          are_norms(model_.tensors[g].tensor, model_.tensors[v].tensor))
        starts_[g].norms_of = v;
  }

  // A constant of several values, which training would have moved apart.
  bool is_constant_of_some(std::size_t i) const {
    return could_be_drawn(model_.tensors[i]) && found_[i].sureness == Sureness::kConstant &&
           count(i) > 1;
  }

  std::uint64_t count(std::size_t i) const { return element_count(model_.tensors[i].tensor.shape); }

  void decide(const std::vector<std::size_t>& layer) {
    if (has_made_buffer(layer)) return keep(layer);
    std::vector<std::size_t> order = layer;
    std::stable_sort(order.begin(), order.end(),
                     [this](std::size_t a, std::size_t b) { return count(a) > count(b); });
    bool constant = false, larger = true;
    std::uint64_t exact = 0;
    for (const std::size_t i : layer) {
      constant = constant || is_constant_of_some(i);
      if (found_[i].sureness >= Sureness::kSmall) exact += count(i);
    }
    for (const std::size_t i : order) {
      if (!could_be_drawn(model_.tensors[i])) continue;
      if (starts_[i].norms_of) continue;
      bool fresh = is_fresh(i, {constant, larger, exact});
      if (fresh) starts_[i].rows = found_[i].rows;
      if (!fresh && larger) fresh = take_form_of(order.front(), i);
      larger = larger && fresh;
    }
    for (const std::size_t i : layer)
      if (starts_[i].norms_of && !starts_[*starts_[i].norms_of].drawn()) starts_[i] = {};
    keep_weights_without_norms(layer);
  }

  // A few values without a grid, which the layer's largest tensor explains: as normal as its own.
  bool take_form_of(std::size_t largest, std::size_t few) {
    const std::vector<FormRows>& rows = starts_[largest].rows;
    if (found_[few].sureness != Sureness::kNone || count(few) >= kFilled || rows.size() != 1 ||
        rows.front().form.kind != Form::Kind::kNormal)
      return false;
    const TensorRows own = all_rows(model_.tensors[few].tensor);
    const auto farthest = static_cast<float>(kFarthest * rows.front().form.scale);
    for (const float value : read_values(own, 0, own.count()))
      if (!(std::abs(value) <= farthest)) return false;
    starts_[few].rows = {{own.rows, rows.front().form}};
    return true;
  }

  struct LayerFacts {
    bool constant;        // it has a constant that training would have moved
    bool larger;          // all its larger tensors are fresh
    std::uint64_t exact;  // its values that are on a grid
  };

  bool is_fresh(std::size_t i, const LayerFacts& facts) const {
    switch (found_[i].sureness) {
      case Sureness::kNone:
        return false;
      case Sureness::kLikely:
        return !changed_ && constants_ && facts.larger;
      case Sureness::kConstant:
        return facts.larger;
      case Sureness::kRounded:
      case Sureness::kSmall:
        return facts.larger && (facts.exact >= kSureValues || !changed_);
      case Sureness::kExact:
        // A small step moves no normal value by as much as can be seen, but the rest of the model.
        return found_[i].rows.front().form.kind == Form::Kind::kUniform || !changed_ ||
               facts.constant;
    }
    return false;
  }

  // Buffers of the layer that follow its values, as those of spectral_norm do.
  bool has_made_buffer(const std::vector<std::size_t>& layer) const {
    return std::any_of(layer.begin(), layer.end(), [this](std::size_t i) {
      const ModelTensor& tensor = model_.tensors[i];
      return tensor.kind == ModelTensor::Kind::kBuffer && tensor.tensor.dtype == DType::kFloat32 &&
             count(i) > 1 && !ConstantRows(all_rows(tensor.tensor)).all();
    });
  }

  // A weight beside norms that are not its own would be another weight.
  void keep_weights_without_norms(const std::vector<std::size_t>& layer) {
    const auto is = [this](std::size_t i, const char* one, const char* other) {
      const std::string& name = model_.tensors[i].own_name;
      return name.ends_with(one) || name.ends_with(other);
    };
    for (const std::size_t g : layer)
      if (is(g, ".original0", "_g") && !starts_[g].drawn())
        for (const std::size_t v : layer)
          if (is(v, ".original1", "_v")) starts_[v] = {};
  }

  void keep(const std::vector<std::size_t>& layer) {
    for (const std::size_t i : layer) starts_[i] = {};
  }

  // Values that two tensors have in common stay common; what a kept tensor has, too, is kept.
  void keep_copies() {
    std::map<std::pair<Shape, std::string>, std::vector<std::size_t>> alike;
    for (std::size_t i = 0; i < model_.tensors.size(); ++i) {
      const Tensor& tensor = model_.tensors[i].tensor;
      const bool varied = found_[i].sureness != Sureness::kConstant;
      if (tensor.dtype == DType::kFloat32 && count(i) > 1 && tensor.source && varied)
        alike[{tensor.shape, first_bytes(tensor)}].push_back(i);
    }
    for (auto& [begin, group] : alike)
      while (group.size() > 1) keep_copies_of_first(group);
  }

  // Takes the first of the group, and those that are equal to it, out of it.
  void keep_copies_of_first(std::vector<std::size_t>& group) {
    std::vector<std::size_t> equal, others;
    for (const std::size_t i : group) {
      const bool same = same_bytes(model_.tensors[i].tensor, model_.tensors[group[0]].tensor);
      (same ? equal : others).push_back(i);
    }
    group = std::move(others);
    if (equal.size() < 2) return;
    const bool kept = std::any_of(equal.begin(), equal.end(),
                                  [this](std::size_t i) { return !starts_[i].drawn(); });
    for (const std::size_t i : equal) {
      if (kept) starts_[i] = {};
      if (!kept && i != equal[0] && !starts_[i].norms_of) starts_[i] = {{}, std::nullopt, equal[0]};
    }
  }

  const Model& model_;
  std::map<std::string, std::vector<std::size_t>> layers_;  // tensors, by the module's name
  std::vector<Recognised> found_;
  std::vector<Start> starts_;
  bool changed_ = false;    // some trainable tensor is of no known form
  bool constants_ = false;  // some are constant, which training would have changed
};

}  // namespace

std::vector<Start> kept_starts(const Model& model) {
  return std::vector<Start>(model.tensors.size());
}

std::vector<Start> find_starts(const Model& model) { return StartFinder(model).find(); }

Model started(const Model& model, const std::vector<Start>& starts, const Secret& seed,
              const std::string& name) {
  Model made = model;
  // One copy of the secret for all: locked memory is scarce.
  const auto shared = std::make_shared<const Secret>(seed.clone());
  const auto draw = [&](std::size_t i) {
    const Shape& shape = model.tensors[i].tensor.shape;
    return drawn_values(starts[i].rows, shape, shared, fmt::format("{}/{}", name, i));
  };
  for (std::size_t i = 0; i < starts.size(); ++i)
    if (!starts[i].rows.empty()) made.tensors[i].tensor.source = draw(i);
  for (std::size_t i = 0; i < starts.size(); ++i)
    if (const auto& same = starts[i].same_as)
      made.tensors[i].tensor.source = made.tensors[*same].tensor.source;
  for (std::size_t i = 0; i < starts.size(); ++i)
    if (const auto& weight = starts[i].norms_of)
      made.tensors[i].tensor.source = norms_of_rows(made.tensors[*weight].tensor);
  return made;
}

}  // namespace amalgam
