#include "variants/scaled.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/bytes.h"
#include "variants/fans.h"
#include "variants/tensor_values.h"

namespace amalgam {
namespace {

// Times the fan, the square of a bound is this often a gain's: torch.nn's own layers, kaiming and
// xavier.
constexpr std::array kOfBounds = {1.0, 3.0};
constexpr double kNear = 1e-4;  // relative, of a scale that was rounded on the way

// What a scale is multiplied with for other fans.
double factor(double scale, bool uniform, const Fans& own, const Fans& other) {
  if (own.in == 0 || other.in == 0) return 1;
  for (const FanOf fan : kFans)
    for (const double gain : kGains)
      for (const double of : kOfBounds) {
        if (!uniform && of != 1) continue;
        if (std::abs(scale * scale * fan(own) / (gain * of) - 1) < kNear)
          return std::sqrt(fan(own) / fan(other));
      }
  return 1;
}

Form scaled(const Form& form, const Fans& own, const Fans& other) {
  Form out = form;
  if (form.kind == Form::Kind::kUniform && form.from < 0) {
    const double bound = static_cast<double>(-form.from) * factor(-form.from, true, own, other);
    out = Form::uniform(static_cast<float>(-bound), static_cast<float>(2 * bound));
  } else if (form.kind == Form::Kind::kNormal || form.kind == Form::Kind::kTruncated) {
    const double by = factor(form.scale, false, own, other);
    out.scale *= by, out.bound *= by;
  }
  return out;
}

// Of a bias, those of the weight in front of it, as in torch.nn.
Fans fans_at(const Model& model, std::size_t tensor) {
  for (std::size_t i = tensor + 1; i-- > 0;)
    if (model.tensors[i].tensor.shape.size() > 1) return fans_of(model.tensors[i].tensor.shape);
  return {};
}

bool same_rows(const Start& start) {
  return std::all_of(start.rows.begin(), start.rows.end(),
                     [&](const FormRows& run) { return run.rows == start.rows[0].rows; });
}

// Whether all values are the first one.
bool is_constant(const Tensor& tensor) {
  if (tensor.dtype != DType::kFloat32 || !tensor.source) return false;
  return element_count(tensor.shape) == 0 ||
         all_are(tensor, read_values(all_rows(tensor), 0, 1).front());
}

// Of several tensors that were made of one, the nearest.
std::optional<std::size_t> nearest(const std::vector<std::size_t>& origin, std::size_t from,
                                   std::size_t at) {
  std::optional<std::size_t> best;
  const auto distance = [at](std::size_t i) { return i > at ? i - at : at - i; };
  for (std::size_t i = 0; i < origin.size(); ++i)
    if (origin[i] == from && i != at && (!best || distance(i) < distance(*best))) best = i;
  return best;
}

}  // namespace

std::vector<bool> sizes_kept(const Model& model, const std::vector<Start>& starts) {
  std::vector<bool> kept;
  for (std::size_t i = 0; i < model.tensors.size(); ++i) {
    const ModelTensor& tensor = model.tensors[i];
    const bool buffer = tensor.kind == ModelTensor::Kind::kBuffer;
    kept.push_back(starts[i].drawn() ? !starts[i].rows.empty() && !same_rows(starts[i])
                                     : !(buffer && is_constant(tensor.tensor)));
  }
  return kept;
}

std::vector<Start> variant_starts(const Model& model, const std::vector<Start>& starts,
                                  const Model& variant, const std::vector<std::size_t>& origin) {
  std::vector<Start> out;
  for (std::size_t i = 0; i < origin.size(); ++i) {
    Start start = starts[origin[i]];
    const Shape& shape = variant.tensors[i].tensor.shape;
    const auto other = nearest(origin, start.same_as.value_or(start.norms_of.value_or(0)), i);
    if (start.same_as) {
      const bool equal = other && variant.tensors[*other].tensor.shape == shape;
      if (equal && !starts[*start.same_as].rows.empty()) {
        start.same_as = other;
      } else {
        start = starts[*start.same_as];
      }
    }
    if (start.norms_of) start.norms_of = other;
    const std::uint64_t own = row_count(model.tensors[origin[i]].tensor.shape);
    for (FormRows& run : start.rows) {
      run.form = scaled(run.form, fans_at(model, origin[i]), fans_at(variant, i));
      run.rows = run.rows * row_count(shape) / std::max<std::uint64_t>(1, own);
    }
    out.push_back(std::move(start));
  }
  return out;
}

void fill_constants(const Model& model, const std::vector<std::size_t>& origin, Model& variant) {
  for (std::size_t i = 0; i < origin.size(); ++i) {
    Tensor& tensor = variant.tensors[i].tensor;
    if (tensor.source || tensor.dtype != DType::kFloat32) continue;
    const Tensor& own = model.tensors[origin[i]].tensor;
    float value = 0;
    if (element_count(own.shape) > 0)
      own.source->read(0, std::as_writable_bytes(std::span(&value, 1)));
    std::vector<std::byte> bytes(tensor.bytes());
    for (std::size_t at = 0; at < bytes.size(); at += 4) store_le(bytes, at, value);
    tensor.source = memory_source(std::move(bytes));
  }
}

}  // namespace amalgam
