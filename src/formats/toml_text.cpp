#include "formats/toml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "amalgam/error.h"
#include "base/file.h"
#include "formats/utf8.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

// Follows just as much of TOML's grammar as tells how deep a text nests: strings and comments are
// skipped; what is wrong otherwise is the parser's to find.
class DepthCheck {
 public:
  explicit DepthCheck(std::string_view text) : text_(text) {}

  // The line of the first place that is too deep; 0 where there is none.
  std::size_t line_too_deep() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'')
        skip_string(c);
      else if (c == '#')
        skip_to_end_of_line();
      else
        read(c);
      if (open_ > kMaxTomlDepth || dots_ >= kMaxTomlDepth) return line_;
    }
    return 0;
  }

 private:
  void read(char c) {
    ++at_;
    if (c == '\n') ++line_;
    if (c == '[' || c == '{') ++open_;
    if ((c == ']' || c == '}') && open_ > 0) --open_;
    if (c == '.') ++dots_;
    if (std::string_view("=,[]{}\n").find(c) != std::string_view::npos) dots_ = 0;
  }

  void skip_to_end_of_line() { at_ = std::min(text_.find('\n', at_), text_.size()); }

  void skip_string(char quote) {
    const std::string three(3, quote);
    const bool many_lines = text_.substr(at_).starts_with(three);
    const std::string_view end = std::string_view(three).substr(0, many_lines ? 3 : 1);
    for (at_ += end.size(); at_ < text_.size(); ++at_) {
      if (text_.substr(at_).starts_with(end)) {
        at_ += end.size();
        // Up to two quotes before the last three belong to the text.
        for (int i = 0; many_lines && i < 2 && at_ < text_.size() && text_[at_] == quote; ++i)
          ++at_;
        return;
      }
      if (text_[at_] == '\n') {
        if (!many_lines) return;  // the string has no end, which the parser will say
        ++line_;
      }
      if (text_[at_] == '\\' && quote == '"' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n')
        ++at_;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0, line_ = 1, open_ = 0, dots_ = 0;
};

std::string_view read_text(const MappedFile& file) {
  const Bytes bytes = file.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[noreturn]] void invalid(const std::string& where, std::string what) {
  throw Error(ErrorCode::kInvalid, where, std::move(what));
}

std::size_t line_of(std::string_view text, std::size_t at) {
  return 1 + static_cast<std::size_t>(std::count(text.begin(), text.begin() + at, '\n'));
}

void check_text(std::string_view text, const std::string& file) {
  if (text.size() > kMaxTomlBytes)
    invalid(file, fmt::format("has {} bytes; a recipe has at most {}", text.size(), kMaxTomlBytes));
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
    invalid(file, "is UTF-16 text; save it as UTF-8");
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos)
    invalid(fmt::format("{}:{}", file, line_of(text, zero)),
            "holds a zero byte, so it is no text in UTF-8; save it as UTF-8");
  if (const auto bad = find_invalid_utf8(text))
    invalid(fmt::format("{}:{}", file, line_of(text, *bad)),
            "is not UTF-8 text; save it in that encoding");
  if (const std::size_t line = DepthCheck(text).line_too_deep())
    invalid(fmt::format("{}:{}", file, line),
            fmt::format("nests more than {} deep; a recipe has tables in tables, no deeper",
                        kMaxTomlDepth));
}

// What the parser says is about its grammar; this is about what other languages write.
std::string hint(std::string_view description) {
  static constexpr std::pair<std::string_view, std::string_view> kHints[] = {
      {"saw ':'", "; TOML writes name = value"},
      {"expected 'true'", "; TOML writes true and false in small letters"},
      {"expected 'false'", "; TOML writes true and false in small letters"},
      {"expected 'nan'", "; leave out what has no value"},
      {"could not determine value type", "; strings stand in quotes"},
      {"saw ','", "; numbers have a decimal point"},
      {".data' as table", "; in a table data = \"FILE\" is path = \"FILE\""}};
  for (const auto& [said, cure] : kHints)
    if (description.find(said) != std::string_view::npos) return std::string(cure);
  return "";
}

}  // namespace

toml::table read_toml(const fs::path& path) {
  const std::string file = path.string();
  if (fs::is_directory(path))
    throw Error(ErrorCode::kIo, file, "is a folder; expected a file, as in recipe.toml");
  if (!fs::exists(path))
    throw Error(ErrorCode::kIo, file, "cannot be opened: there is no such file");
  if (!fs::is_regular_file(path))
    throw Error(ErrorCode::kIo, file, "is no regular file; save the recipe as one");
  const auto mapped = MappedFile::open(path);
  const std::string_view text = read_text(*mapped);
  check_text(text, file);
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    invalid(fmt::format("{}:{}", file, error.source().begin.line),
            fmt::format("is not valid TOML: {}{}", clipped(error.description(), 200),
                        hint(error.description())));
  }
}

}  // namespace amalgam
