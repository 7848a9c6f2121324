#include "formats/text_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>

#include "amalgam/error.h"
#include "base/bytes.h"
#include "base/counted.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "formats/categories.h"
#include "formats/look_alikes.h"
#include "formats/row_numbers.h"
#include "formats/text_table.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

using Tokens = std::vector<std::int32_t>;
constexpr std::size_t kTextsABlock = 256;

[[noreturn]] void invalid(const std::string& where, std::string what) {
  throw Error(ErrorCode::kInvalid, where, std::move(what));
}

std::shared_ptr<const Tokenizer> tokenizer_for(const TextTable& table, const TextReading& reading,
                                               const std::string& where) {
  const std::string& wish = reading.settings.tokenizer;
  if (!wish.starts_with("train:")) return reading.library->load(wish);
  const std::size_t kind = wish.find(':') + 1, size = wish.rfind(':') + 1;
  std::uint64_t tokens = 0;
  std::from_chars(wish.data() + size, wish.data() + wish.size(), tokens);
  return reading.library->train(table.texts, wish.substr(kind, size - 1 - kind), tokens, where);
}

std::vector<Tokens> encode_all(const TextTable& table, const Tokenizer& tokenizer,
                               Progress* progress) {
  std::vector<Tokens> tokens(table.texts.size());
  std::uint64_t total = 0;
  for (const std::string& text : table.texts) total += text.size();
  if (progress) progress->begin("cutting text into tokens", total);
  // In turns, because only one thread may report progress.
  for (std::size_t first = 0; first < tokens.size();) {
    check_interrupted();
    const std::size_t last = std::min(tokens.size(), first + 64 * kTextsABlock);
    parallel_blocks(0, (last - first + kTextsABlock - 1) / kTextsABlock, [&](std::uint64_t block) {
      const std::size_t begin = first + block * kTextsABlock;
      for (std::size_t i = begin; i < std::min(last, begin + kTextsABlock); ++i)
        tokens[i] = tokenizer.encode(table.texts[i]);
    });
    std::uint64_t done = 0;
    for (; first < last; ++first) done += table.texts[first].size();
    if (progress) progress->advance(done);
  }
  if (progress) progress->end();
  return tokens;
}

Field int32_field(std::string name, const std::vector<std::int32_t>& values, std::uint64_t width) {
  const Bytes bytes = std::as_bytes(std::span(values));
  return {std::move(name),
          {DType::kInt32,
           {values.size() / width, width},
           memory_source(std::vector<std::byte>(bytes.begin(), bytes.end()))}};
}

// Those that the model takes.
void add_fields(const Tokens& tokens, const Tokens& mask, const TextReading& reading,
                Dataset& data) {
  const std::uint64_t length = reading.settings.length;
  data.add(int32_field(reading.tokens, tokens, length));
  if (reading.mask) data.add(int32_field("attention_mask", mask, length));
  if (reading.token_types)
    data.add(int32_field("token_type_ids", Tokens(tokens.size(), 0), length));
}

// Texts one after another, each with its end, cut into samples; a rest is left out.
Tokens joined(const std::vector<Tokens>& texts, const Tokenizer& tokenizer) {
  Tokens all;
  for (const Tokens& text : texts) {
    all.insert(all.end(), text.begin(), text.end());
    if (const auto end = tokenizer.end()) all.push_back(*end);
  }
  return all;
}

void add_blocks(const std::vector<Tokens>& texts, const TextReading& reading, Dataset& data) {
  const std::uint64_t length = reading.settings.length;
  Tokens all = joined(texts, *data.tokenizer);
  const std::size_t rest = all.size() % length;
  if (all.size() < length)
    invalid(data.where, fmt::format("has {}, less than one sample of {} ([text] length)",
                                    counted(all.size(), "token"), length));
  if (rest > 0)
    data.notes.push_back(fmt::format("{} at the end of {} {} no sample and {} left out.",
                                     counted(rest, "token"), data.where,
                                     by_count(rest, "fills", "fill"), by_count(rest, "is", "are")));
  all.resize(all.size() - rest);
  add_fields(all, Tokens(all.size(), 1), reading, data);
}

void add_samples(const std::vector<Tokens>& texts, const TextTable& table,
                 const TextReading& reading, Dataset& data) {
  const std::uint64_t length = reading.settings.length;
  Tokens tokens(texts.size() * length, data.tokenizer->padding()), mask(tokens.size(), 0);
  std::size_t cut = 0;
  for (std::size_t row = 0; row < texts.size(); ++row) {
    if (texts[row].empty())
      invalid(data.where, fmt::format("{} has no text that the tokenizer knows{}",
                                      to_string(table.places[row]), kFromOne));
    const auto used = std::min<std::uint64_t>(length, texts[row].size());
    cut += texts[row].size() > length ? 1 : 0;
    std::copy_n(texts[row].begin(), used,
                tokens.begin() + static_cast<std::ptrdiff_t>(row * length));
    std::fill_n(mask.begin() + static_cast<std::ptrdiff_t>(row * length), used, 1);
  }
  if (cut > 0)
    data.notes.push_back(
        fmt::format("{} of the {} of {} {} longer than {} ([text] length) and {} cut.", cut,
                    counted(texts.size(), "text"), data.where, by_count(cut, "is", "are"),
                    counted(length, "token"), by_count(cut, "was", "were")));
  add_fields(tokens, mask, reading, data);
}

void add_classes(const TextTable& table, const Dataset* like, Dataset& data) {
  data.classes = like ? like->classes : categories_of(table.labels);
  if (const auto wrong = like ? std::nullopt : find_look_alikes(data.classes))
    invalid(data.where, "has " + *wrong);
  std::map<std::string, std::int64_t> numbers;
  for (const std::string& name : data.classes)
    numbers.emplace(name, static_cast<std::int64_t>(numbers.size()));
  std::vector<std::byte> bytes;
  for (std::size_t row = 0; row < table.labels.size(); ++row) {
    const auto found = numbers.find(table.labels[row]);
    if (found == numbers.end())
      invalid(data.where,
              fmt::format("{} has the label '{}', which the training data lacks (it has '{}'){}",
                          to_string(table.places[row]), table.labels[row],
                          fmt::join(data.classes, "', '"), kFromOne));
    append_le(bytes, found->second);
  }
  data.add({"y",
            {DType::kInt64, {table.labels.size()}, memory_source(std::move(bytes))},
            Role::kTarget});
}

void add_numbers(const TextTable& table, Dataset& data) {
  std::vector<std::byte> bytes;
  for (std::size_t row = 0; row < table.labels.size(); ++row) {
    const std::string& text = table.labels[row];
    float number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number))
      invalid(data.where, fmt::format("{} has the label '{}', which is no finite number{}",
                                      to_string(table.places[row]), text, kFromOne));
    append_le(bytes, number);
  }
  data.add({"y",
            {DType::kFloat32, {table.labels.size()}, memory_source(std::move(bytes))},
            Role::kTarget});
}

std::string ending_of(const fs::path& path) {
  std::string ending = path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending;
}

}  // namespace

std::string arrays_of_table(const fs::path& path) {
  return fmt::format(
      "save arrays: t = pandas.read_csv('{}'); numpy.savez('d.npz', x=t.iloc[:, "
      ":-1].to_numpy('float32'), y=t.iloc[:, -1].to_numpy())",
      path.string());
}

namespace {

// What is asked for before a text is read.
void check_reading(const fs::path& path, const DatasetOptions& options) {
  const TextReading& reading = options.text;
  const std::string where = path.string();
  const bool plain = is_plain_text_path(path);
  const std::string arrays = arrays_of_table(path);
  if (reading.real_inputs)
    invalid(where, plain
                       ? "is text, but the model takes real numbers"
                       : "is a table, and the model takes real numbers: [table] in the recipe says "
                         "how its columns become numbers, and [data] targets which of them are "
                         "targets; or " +
                             arrays);
  if (!reading.library)
    throw Error(ErrorCode::kUnsupported, where,
                "is text, and this build has no tokenizers (SentencePiece)");
  if (reading.settings.tokenizer.empty())
    invalid(where,
            "is text: [text] in the recipe says how it is cut into tokens "
            "(tokenizer = \"train:unigram:8000\", length = 64)" +
                (plain ? std::string()
                       : "; if it is a table of numbers, [table] in the recipe says how they are "
                         "read, or " +
                             arrays));
  // Before anything of that length is made.
  if (reading.taken_length && *reading.taken_length != reading.settings.length)
    invalid(where, fmt::format("[text] length is {}, but the model takes {} a sample",
                               reading.settings.length, counted(*reading.taken_length, "token")));
  if (options.like && !options.like->tokenizer)
    invalid(where, "is text, but the training data is not");
}

TextTable read_table(const fs::path& path, const TextReading& reading) {
  const auto file = MappedFile::open(path);
  const bool labels = reading.labels != TextReading::Labels::kNone;
  if (!is_plain_text_path(path))
    return csv_table(as_text(file->bytes()), reading.settings, labels, path.string());
  if (labels)
    invalid(path.string(),
            "is plain text without labels, which the loss needs: use a CSV file "
            "with a label column, or the loss 'next_token'");
  return line_table(as_text(file->bytes()), path.string());
}

}  // namespace

bool is_plain_text_path(const fs::path& path) { return ending_of(path) == ".txt"; }

bool is_text_path(const fs::path& path) {
  return ending_of(path) == ".csv" || is_plain_text_path(path);
}

Dataset read_text(const fs::path& path, const DatasetOptions& options) {
  const TextReading& reading = options.text;
  const std::string where = path.string();
  check_reading(path, options);
  const TextTable table = read_table(path, reading);
  Dataset data;
  data.where = where;
  if (const TextSettings& text = reading.settings;
      is_plain_text_path(path) && !options.like &&
      (text.label_column || text.header || !text.text_columns.empty()))
    data.notes.push_back(where +
                         " is plain text, which has no columns: text_column, label_column and "
                         "header of [text] are not for it.");
  if (table.skipped_header)
    data.notes.push_back("The first row of " + where +
                         " looks like the columns' names and is left out ([text] header says "
                         "otherwise).");
  check_interrupted();
  data.tokenizer = options.like ? options.like->tokenizer : tokenizer_for(table, reading, where);
  data.trained_tokenizer = !options.like && reading.settings.tokenizer.starts_with("train:");
  const std::vector<Tokens> texts = encode_all(table, *data.tokenizer, options.progress);
  const bool labels = reading.labels != TextReading::Labels::kNone;
  if (!labels && (!reading.mask || is_plain_text_path(path)))
    add_blocks(texts, reading, data);
  else
    add_samples(texts, table, reading, data);
  if (reading.labels == TextReading::Labels::kClasses) add_classes(table, options.like, data);
  if (reading.labels == TextReading::Labels::kNumbers) add_numbers(table, data);
  return data;
}

}  // namespace amalgam
