#include "audit/public_tokens.h"

#include <algorithm>
#include <cmath>

#include "audit/attacks/tokens.h"
#include "base/bytes.h"
#include "base/file.h"
#include "formats/csv.h"
#include "formats/text_files.h"
#include "formats/text_table.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kRanked = 2000;       // tokens whose frequencies are compared
constexpr std::ptrdiff_t kLeastSpaces = 2;  // of a cell that is text

std::vector<std::string> texts_of(const std::string& data) {
  const auto file = MappedFile::open(data);
  const std::string_view content = as_text(file->bytes());
  if (is_plain_text_path(data)) return line_table(content, data).texts;
  std::vector<std::string> texts;
  for (const CsvRow& row : parse_csv(content, data).rows) {
    std::string text;
    for (const std::string& cell : row)
      if (std::count(cell.begin(), cell.end(), ' ') >= kLeastSpaces)
        text += (text.empty() ? "" : " ") + cell;
    if (!text.empty()) texts.push_back(std::move(text));
  }
  return texts;
}

std::shared_ptr<const Tokenizer> tokenizer_beside(const std::string& data, const fs::path& key_path,
                                                  const Key& key, const TextLibrary* library) {
  std::string sought;
  for (const KeyWanted& wanted : key.wanted) {
    const fs::path path = key_path.string() + "." + wanted.name + ".tokenizer";
    if (library && fs::exists(path)) return library->load(path.string());
    sought += (sought.empty() ? "" : ", ") + path.string();
  }
  throw Error(
      ErrorCode::kUnsupported, data,
      library ? "is text, and the tokenizer that cut the job's is not at " + sought +
                    "; put it there (of a SentencePiece file that [text] tokenizer named, a copy), "
                    "or give arrays of tokens (.npz with x, y)"
              : "is text, which this build does not read; give arrays of tokens");
}

// How common the commonest tokens are, as logarithms.
std::vector<double> logarithms(const TokenCounts& counts, const std::vector<std::uint64_t>& order) {
  double total = 0;
  for (const auto& [token, count] : counts) total += count;
  std::vector<double> logs;
  for (const std::uint64_t token : order) logs.push_back(std::log(counts.at(token) / total));
  return logs;
}

// Which place of `a` goes with which of `b`: both fall, and either may have one that the other
// lacks, which must not shift all that follow. The cheapest such alignment.
std::vector<std::pair<std::size_t, std::size_t>> aligned(const std::vector<double>& a,
                                                         const std::vector<double>& b) {
  constexpr double kSkip = 0.3;
  const std::size_t width = b.size() + 1;
  std::vector<double> cost((a.size() + 1) * width);
  const auto at = [&](std::size_t i, std::size_t j) -> double& { return cost[i * width + j]; };
  const auto pair = [&](std::size_t i, std::size_t j) {
    return at(i - 1, j - 1) + std::abs(a[i - 1] - b[j - 1]);
  };
  for (std::size_t i = 1; i <= a.size(); ++i) at(i, 0) = kSkip * static_cast<double>(i);
  for (std::size_t j = 1; j <= b.size(); ++j) at(0, j) = kSkip * static_cast<double>(j);
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j)
      at(i, j) = std::min({pair(i, j), at(i - 1, j) + kSkip, at(i, j - 1) + kSkip});
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t i = a.size(), j = b.size(); i > 0 && j > 0;) {
    if (at(i, j) == pair(i, j))
      pairs.emplace_back(--i, --j);
    else if (at(i, j) == at(i - 1, j) + kSkip)
      --i;
    else
      --j;
  }
  return pairs;
}

}  // namespace

PublicTokens public_tokens(const std::string& data, const fs::path& key_path, const Key& key,
                           const TextLibrary* library) {
  const auto tokenizer = tokenizer_beside(data, key_path, key, library);
  PublicTokens out{data, {}};
  for (const std::string& text : texts_of(data)) {
    const std::vector<std::int32_t> tokens = tokenizer->encode(text);
    out.texts.emplace_back(tokens.begin(), tokens.end());
  }
  return out;
}

PublicTokens public_tokens(const Dataset& data) {
  const StreamSample sample = sample_dataset(data, first_rows(data.rows()));
  PublicTokens out{data.where, {}};
  for (std::uint64_t r = 0; r < sample.rows; ++r) out.texts.push_back(row_tokens(sample, r));
  return out;
}

double numbering_undone(const StreamSample& stream, const PublicTokens& text,
                        const std::vector<std::uint32_t>& numbers) {
  TokenCounts theirs, ours;
  for (const auto& row : text.texts)
    for (const std::uint64_t token : row) theirs[token] += 1;
  double total = 0, right = 0;
  for (std::uint64_t r = 0; r < stream.rows; ++r)
    for (const std::uint64_t token : row_tokens(stream, r)) ours[token] += 1, total += 1;
  std::vector<std::uint64_t> known = by_frequency(theirs), seen = by_frequency(ours);
  known.resize(std::min(known.size(), kRanked));
  seen.resize(std::min(seen.size(), kRanked));
  for (const auto& [i, j] : aligned(logarithms(theirs, known), logarithms(ours, seen)))
    if (known[i] < numbers.size() && numbers[known[i]] == seen[j]) right += ours.at(seen[j]);
  return total > 0 ? right / total : 0;
}

}  // namespace amalgam
