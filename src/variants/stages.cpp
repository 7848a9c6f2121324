#include "variants/stages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "base/bytes.h"
#include "graph/values.h"
#include "variants/uses.h"

namespace amalgam {
namespace {

// A longer run of nodes is no block that a person would repeat; the bound also keeps the search
// short.
constexpr std::size_t kLongest = 600;

// An argument in words; value(ValueId) gives those of a value.
template <typename ValueText>
std::string text_of(const Argument& argument, const ValueText& value) {
  struct Visitor {
    const ValueText& value;
    std::string operator()(const None&) const { return "none"; }
    std::string operator()(const ValueRef& ref) const { return value(ref.id); }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return fmt::format("{}f", number); }
    std::string operator()(const std::string& text) const { return "'" + text + "'"; }
    std::string operator()(const DTypeArgument& type) const {
      return std::string(dtype_name(type.dtype));
    }
    std::string operator()(const MemoryFormatArgument& format) const { return format.name; }
    std::string operator()(const LayoutArgument&) const { return "layout"; }
    std::string operator()(const DeviceArgument&) const { return "device"; }
    std::string operator()(const Complex& number) const {
      return fmt::format("{}+{}j", number.real, number.imag);
    }
    std::string operator()(const ArgumentList& list) const {
      std::string text = "[";
      for (const Argument& item : list) text += text_of(item, value) + ",";
      return text + "]";
    }
  };
  return std::visit(Visitor{value}, argument.value);
}

std::string shape_text(const Value& value) {
  if (value.kind == Value::Kind::kNumber) return "number";
  std::string text(dtype_name(value.dtype));
  for (const Dim& dim : value.shape) text += (dim.symbolic ? " s" : " ") + std::to_string(dim.size);
  return text;
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  if (a.source == b.source) return true;
  if (!a.source || !b.source || a.bytes() != b.bytes()) return false;
  const Bytes left = a.source->view(), right = b.source->view();
  return std::equal(left.begin(), left.end(), right.begin(), right.end());
}

bool same_start(const Start& a, const Start& b) {
  return a.rows == b.rows && a.norms_of.has_value() == b.norms_of.has_value() &&
         a.same_as.has_value() == b.same_as.has_value();
}

// Blocks that may stand one behind another: the values that the second takes and the first gives.
struct Chain {
  std::optional<ValueId> in, out;
};

class StageFinder {
 public:
  StageFinder(const Model& model, const std::vector<Start>& starts)
      : model_(model),
        program_(model.train()),
        nodes_(program_.graph.nodes),
        starts_(starts),
        uses_(model) {
    std::map<std::string, std::size_t> known;
    for (const Node& node : nodes_) {
      // No two nodes with a graph of their own are alike.
      std::string text = node.body ? "body " + std::to_string(kinds_.size()) : kind_of(node);
      kinds_.push_back(known.emplace(std::move(text), known.size()).first->second);
    }
  }

  std::vector<Stage> find() const {
    std::vector<Stage> found;
    for (std::size_t period = 1; period <= std::min(kLongest, nodes_.size() / 2); ++period)
      find_of(period, found);
    std::stable_sort(found.begin(), found.end(), [](const Stage& a, const Stage& b) {
      return a.period * a.count > b.period * b.count;
    });
    std::vector<Stage> stages;
    for (const Stage& stage : found) {
      const bool free = std::none_of(stages.begin(), stages.end(), [&](const Stage& other) {
        return stage.first < end(other) && other.first < end(stage);
      });
      if (free) stages.push_back(stage);
    }
    std::sort(stages.begin(), stages.end(),
              [](const Stage& a, const Stage& b) { return a.first < b.first; });
    return stages;
  }

 private:
  static std::size_t end(const Stage& stage) { return stage.first + stage.period * stage.count; }

  std::string kind_of(const Node& node) const {
    std::string text = node.space + "::" + node.name();
    const auto value = [this](ValueId id) { return value_text(id); };
    for (const NamedArgument& named : node.arguments)
      text += " " + named.name + "=" + text_of(named.argument, value);
    for (const Output& output : node.outputs) {
      text += output.is_list ? " ->list" : " ->";
      for (const ValueId id : output.ids) text += " " + shape_text(program_.values[id]);
    }
    return text;
  }

  std::string value_text(ValueId id) const {
    const auto tensor = program_.tensor_of_value[id];
    if (!tensor) return "(" + shape_text(program_.values[id]) + ")";
    const ModelTensor& own = model_.tensors[*tensor];
    return "(" + std::to_string(static_cast<int>(own.kind)) + (own.trainable ? "t " : " ") +
           shape_text(program_.values[id]) + ")";
  }

  // Where nodes come again after `period` others, for at least that long.
  void find_of(std::size_t period, std::vector<Stage>& found) const {
    std::size_t length = 0;
    for (std::size_t i = 0; i + period <= nodes_.size(); ++i) {
      if (i + period < nodes_.size() && kinds_[i] == kinds_[i + period]) {
        ++length;
        continue;
      }
      if (length >= period) find_in(i - length, length + period, period, found);
      length = 0;
    }
  }

  void find_in(std::size_t first, std::size_t length, std::size_t period,
               std::vector<Stage>& found) const {
    for (std::size_t at = first; at < first + period && at + 2 * period <= first + length; ++at)
      if (const auto stage = stage_at(at, period, (first + length - at) / period)) {
        found.push_back(*stage);
        return;
      }
  }

  // The stage that begins here, of at most so many blocks.
  std::optional<Stage> stage_at(std::size_t first, std::size_t period, std::size_t most) const {
    Stage stage{first, period, 1, 0};
    std::optional<ValueId> given;  // by the last block so far
    while (stage.count < most) {
      const std::size_t block = first + period * (stage.count - 1);
      const auto chain = chained(block, period);
      if (!chain || (given && chain->in != given)) break;
      const std::size_t out = uses_.defined[*chain->out] - block;
      if (stage.count > 1 && out != stage.out) break;
      stage.out = out;
      given = chain->out;
      ++stage.count;
    }
    if (stage.count < 2) return std::nullopt;
    const ValueId last = block_result(nodes_, stage, stage.count - 1);
    for (std::size_t b = 0; b < stage.count; ++b)
      if (!is_closed(stage, b, b + 1 == stage.count ? std::optional(last) : std::nullopt))
        return std::nullopt;
    return has_weights(stage) && !tells_depth(stage) ? std::optional(stage) : std::nullopt;
  }

  // The block of nodes from `block` on and the one behind it, read side by side.
  std::optional<Chain> chained(std::size_t block, std::size_t period) const {
    Chain chain;
    std::map<std::size_t, std::size_t> tensors;  // of the second, by the first's
    for (std::size_t n = block; n < block + period; ++n) {
      const std::vector<ValueId> left = reads(nodes_[n]), right = reads(nodes_[n + period]);
      for (std::size_t r = 0; r < left.size(); ++r)
        if (!corresponds(left[r], right[r], block, period, chain, tensors)) return std::nullopt;
    }
    if (!chain.in || !chain.out) return std::nullopt;
    const Value &in = program_.values[*chain.in], &out = program_.values[*chain.out];
    const Node& maker = nodes_[uses_.defined[*chain.out]];
    const bool alone = maker.outputs.size() == 1 && !maker.outputs[0].is_list;
    return alone && shape_text(in) == shape_text(out) && in.kind == Value::Kind::kTensor
               ? std::optional(chain)
               : std::nullopt;
  }

  bool corresponds(ValueId left, ValueId right, std::size_t block, std::size_t period, Chain& chain,
                   std::map<std::size_t, std::size_t>& tensors) const {
    const auto a = program_.tensor_of_value[left], b = program_.tensor_of_value[right];
    if (a && b) {
      if (*a == *b) return true;
      return tensors.emplace(*a, *b).first->second == *b &&
             uses_.read_within(*a, block, block + period) &&
             uses_.read_within(*b, block + period, block + 2 * period) && alike(*a, *b);
    }
    const std::size_t made = uses_.defined[left], again = uses_.defined[right];
    const auto lies_in = [period](std::size_t node, std::size_t first) {
      return node != Uses::kNever && node >= first && node < first + period;
    };
    if (lies_in(made, block))
      return again == made + period && uses_.place[left] == uses_.place[right];
    if (left == right) return true;
    if (!lies_in(again, block)) return false;
    const bool first = !chain.in;
    if (first) chain = {left, right};
    return chain.in == left && chain.out == right;
  }

  // Drawn in the same way, or the very same values.
  bool alike(std::size_t a, std::size_t b) const {
    const ModelTensor &left = model_.tensors[a], &right = model_.tensors[b];
    if (left.order != right.order || left.unused != right.unused) return false;
    if (starts_[a].drawn() || starts_[b].drawn()) return same_start(starts_[a], starts_[b]);
    return same_bytes(left.tensor, right.tensor);
  }

  // Nothing but what the block gives is read behind it, and that by the next block alone, unless it
  // is `last`'s.
  bool is_closed(const Stage& stage, std::size_t block, std::optional<ValueId> last) const {
    const std::size_t first = stage.first + block * stage.period, behind = first + stage.period;
    const ValueId result = block_result(nodes_, stage, block);
    for (std::size_t n = first; n < behind; ++n) {
      for (const ValueId id : reads(nodes_[n]))
        if (id == result) return false;
      for (const Output& output : nodes_[n].outputs)
        for (const ValueId id : output.ids) {
          const std::size_t until = id == result ? behind + stage.period : behind;
          if (id != last && uses_.last_read[id] >= until) return false;
        }
    }
    return true;
  }

  std::set<std::size_t> tensors_of(const Stage& stage) const {
    std::set<std::size_t> tensors;
    for (std::size_t n = stage.first; n < stage.first + stage.period; ++n)
      for (const ValueId id : reads(nodes_[n]))
        if (const auto tensor = program_.tensor_of_value[id])
          if (uses_.read_within(*tensor, stage.first, stage.first + stage.period))
            tensors.insert(*tensor);
    return tensors;
  }

  bool has_weights(const Stage& stage) const {
    const auto tensors = tensors_of(stage);
    return std::any_of(tensors.begin(), tensors.end(), [&](std::size_t t) {
      return starts_[t].drawn() && model_.tensors[t].tensor.shape.size() > 1;
    });
  }

  // GPT-2's: the deviation of what is added to the sum is divided by sqrt(2 * layers).
  bool tells_depth(const Stage& stage) const {
    std::set<double> deviations;
    for (const std::size_t t : tensors_of(stage))
      for (const FormRows& run : starts_[t].rows)
        if (run.form.kind == Form::Kind::kNormal || run.form.kind == Form::Kind::kTruncated)
          deviations.insert(run.form.scale);
    const auto count = static_cast<double>(stage.count);
    for (const double larger : deviations)
      for (const double smaller : deviations)
        for (const double of : {1.0, 2.0})
          if (std::abs(std::pow(larger / smaller, 2) / (of * count) - 1) < 1e-3) return true;
    return false;
  }

  static std::vector<ValueId> reads(const Node& node) {
    std::vector<ValueId> ids;
    for_each_read(node, [&](ValueId id) { ids.push_back(id); });
    return ids;
  }

  const Model& model_;
  const Program& program_;
  const std::vector<Node>& nodes_;
  const std::vector<Start>& starts_;
  Uses uses_;
  std::vector<std::size_t> kinds_;  // by node; equal: the same operation on the same shapes
};

}  // namespace

ValueId block_result(const std::vector<Node>& nodes, const Stage& stage, std::size_t block) {
  return nodes[stage.first + block * stage.period + stage.out].outputs[0].ids[0];
}

std::vector<Stage> find_stages(const Model& model, const std::vector<Start>& starts) {
  if (model.programs.size() > 1) return {};
  return StageFinder(model, starts).find();
}

}  // namespace amalgam
