#include "formats/csv.h"

#include <csv.h>
#include <fmt/format.h>

#include <utility>

#include "amalgam/error.h"
#include "base/counted.h"
#include "base/interrupt.h"
#include "base/limits.h"
#include "formats/row_numbers.h"

namespace amalgam {
namespace {

constexpr std::size_t kMostRowBytes = kTextRowBytes.most;
constexpr std::size_t kPiece = std::size_t{1} << 16;  // bytes between two looks at a row's length

// How many lines end in a text, by \n, \r\n or \r.
std::uint64_t lines_in(std::string_view text) {
  std::uint64_t lines = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '\n' || (text[i] == '\r' && !text.substr(i + 1).starts_with('\n'))) ++lines;
  return lines;
}

// Exceptions must not pass through the C library: what is wrong is kept, and thrown between pieces.
class Parser {
 public:
  explicit Parser(const std::string& where) : where_(where) {
    // Every line break is told, so that rows can be counted as an editor does.
    if (csv_init(&parser_, CSV_REPALL_NL) != 0) throw std::bad_alloc();
  }
  ~Parser() { csv_free(&parser_); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  Csv parse(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); at += kPiece) {
      check_interrupted();
      const std::string_view piece = text.substr(at, kPiece);
      if (csv_parse(&parser_, piece.data(), piece.size(), cell, row, this) != piece.size()) fail();
      open_bytes_ += piece.size();
      if (open_bytes_ > kMostRowBytes + kPiece) refuse_length();
      raise();
    }
    // Quotes inside a cell are taken as they come, but the last cell must be whole.
    csv_set_opts(&parser_, CSV_REPALL_NL | CSV_STRICT | CSV_STRICT_FINI);
    if (csv_fini(&parser_, cell, row, this) != 0) fail();
    raise();
    return std::move(csv_);
  }

 private:
  static void cell(void* data, std::size_t size, void* self) {
    auto& parser = *static_cast<Parser*>(self);
    parser.row_bytes_ += size;
    parser.cells_.emplace_back(static_cast<const char*>(data), data ? size : 0);
    parser.inner_lines_ += lines_in(parser.cells_.back());
    parser.open_bytes_ = 0;
  }

  static void row(int by, void* self) { static_cast<Parser*>(self)->end_row(by); }

  // `by` the character that ended it, or -1 at the end of the file.
  void end_row(int by) {
    const bool second_of_pair = cells_.empty() && by == '\n' && ended_by_ == '\r';
    ended_by_ = by;
    if (second_of_pair || (cells_.empty() && by < 0)) return;
    const RowPlace place = next_;
    if (row_bytes_ > kMostRowBytes) refuse_length();
    ++next_.row;
    next_.line += 1 + std::exchange(inner_lines_, 0);
    if (cells_.empty()) return;
    std::vector<CsvRow>& rows = csv_.rows;
    if (!rows.empty() && cells_.size() != rows.front().size() && wrong_.empty())
      wrong_ = fmt::format("{} has {}, but the first row has {}", to_string(place),
                           counted(cells_.size(), "column"), rows.front().size());
    row_bytes_ = open_bytes_ = 0;
    rows.push_back(std::move(cells_));
    csv_.places.push_back(place);
    cells_.clear();
  }

  void refuse_length() {
    if (wrong_.empty())
      wrong_ = fmt::format("{} is longer than a megabyte; is a quote left open?", to_string(next_));
  }

  void raise() const {
    if (!wrong_.empty()) throw Error(ErrorCode::kDamaged, where_, wrong_ + kFromOne);
  }
  [[noreturn]] void fail() {
    throw Error(ErrorCode::kDamaged, where_,
                fmt::format("{}: {}{}", to_string(next_),
                            csv_error(&parser_) == CSV_EPARSE ? "a quote is never closed"
                                                              : csv_strerror(csv_error(&parser_)),
                            kFromOne));
  }

  const std::string& where_;
  csv_parser parser_{};
  Csv csv_;
  CsvRow cells_;
  RowPlace next_{1, 1};            // of the row that has not ended
  std::uint64_t inner_lines_ = 0;  // ends of lines in its cells
  int ended_by_ = 0;
  std::size_t row_bytes_ = 0, open_bytes_ = 0;
  std::string wrong_;
};

}  // namespace

std::string to_string(const RowPlace& place) {
  return place.row == place.line ? fmt::format("row {}", place.row)
                                 : fmt::format("row {} (line {})", place.row, place.line);
}

Csv parse_csv(std::string_view text, const std::string& where) { return Parser(where).parse(text); }

}  // namespace amalgam
