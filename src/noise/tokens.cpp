#include <algorithm>

#include "amalgam/error.h"
#include "noise/classes.h"
#include "noise/generator.h"
#include "noise/grid.h"
#include "noise/texts.h"
#include "noise/token_models.h"

namespace amalgam {
namespace {

// A text that is as long as another row's, and has its mask; numbers beside it are drawn as ever.
class TokenGenerator : public Generator {
 public:
  TokenGenerator(std::shared_ptr<const Dataset> data, const std::vector<std::size_t>& fields,
                 RowClasses classes, std::vector<std::unique_ptr<TokenModel>> models)
      : data_(std::move(data)),
        classes_(std::move(classes)),
        models_(std::move(models)),
        others_(make_resample(data_)) {
    for (std::size_t field : fields) texts_.emplace_back(data_, field);
    place_.assign(data_->features().size(), kNotText);
    for (std::size_t i = 0; i < fields.size(); ++i) place_[fields[i]] = i;
    for (const Field& field : data_->features())
      beside_.push_back(field.tensor.dtype != DType::kFloat32 &&
                        field.width() == texts_.front().width());
  }

  void draw(std::size_t field, std::uint64_t like, RandomStream& random,
            MutableBytes out) const override {
    if (place_[field] == kNotText && !beside_[field])
      return others_->draw(field, like, random, out);
    const Bytes row = data_->fields[field].tensor.source->view().subspan(like * out.size());
    std::copy_n(row.begin(), out.size(), out.begin());
    if (place_[field] != kNotText) write_text(field, like, random, out);
  }

 private:
  static constexpr std::size_t kNotText = SIZE_MAX;

  void write_text(std::size_t field, std::uint64_t like, RandomStream& random,
                  MutableBytes out) const {
    const Texts& texts = texts_[place_[field]];
    const Span span = texts.span(like);
    TokenText text(span.last - span.first);
    models_[place_[field]]->draw(classes_.group_of[like], random, text);
    for (std::uint64_t i = 0; i < text.size(); ++i)
      if (texts.seen(like, span.first + i))
        store_number(data_->fields[field].tensor.dtype, out, span.first + i,
                     static_cast<double>(text[i]));
  }

  std::shared_ptr<const Dataset> data_;
  RowClasses classes_;
  std::vector<Texts> texts_;
  std::vector<std::unique_ptr<TokenModel>> models_;  // of each of these
  std::vector<std::size_t> place_;                   // by field: which text
  std::vector<bool> beside_;                         // by field: one number for each token
  std::unique_ptr<Generator> others_;
};

// Rows of no text at all leave a class without tokens to draw; it then takes those of all.
void fill_empty_classes(TextsByClass& texts, const std::string& where) {
  std::vector<TokenText> all;
  auto count = [](const std::vector<TokenText>& group) {
    std::size_t tokens = 0;
    for (const TokenText& text : group) tokens += text.size();
    return tokens;
  };
  for (const auto& group : texts) all.insert(all.end(), group.begin(), group.end());
  if (count(all) == 0)
    throw Error(ErrorCode::kInvalid, where, "has no tokens beside padding to generate text from");
  for (auto& group : texts)
    if (count(group) == 0) group = all;
}

TextsByClass texts_by_class(const std::shared_ptr<const Dataset>& data, std::size_t field,
                            const RowClasses& classes) {
  const Texts source(data, field);
  TextsByClass texts(classes.groups.size());
  for (std::size_t c = 0; c < texts.size(); ++c)
    for (std::uint64_t row : classes.groups[c]) texts[c].push_back(source.text(row));
  fill_empty_classes(texts, data->where);
  return texts;
}

// A public text has no classes of ours: each gets a piece of it, because neighbours are alike.
TextsByClass texts_in_pieces(const std::shared_ptr<const Dataset>& data, std::size_t classes) {
  const Texts source(data, 0);
  TextsByClass texts(classes);
  for (std::uint64_t row = 0; row < source.rows(); ++row)
    texts[row * classes / source.rows()].push_back(source.text(row));
  fill_empty_classes(texts, data->where);
  return texts;
}

using MakeModel = std::unique_ptr<TokenModel> (*)(const TextsByClass&);

MakeModel find_model(const std::string& name) {
  if (name == "uniform") return uniform_tokens;
  if (name == "unigram") return unigram_tokens;
  return name == "ngram" ? trigram_tokens : nullptr;
}

}  // namespace

std::unique_ptr<Generator> make_tokens(const NoiseKind& kind, std::shared_ptr<const Dataset> data,
                                       const std::vector<std::size_t>& fields) {
  const MakeModel make = fields.empty() ? nullptr : find_model(kind.name);
  if (!make) return nullptr;
  RowClasses classes = rows_by_class(*data);
  std::vector<std::unique_ptr<TokenModel>> models;
  for (std::size_t field : fields)
    models.push_back(make(kind.text ? texts_in_pieces(kind.text, classes.groups.size())
                                    : texts_by_class(data, field, classes)));
  return std::make_unique<TokenGenerator>(std::move(data), fields, std::move(classes),
                                          std::move(models));
}

}  // namespace amalgam
