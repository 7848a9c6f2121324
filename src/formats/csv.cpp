#include "formats/csv.h"

#include <csv.h>
#include <fmt/format.h>

#include <algorithm>

#include "amalgam/error.h"

namespace amalgam {
namespace {

constexpr std::size_t kMostRowBytes = std::size_t{1} << 20;
constexpr std::size_t kPiece = std::size_t{1} << 16;  // bytes between two looks at a row's length

// Exceptions must not pass through the C library: what is wrong is kept, and thrown between pieces.
class Parser {
 public:
  explicit Parser(const std::string& where) : where_(where) {
    if (csv_init(&parser_, 0) != 0) throw std::bad_alloc();
  }
  ~Parser() { csv_free(&parser_); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  std::vector<CsvRow> parse(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); at += kPiece) {
      const std::string_view piece = text.substr(at, kPiece);
      if (csv_parse(&parser_, piece.data(), piece.size(), cell, row, this) != piece.size()) fail();
      open_bytes_ += piece.size();
      if (open_bytes_ > kMostRowBytes + kPiece) refuse_length();
      raise();
    }
    // Quotes inside a cell are taken as they come, but the last cell must be whole.
    csv_set_opts(&parser_, CSV_STRICT | CSV_STRICT_FINI);
    if (csv_fini(&parser_, cell, row, this) != 0) fail();
    raise();
    return std::move(rows_);
  }

 private:
  static void cell(void* data, std::size_t size, void* self) {
    auto& parser = *static_cast<Parser*>(self);
    parser.row_bytes_ += size;
    parser.cells_.emplace_back(static_cast<const char*>(data), data ? size : 0);
    parser.open_bytes_ = 0;
  }

  static void row(int, void* self) { static_cast<Parser*>(self)->end_row(); }

  void end_row() {
    if (row_bytes_ > kMostRowBytes) refuse_length();
    if (!rows_.empty() && cells_.size() != rows_.front().size() && wrong_.empty())
      wrong_ = fmt::format("row {} has {} columns, but the first row has {}", rows_.size() + 1,
                           cells_.size(), rows_.front().size());
    row_bytes_ = open_bytes_ = 0;
    rows_.push_back(std::move(cells_));
    cells_.clear();
  }

  void refuse_length() {
    if (wrong_.empty())
      wrong_ =
          fmt::format("row {} is longer than a megabyte; is a quote left open?", rows_.size() + 1);
  }

  void raise() const {
    if (!wrong_.empty()) throw Error(ErrorCode::kDamaged, where_, wrong_);
  }
  [[noreturn]] void fail() {
    throw Error(ErrorCode::kDamaged, where_,
                fmt::format("row {}: {}", rows_.size() + 1,
                            csv_error(&parser_) == CSV_EPARSE ? "a quote is never closed"
                                                              : csv_strerror(csv_error(&parser_))));
  }

  const std::string& where_;
  csv_parser parser_;
  std::vector<CsvRow> rows_;
  CsvRow cells_;
  std::size_t row_bytes_ = 0, open_bytes_ = 0;
  std::string wrong_;
};

}  // namespace

std::vector<CsvRow> parse_csv(std::string_view text, const std::string& where) {
  return Parser(where).parse(text);
}

}  // namespace amalgam
