#include "obfuscate/preparation_notes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/bytes.h"
#include "base/sums.h"
#include "weave/fit.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kMostValues = std::uint64_t{1} << 20;
constexpr std::size_t kSteps = 256;  // of 8 bits
constexpr std::uint64_t kRowsLookedAt = 4096;
// A mean and a deviation that somebody rounded to three digits are this near, in deviations; and
// those of data of the same kind may be so near.
constexpr double kNear = 0.01, kOfTheSameKind = 0.03;

using Labels = std::vector<std::string>;

std::string list(const Labels& labels) { return fmt::format("{}", fmt::join(labels, ", ")); }

// The tasks by what was done to them; none of those for which it has no meaning (empty).
template <typename Property>
std::map<std::string, Labels> by(std::span<const Task> given, Property property) {
  std::map<std::string, Labels> found;
  for (const Task& task : given)
    if (const std::string of = task.has_own_data ? property(task) : std::string(); !of.empty())
      found[of].push_back("'" + task.label + "'");
  return found;
}

bool is_image(const Task& task) {
  return task.network.sample_shapes().front().size() == 3 &&
         task.data->fields.front().tensor.dtype == DType::kUInt8;
}

std::string scaling_of(const Task& task) {
  if (!is_image(task)) return "";
  return task.data->preparation.scaled ? "scaled" : "as they were";
}

std::string encoding_of(const Task& task) {
  if (!is_image(task)) return "";
  const std::set<std::string>& encodings = task.data->preparation.encodings;
  return encodings.empty() ? "arrays" : fmt::format("{} files", fmt::join(encodings, ", "));
}

std::string steps_of(const Task& task) {
  const Field& field = task.data->fields.front();
  if (field.tensor.dtype == DType::kUInt8) return "few";
  if (field.tensor.dtype != DType::kFloat32) return "";
  const auto values = view_as<float>(field.tensor.source->view());
  std::set<float> steps;
  for (const float value : values.first(std::min<std::size_t>(values.size(), kMostValues)))
    if (steps.insert(value).second && steps.size() > kSteps) return "any";
  // Fewer values than steps say nothing.
  return values.size() < 4 * kSteps ? "" : "few";
}

// Of images alone: whether they are bytes, or real numbers from 0 to 1, as of bytes that somebody
// divided.
std::string range_of(const Task& task) {
  if (task.network.sample_shapes().front().size() != 3) return "";
  const Field& field = task.data->fields.front();
  if (field.tensor.dtype == DType::kUInt8) return "bytes";
  if (field.tensor.dtype != DType::kFloat32) return "";
  const auto values = view_as<float>(field.tensor.source->view());
  const auto some = values.first(std::min<std::size_t>(values.size(), kMostValues));
  const auto [least, most] = std::ranges::minmax(some);
  return least >= 0 && most <= 1 && least < most ? "to 1" : "";
}

std::string tokenizer_of(const Task& task) {
  if (task.tokens.empty()) return "";
  return task.data->tokenizer ? task.data->tokenizer->serialised() : "arrays of tokens";
}

void note_images(std::span<const Task> given, std::vector<std::string>& notes) {
  const auto scaled = by(given, scaling_of);
  if (scaled.size() > 1)
    notes.push_back(
        fmt::format("Images of {} were scaled from other sizes, and those of {} were not: scaling "
                    "smooths, and mixes neighbours in a way that their spectrum shows. Give all of "
                    "them in the size that is trained on, or all in larger ones.",
                    list(scaled.at("scaled")), list(scaled.at("as they were"))));
  const auto encodings = by(given, encoding_of);
  if (encodings.size() < 2) return;
  Labels each;
  for (const auto& [encoding, labels] : encodings)
    each.push_back(fmt::format("those of {} from {}", list(labels), encoding));
  notes.push_back(
      fmt::format("Images were encoded in different ways ({}): JPEG and WebP leave edges of blocks "
                  "and rounded frequencies that other data may not have.",
                  fmt::join(each, ", ")));
}

void note_steps(std::span<const Task> given, std::vector<std::string>& notes) {
  const auto steps = by(given, steps_of);
  if (steps.size() > 1)
    notes.push_back(
        fmt::format("Values of {} lie on at most {} steps, and those of {} do not: how many "
                    "different values there are can be seen.",
                    list(steps.at("few")), kSteps, list(steps.at("any"))));
}

void note_ranges(std::span<const Task> given, std::vector<std::string>& notes) {
  const auto ranges = by(given, range_of);
  if (ranges.size() > 1)
    notes.push_back(fmt::format(
        "Images of {} are bytes, and those of {} real numbers from 0 to 1, which can be seen. Give "
        "all as bytes, (255 * x).round().astype('uint8'), with [input] scale = 255.",
        list(ranges.at("bytes")), list(ranges.at("to 1"))));
}

void note_tokenizers(std::span<const Task> given, std::vector<std::string>& notes) {
  const auto tokenizers = by(given, tokenizer_of);
  if (tokenizers.size() < 2) return;
  Labels each;
  for (const auto& [tokenizer, labels] : tokenizers) each.push_back(list(labels));
  notes.push_back(
      fmt::format("Tokens of {} come from different tokenizers: how many there are, how frequent "
                  "the first of them are and how long texts become shows what each was trained "
                  "on. One SentencePiece file as [text] tokenizer cuts all alike, such as a "
                  "KEY.NAME.tokenizer that an earlier job left.",
                  fmt::join(each, " and of ")));
}

// The mean and deviation of the first feature, as the network takes it, by what is fitted together.
struct Moments {
  std::vector<double> mean, deviation;
};

template <typename T>
Moments moments_of(const Field& field, const Shape& sample, double scale) {
  const auto values = view_as<T>(field.tensor.source->view());
  const std::size_t width = field.width(), count = fitted_numbers(sample), each = width / count;
  const std::uint64_t looked_at = std::min(field.rows(), kRowsLookedAt);
  const auto taken = [scale](T value) { return static_cast<double>(value) / scale; };
  std::vector<Sums> sums;
  for (std::size_t g = 0; g < count; ++g) sums.push_back({taken(values[g * each])});
  for (std::uint64_t i = 0; i < looked_at; ++i) {
    const auto row = values.subspan(i * field.rows() / looked_at * width, width);
    for (std::size_t c = 0; c < width; ++c) sums[c / each].add(taken(row[c]));
  }
  Moments moments;
  for (const Sums& one : sums) {
    moments.mean.push_back(one.mean());
    moments.deviation.push_back(std::sqrt(one.variance()));
  }
  return moments;
}

// In deviations, at most.
double distance(const std::vector<double>& given, const std::vector<double>& own,
                const std::vector<double>& deviation) {
  if (given.size() != own.size()) return INFINITY;
  double most = 0;
  for (std::size_t i = 0; i < own.size(); ++i)
    if (given[i] != own[i]) most = std::max(most, std::abs(given[i] - own[i]) / deviation[i]);
  return most;
}

std::string normalisation_of(const Task& task) {
  const InputSettings& input = task.network.input;
  const Field& field = task.data->fields.front();
  if (input.mean.empty() || input.std.empty()) return "";
  const bool bytes = field.tensor.dtype == DType::kUInt8;
  if (!bytes && field.tensor.dtype != DType::kFloat32) return "";
  const double scale = input.scale.value_or(1);
  const Shape& sample = task.network.sample_shapes().front();
  const Moments own = bytes ? moments_of<std::uint8_t>(field, sample, scale)
                            : moments_of<float>(field, sample, scale);
  const double off = std::max(distance(input.mean, own.mean, own.deviation),
                              distance(input.std, own.deviation, own.deviation));
  return off <= kNear ? "own" : off <= kOfTheSameKind ? "" : "other";
}

void note_normalisation(std::span<const Task> given, std::vector<std::string>& notes) {
  const auto found = by(given, normalisation_of);
  if (found.size() > 1)
    notes.push_back(
        fmt::format("[input] mean and std are those of the data of {}, and not of {}: a stream "
                    "that is normalised by its own numbers can be seen. mean = \"fit\" and std = "
                    "\"fit\" give each stream its own.",
                    list(found.at("own")), list(found.at("other"))));
}

}  // namespace

std::vector<std::string> preparation_notes(std::span<const Task> given) {
  std::vector<std::string> notes;
  note_images(given, notes);
  note_steps(given, notes);
  note_ranges(given, notes);
  note_tokenizers(given, notes);
  note_normalisation(given, notes);
  return notes;
}

}  // namespace amalgam
