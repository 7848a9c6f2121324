#include "noise/generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>

#include "formats/class_counts.h"

namespace amalgam {
namespace {

class GeneratedRows : public RowSource {
 public:
  GeneratedRows(std::shared_ptr<const Dataset> data, std::shared_ptr<const Generator> generator,
                const Secret& seed, std::string name, std::uint64_t rows,
                std::shared_ptr<const Dataset> targets)
      : data_(std::move(data)),
        targets_(targets ? std::move(targets) : data_),
        generator_(std::move(generator)),
        seed_(seed.clone()),
        name_(std::move(name)),
        labelled_(spread(seed, name_ + "/targets", targets_->rows(), rows)),
        like_(targets_ == data_ ? labelled_ : of_the_same_class(rows)) {}

  std::uint64_t rows() const override { return like_.size(); }

  Bytes read(std::size_t field, std::uint64_t row, MutableBytes scratch) const override {
    const Field& own = data_->fields[field];
    const std::uint64_t size = own.row_bytes();
    if (own.role == Role::kTarget)
      return targets_->fields[field].tensor.source->view().subspan(labelled_[row] * size, size);
    RandomStream random(seed_, generator_->draws_whole_rows()
                                   ? fmt::format("{}/{}/row", name_, row)
                                   : fmt::format("{}/{}/field/{}", name_, row, field));
    const MutableBytes out = scratch.first(size);
    generator_->draw(field, like_[row], random, out);
    return out;
  }

 private:
  // Targets are as balanced as the data's own.
  static std::vector<std::uint64_t> spread(const Secret& seed, const std::string& name,
                                           std::uint64_t own, std::uint64_t count) {
    RandomStream random(seed, name);
    return random.evenly(random.permutation(own), count);
  }

  // For each of the targets' rows one of the data's, drawn among those of its class, or among all
  // where the data has none such.
  std::vector<std::uint64_t> of_the_same_class(std::uint64_t rows) const {
    RandomStream random(seed_, name_ + "/like");
    const Field *own = class_labels(*data_), *other = class_labels(*targets_);
    std::map<std::int64_t, std::vector<std::uint64_t>> by_class;
    if (own && other)
      for (std::uint64_t row = 0; row < data_->rows(); ++row)
        by_class[label_of(*own, row)].push_back(row);
    std::vector<std::uint64_t> like;
    for (std::uint64_t row = 0; row < rows; ++row) {
      const auto found =
          by_class.empty() ? by_class.end() : by_class.find(label_of(*other, labelled_[row]));
      like.push_back(found == by_class.end() ? random.below(data_->rows())
                                             : found->second[random.below(found->second.size())]);
    }
    return like;
  }

  static std::int64_t label_of(const Field& labels, std::uint64_t row) {
    return load_le<std::int64_t>(labels.tensor.source->view(), 8 * row);
  }

  std::shared_ptr<const Dataset> data_, targets_;
  std::shared_ptr<const Generator> generator_;
  Secret seed_;
  std::string name_;
  std::vector<std::uint64_t> labelled_;  // the row of targets_ that each row has its target from
  std::vector<std::uint64_t> like_;      // the row of the data whose class each row has
};

}  // namespace

namespace {

struct Row {
  const char* name;
  std::unique_ptr<Generator> (*make)(std::shared_ptr<const Dataset>);
};
constexpr std::array kGenerators = {Row{"resample", make_resample}, Row{"uniform", make_uniform},
                                    Row{"gaussian", make_gaussian}, Row{"spectrum", make_spectrum},
                                    Row{"likeness", make_likeness}, Row{"leaves", make_leaves}};

}  // namespace

std::vector<std::string> generator_names() {
  std::vector<std::string> names;
  for (const Row& row : kGenerators) names.emplace_back(row.name);
  return names;
}

std::vector<std::string> token_generator_names() { return {"uniform", "unigram", "ngram"}; }

namespace {

[[noreturn]] void unknown_generator(const std::string& name) {
  throw Error(
      ErrorCode::kUsage, "--noise",
      fmt::format(
          "'{}' does not exist in this version; there are {}, patches:PHOTOS (a folder or "
          "archive of photographs), copula:DATA (rows of the same kind), and for tokens {} and "
          "ngram:TEXT",
          name, fmt::join(generator_names(), ", "), fmt::join(token_generator_names(), ", ")));
}

}  // namespace

void check_generator_name(const std::string& name) {
  std::vector<std::string> known = generator_names();
  for (std::string& of_tokens : token_generator_names()) known.push_back(std::move(of_tokens));
  known.insert(known.end(), {"", "patches", "copula"});
  if (std::count(known.begin(), known.end(), name) == 0) unknown_generator(name);
}

std::string generator_name(const NoiseKind& kind, const std::vector<std::size_t>& tokens) {
  if (!kind.name.empty()) return kind.name;
  return tokens.empty() ? "resample" : "unigram";
}

void check_copula_fits(const Dataset& data, const std::vector<std::size_t>& tokens) {
  if (!tokens.empty())
    throw Error(
        ErrorCode::kUsage, "--noise copula",
        fmt::format("makes tables, but '{}' of {} holds tokens; for these there are {}, and "
                    "unigram:TEXT and ngram:TEXT, which are like a public text",
                    data.fields[tokens[0]].name, data.where,
                    fmt::join(token_generator_names(), ", ")));
}

namespace {

std::unique_ptr<Generator> make_copula_like(const NoiseKind& kind,
                                            std::shared_ptr<const Dataset> data,
                                            const std::vector<std::size_t>& tokens) {
  check_copula_fits(*data, tokens);
  if (!kind.table)
    throw Error(ErrorCode::kUsage, "--noise copula",
                "is fitted on rows that are in no task: split some off, and give them as "
                "--noise copula:DATA");
  return make_copula(std::move(data), *kind.table);
}

}  // namespace

std::unique_ptr<Generator> make_generator(const NoiseKind& kind,
                                          std::shared_ptr<const Dataset> data,
                                          const std::vector<std::size_t>& tokens) {
  NoiseKind named = kind;
  named.name = generator_name(kind, tokens);
  if (auto generator = make_tokens(named, data, tokens)) return generator;
  if (named.name == "unigram" || named.name == "ngram")
    throw Error(ErrorCode::kUsage, "--noise " + named.name,
                "makes text, but " + data->where + " holds no tokens that a model embeds");
  if (named.name == "copula") return make_copula_like(kind, std::move(data), tokens);
  if (named.name == "patches" && kind.photographs)
    return make_patches(std::move(data), kind.photographs);
  for (const Row& row : kGenerators)
    if (named.name == row.name) return row.make(std::move(data));
  unknown_generator(named.name);
}

std::shared_ptr<const RowSource> generated_rows(std::shared_ptr<const Dataset> data,
                                                std::shared_ptr<const Generator> generator,
                                                const Secret& seed, std::string name,
                                                std::uint64_t rows,
                                                std::shared_ptr<const Dataset> targets) {
  return std::make_shared<GeneratedRows>(std::move(data), std::move(generator), seed,
                                         std::move(name), rows, std::move(targets));
}

}  // namespace amalgam
