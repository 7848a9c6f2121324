// A text file, read as CSV or as lines. The first byte says how; its highest bit, that a "~" stands
// for more than a row may hold.
#include "base/limits.h"
#include "base/printable.h"
#include "formats/text_table.h"
#include "formats/utf8.h"
#include "target.h"

namespace amalgam::fuzz {
namespace {

enum Mode : unsigned { kLines = 1, kWithLabels = 2, kHeader = 4, kNoHeader = 8, kLong = 128 };

// Two bits above the flags say which columns.
TextSettings settings_of(unsigned mode) {
  TextSettings settings;
  switch (mode >> 4 & 7) {
    case 0:
      break;
    case 1:
      settings.label_column = "label";
      break;
    case 2:
      settings.label_column = "label";
      settings.text_columns = {"text", std::uint64_t{1}};
      break;
    case 3:
      settings.label_column = std::uint64_t{2};
      break;
    case 4:
      settings.text_columns = {std::uint64_t{0}};
      break;
    default:
      settings.label_column = std::uint64_t{0};
  }
  if ((mode & (kHeader | kNoHeader)) != 0) settings.header = (mode & kHeader) != 0;
  return settings;
}

std::string with_mode(unsigned flags, unsigned columns, const std::string& text) {
  return static_cast<char>(flags | columns << 4) + text;
}

constexpr unsigned kFirst = 5;  // columns: the labels are in the first

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> out = {
      with_mode(kWithLabels, kFirst,
                "label,text\n1,\"a \"\"quoted\"\" cell, with\nlines\"\n2,caf\xC3\xA9\n"),
      with_mode(kLines, 0, "one line\n\nanother \xE2\x82\xAC\r\n\xF0\x9F\x98\x80\n"),
      with_mode(kLines, 0, " \n"),
      with_mode(kWithLabels, 0, "1,a\n"),
      with_mode(kWithLabels, 3, "1,a\n2,b\n"),
      with_mode(0, kFirst, "1\n2\n")};
  for (const unsigned columns : {1u, 2u, 4u, kFirst})
    for (const unsigned flags :
         {0u, unsigned{kWithLabels}, kWithLabels | kHeader, kWithLabels | kNoHeader})
      for (const char* text :
           {"label,text\n3,one\n4,two\n", "text,label,labels\r\na,3,1\r\n\r\nb,4,2\r\n",
            "label,label,text\na,b,c\n", "what,1\n3,2\n4,5\n", "label\ttext\n1\ta\n2\tb\n",
            "label,text\n"})
        out.push_back(with_mode(flags, columns, text));
  for (const char* text :
       {"\xFF\xFE", "a;b\nc;d\n", "a|b\nc|d\n",
        "\xEF\xBB\xBF"
        "1,a\n2,b\n",
        "1,a\n2\n", "1,\"a\n", "1,\xFF\n2,\xC3\n", "\xFF,a\n", "1, \n", " ,a\n", "1,\xED\xA0\x80\n",
        "1,\xE0\x80\x80\n", "1,\xF4\x90\x80\x80\n", "1,a\xE2\x82\n", "\n\n", "1,a\x1b\x7f\x01\n"})
    for (const unsigned flags : {kWithLabels | kNoHeader, unsigned{kLines}})
      out.push_back(with_mode(flags, kFirst, text));
  for (const char* text : {"1,~\n", "1,\"~", "1,~"})
    for (const unsigned flags : {kLong | kWithLabels, kLong | kLines})
      out.push_back(with_mode(flags, kFirst, text));
  out.push_back(with_mode(kWithLabels, kFirst, std::string("1,a\0b\n", 6)));
  return out;
}

void run(Bytes input) {
  if (input.empty()) return;
  const auto mode = std::to_integer<unsigned>(input[0]);
  std::string text(as_text(input.subspan(1)));
  if (const std::size_t at = text.find('~'); at != std::string::npos && (mode & kLong) != 0)
    text.replace(at, 1, std::string(kTextRowBytes.most + 1, 'x'));
  printable(clipped(text));
  try {
    if ((mode & kLines) != 0)
      line_table(text, "input");
    else
      csv_table(text, settings_of(mode), (mode & kWithLabels) != 0, "input");
  } catch (const Error& error) {  // said as a terminal may show it
    if (find_invalid_utf8(printable(clipped(error.what())))) std::abort();
    throw;
  }
}

}  // namespace amalgam::fuzz
