#include "base/html.h"

namespace amalgam {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::string without_line_ends(std::string_view part) {
  std::string out(part);
  std::erase(out, '\n');
  return out;
}

}  // namespace amalgam
