#include "audit/surrogates.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "audit/main_feature.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/hash.h"
#include "formats/csv.h"
#include "formats/text_files.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kTextLength = 32;
// Rarer words are one token, as in a tokenizer of this size.
constexpr std::size_t kVocabulary = 2000;

Field field(std::string name, DType dtype, Shape shape, std::vector<std::byte> bytes) {
  return {std::move(name), {dtype, std::move(shape), memory_source(std::move(bytes))}};
}

Dataset digits() {
  std::vector<std::byte> pixels, labels;
  std::string_view text = surrogate_digits();
  std::uint64_t rows = 0;
  for (std::size_t at = 0; at + 65 <= text.size(); at += 66, ++rows) {
    append_le<std::int64_t>(labels, text[at] - '0');
    for (std::size_t i = 1; i <= 64; ++i)
      pixels.push_back(static_cast<std::byte>(text[at + i] - 'A'));
  }
  return make_dataset("built-in digits",
                      {field("x", DType::kUInt8, {rows, 1, 8, 8}, std::move(pixels)),
                       field("y", DType::kInt64, {rows}, std::move(labels))});
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (std::isalpha(static_cast<unsigned char>(c)))
      words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (!words.back().empty())
      words.emplace_back();
  }
  return words;
}

Dataset words() {
  const std::vector<std::string> all = words_of(surrogate_text());
  std::map<std::string, std::int32_t> numbers;
  std::vector<std::byte> tokens, labels;
  const std::uint64_t rows = all.size() / kTextLength;
  for (std::uint64_t i = 0; i < rows * kTextLength; ++i) {
    const auto size = static_cast<std::int32_t>(numbers.size());
    const auto known = numbers.find(all[i]);
    if (known == numbers.end() && numbers.size() < kVocabulary) numbers.emplace(all[i], size + 1);
    const auto found = numbers.find(all[i]);
    append_le<std::int32_t>(tokens, found == numbers.end() ? 0 : found->second);
  }
  for (std::uint64_t r = 0; r < rows; ++r) append_le<std::int64_t>(labels, r < rows / 2 ? 0 : 1);
  return make_dataset("built-in text",
                      {field("x", DType::kInt32, {rows, kTextLength}, std::move(tokens)),
                       field("y", DType::kInt64, {rows}, std::move(labels))});
}

// Of a tokenizer that cuts other text as the job's was cut.
std::size_t vocabulary_like(const StreamSample& sample) {
  const auto looked_at = std::min(sample.values.size(), kLikeRows * sample.width);
  const std::set<float> tokens(sample.values.begin(),
                               sample.values.begin() + static_cast<std::ptrdiff_t>(looked_at));
  return std::clamp<std::size_t>(tokens.size(), 300, 8000);
}

// Whether a CSV file's first cells are few enough to be classes.
bool first_column_is_a_label(const std::string& data) {
  constexpr std::size_t kMostClasses = 50;
  if (!is_text_path(data) || is_plain_text_path(data)) return false;
  const auto file = MappedFile::open(data);
  const std::vector<CsvRow> rows = parse_csv(as_text(file->bytes()), data).rows;
  std::set<std::string> cells;
  for (const CsvRow& row : rows)
    if (row.size() > 1) cells.insert(row[0]);
  return !cells.empty() && cells.size() <= kMostClasses && 4 * cells.size() < rows.size();
}

}  // namespace

std::shared_ptr<const Dataset> built_in_surrogate(SampleKind kind) {
  return std::make_shared<const Dataset>(kind == SampleKind::kText ? words() : digits());
}

std::string built_in_digest(SampleKind kind) {
  const std::string_view file = kind == SampleKind::kText ? surrogate_text() : surrogate_digits();
  return to_hex(Blake2b().update(file).finish());
}

bool is_text_file(const std::string& data) { return is_text_path(data); }

void check_text_fits(const std::string& data, std::span<const StreamSample> samples) {
  const auto is_text = [](const StreamSample& sample) { return sample.kind == SampleKind::kText; };
  if (std::ranges::any_of(samples, is_text)) return;
  throw Error(ErrorCode::kInvalid, data,
              fmt::format("is text, but the job's samples are {}; {}", described(samples.front()),
                          is_plain_text_path(data) ? "give samples of that kind"
                                                   : "of a table " + arrays_of_table(data)));
}

Dataset open_like(const std::string& data, const StreamSample& like,
                  const AuditLibraries& libraries) {
  DatasetOptions reading;
  reading.images = libraries.images;
  if (is_text_file(data)) {
    check_text_fits(data, {&like, 1});
    reading.text.library = libraries.text;
    reading.text.settings.tokenizer = fmt::format("train:unigram:{}", vocabulary_like(like));
    reading.text.settings.length = like.width;
    if (first_column_is_a_label(data)) reading.text.settings.label_column = std::uint64_t{0};
  }
  if (like.kind == SampleKind::kImage) {
    reading.channels = like.planes.channels == 1 ? 1 : 3;
    reading.size = ImageSize{like.planes.height, like.planes.width};
  }
  return open_dataset(data, reading);
}

Surrogates open_surrogates(const std::vector<std::string>& data, const StreamSample& like,
                           const AuditLibraries& libraries) {
  Surrogates sets;
  for (const std::string& name : data) {
    auto opened = std::make_shared<const Dataset>(open_like(name, like, libraries));
    const Field& field = opened->fields.front();
    const SampleKind kind = sample_kind(field.tensor.dtype, field.sample_shape());
    if (kind != like.kind)
      throw Error(ErrorCode::kInvalid, name,
                  fmt::format("holds samples of the kind {}, but the job's are of the kind {}",
                              sample_kind_name(kind), sample_kind_name(like.kind)));
    sets.push_back(std::move(opened));
  }
  if (sets.empty()) sets.push_back(built_in_surrogate(like.kind));
  return sets;
}

}  // namespace amalgam
