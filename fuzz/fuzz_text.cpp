// A text file, read as CSV with and without labels, and as lines.
#include "formats/text_table.h"
#include "target.h"

namespace amalgam::fuzz {

std::vector<std::string> seeds() {
  return {"label,text\n1,\"a \"\"quoted\"\" cell, with\nlines\"\n2,caf\xC3\xA9\n",
          "3,one,two\n4,three,four\n", "one line\n\nanother \xE2\x82\xAC\n"};
}

void run(Bytes input) {
  TextSettings settings;
  settings.label_column = std::uint64_t{0};
  const std::string_view text = as_text(input);
  if (text.find(',') == std::string_view::npos)
    line_table(text, "input");
  else
    csv_table(text, settings, text.size() % 2 == 1, "input");
}

}  // namespace amalgam::fuzz
