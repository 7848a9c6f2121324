// PyTorch draws initial values on the CPU with MT19937, whose numbers have linear relations that
// need no seed, and makes normal values of them that lie on a grid. Values that are not PyTorch's
// do not have these.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "audit/differences.h"
#include "audit/moments.h"
#include "audit/twister.h"
#include "base/interrupt.h"
#include "variants/normal_grid.h"
#include "variants/tensor_values.h"
#include "variants/uniform_grid.h"

namespace amalgam {
namespace {

// Values of a tensor that are looked at; those that may lie in memory in another order than they
// were drawn in are read whole, up to so many.
constexpr std::uint64_t kMostNumbers = std::uint64_t{1} << 16, kMostValues = std::uint64_t{1} << 23;
// Values of a tensor in which relations would be seen.
constexpr std::size_t kSurelyEnough = TwisterRelations::kSpan + 16;
constexpr std::uint32_t kUniformBits = 0xffffff;

using Numbers = std::vector<std::uint32_t>;
using Order = std::vector<std::size_t>;  // of dimensions, the slowest first

// The first ones, up to so many.
std::vector<float> first_values(const Tensor& tensor, std::uint64_t most) {
  return read_values(all_rows(tensor), 0, std::min(element_count(tensor.shape), most));
}

bool constant(const std::vector<float>& values) {
  return std::all_of(values.begin(), values.end(), [&](float v) { return v == values.front(); });
}

// Of a uniform distribution, and of a normal one.
constexpr double kUniformKurtosis = 1.8, kNormalKurtosis = 3, kNear = 0.2;

// Whether an initializer could have drawn values that are on no grid.
bool looks_fresh(const std::vector<float>& values) {
  const auto [mean, deviation, kurtosis] = distribution_of(values);
  const bool around_zero = std::abs(mean) < kNear * deviation;
  return std::abs(kurtosis - kUniformKurtosis) < kNear ||
         (around_zero && std::abs(kurtosis - kNormalKurtosis) < kNear);
}

// Whether normal values are PyTorch's, rows of zeros aside.
bool on_normal_grid(const std::vector<float>& values, std::uint64_t count) {
  AngleGrid angles;
  angles.add(values, 0, count, [&](std::uint64_t i) { return values[i] == 0; });
  return angles.sure() && angles.all_on();
}

// The first elements in another order of dimensions.
std::vector<float> in_order(const std::vector<float>& values, const Shape& shape,
                            const Order& order) {
  std::vector<std::uint64_t> strides(shape.size(), 1), at(shape.size(), 0);
  for (std::size_t d = shape.size() - 1; d-- > 0;) strides[d] = strides[d + 1] * shape[d + 1];
  std::vector<float> out(std::min<std::uint64_t>(values.size(), kMostNumbers));
  for (float& value : out) {
    std::uint64_t offset = 0;
    for (std::size_t d = 0; d < shape.size(); ++d) offset += at[d] * strides[d];
    value = values[offset];
    for (std::size_t i = order.size(); i-- > 0;) {
      if (++at[order[i]] < shape[order[i]]) break;
      at[order[i]] = 0;
    }
  }
  return out;
}

// How a weight may have lain in memory when it was drawn: transposed, or channels last.
std::vector<Order> other_orders(std::size_t dimensions) {
  if (dimensions < 2) return {};
  Order plain(dimensions);
  std::iota(plain.begin(), plain.end(), 0);
  Order swapped = plain, last = plain;
  std::swap(swapped[0], swapped[1]);
  std::rotate(last.begin() + 1, last.begin() + 2, last.end());
  Order reversed(plain.rbegin(), plain.rend());
  if (dimensions == 2) return {swapped};
  return {swapped, last, reversed};
}

// What is known of one sub-network's start.
class Start {
 public:
  Start(const JobView& job, const ViewedSubnetwork& sub) {
    for (const NamedTensor& named : job.weights())
      if (named.name.starts_with(sub.prefix) && named.tensor.dtype == DType::kFloat32 &&
          element_count(named.tensor.shape) > 0)
        look_at(named.tensor);
    end_run();
  }

  bool judged() const { return judged_; }
  bool holds() const { return holds_; }
  // Whether there are enough values, and of a form that nothing here can judge: trained ones.
  bool unclear() const { return unclear_ > kSurelyEnough && !judged_; }

 private:
  void look_at(const Tensor& tensor) {
    check_interrupted();
    if (holds_) return;
    const std::vector<float> values = first_values(tensor, kMostNumbers);
    if (constant(values)) return;  // not drawn
    // Biases are too few to find a grid by; theirs is mostly that of the weight before them.
    if (const auto grid = find_grid(values)) grid_ = grid;
    const Numbers numbers = grid_ ? numbers_on(*grid_, values) : Numbers{};
    if (numbers.empty()) {
      judge_off_grid(values, element_count(tensor.shape));
      return end_run();
    }
    // Tensors that were drawn one after another are one sequence.
    run_.insert(run_.end(), numbers.begin(), numbers.end());
    judge(relations_.test(numbers));
    if (!holds_) try_orders(tensor);
    if (values.size() < element_count(tensor.shape)) end_run();
  }

  // Values that are no numbers scaled: PyTorch's normal ones, another generator's, or trained.
  void judge_off_grid(const std::vector<float>& values, std::uint64_t count) {
    holds_ = holds_ || on_normal_grid(values, count);
    const bool fresh = looks_fresh(values);
    judged_ = judged_ || holds_ || (fresh && values.size() > kSurelyEnough);
    if (!fresh) unclear_ += values.size();
  }

  void try_orders(const Tensor& tensor) {
    const std::uint64_t count = element_count(tensor.shape);
    if (count < TwisterRelations::kSpan || count > kMostValues) return;
    const std::vector<float> values = first_values(tensor, kMostValues);
    for (const Order& order : other_orders(tensor.shape.size()))
      judge(relations_.test(numbers_on(*grid_, in_order(values, tensor.shape, order))));
  }

  void end_run() {
    if (!holds_) judge(relations_.test(run_));
    run_.clear();
  }

  void judge(const HeldRelations& relations) {
    judged_ = judged_ || relations.enough();
    holds_ = holds_ || relations.hold();
  }

  TwisterRelations relations_{kUniformBits};
  std::optional<UniformGrid> grid_;
  Numbers run_;
  bool judged_ = false, holds_ = false;
  std::size_t unclear_ = 0;  // values
};

}  // namespace

std::string check_generator(const FailureInput& input, TellList& out) {
  std::vector<std::size_t> torch, other, unclear;
  for (std::size_t s = 0; s < input.job.subnetworks().size(); ++s) {
    const Start start(input.job, input.job.subnetworks()[s]);
    if (start.judged()) (start.holds() ? torch : other).push_back(s);
    if (start.unclear()) unclear.push_back(s);
  }
  if (torch.empty() || other.empty())
    return unclear.empty() ? ""
                           : fmt::format(
                                 "whether one generator drew all initial values can't be "
                                 "told from those of {}, which are neither uniform nor normal",
                                 streams_text(unclear));
  out.push_back(
      {"generator", other.size() < torch.size() ? other : torch,
       fmt::format("the initial values of {} are numbers of PyTorch's generator (MT19937, "
                   "by its linear relations or its grid of normal values), those of {} are not",
                   streams_text(torch), streams_text(other)),
       "let obfuscate draw all starts anew (--start redraw), or take guests whose models were "
       "initialised as yours was"});
  return "";
}

}  // namespace amalgam
