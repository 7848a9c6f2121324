// A CSV file, read as a table: the first byte says how, and a zero byte parts it from other rows
// that take its fit.
#include "base/printable.h"
#include "formats/tabular_files.h"
#include "formats/utf8.h"
#include "target.h"

namespace amalgam::fuzz {
namespace {

enum Mode : unsigned {
  kIndex = 1,
  kFill = 2,
  kNumbers = 4,
  kAny = 8,
  kNamed = 16,
  kTwoTargets = 32,
  kIgnore = 64,
  kPlain = 128
};

DatasetOptions options_of(unsigned mode) {
  DatasetOptions options;
  options.tabular.given = true;
  options.tabular.one_hot = (mode & kIndex) == 0;
  options.tabular.fill = (mode & kFill) != 0;
  options.tabular.standardize = (mode & kPlain) == 0;
  if ((mode & kNamed) != 0) options.tabular.numeric = {"a"}, options.tabular.categorical = {"b"};
  if ((mode & kIgnore) != 0) options.tabular.ignore = {"c"};
  options.targets = {"y"};
  if ((mode & kTwoTargets) != 0) options.targets.emplace_back("z");
  options.text.labels =
      (mode & kNumbers) != 0 ? TextReading::Labels::kNumbers : TextReading::Labels::kClasses;
  options.any_targets = (mode & kAny) != 0;
  return options;
}

std::string with_mode(unsigned mode, const std::string& text) {
  return static_cast<char>(mode) + text;
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> out;
  for (const unsigned mode : {0u, 1u, 2u, 3u, 4u, 6u, 8u, 16u, 36u, 40u, 64u, 128u, 42u, 127u})
    for (const std::string text :
         {"a,b,y,z\n1,x,0,2.5\n2.5,w,1,3\n-3e2,x,0,1\n",
          "a,b,c,y,z\n1,x,k,u,1\n,NA,l,v,2\n 7 ,x,m,u,3\n", "y,z,a,b\n1,2,?,\n2,2,3,q\n",
          "1,2\n3,4\n", "a,y\n1,\n", "a,a,y\n1,2,3\n", "y\n1\n2\n",
          "a,b,y,z\n1,\"x,\"\"1\",0,1\n1,w,1,inf\n"})
      out.push_back(with_mode(mode, text));
  const std::string rows = "a,b,y\n1,x,0\n2,w,1\n", part(1, '\0');
  out.push_back(with_mode(2, rows + part + "b,a,y\nx,9,1\n,,0\n"));
  out.push_back(with_mode(0, rows + part + "b,a,y\nq,9,1\n"));
  return out;
}

void run(Bytes input) {
  if (input.empty()) return;
  const auto mode = std::to_integer<unsigned>(input[0]);
  const std::string_view text = as_text(input.subspan(1));
  const std::size_t end = std::min(text.find('\0'), text.size());
  DatasetOptions options = options_of(mode);
  try {
    const Dataset data = tabular_dataset(text.substr(0, end), "input", options);
    const std::string fit = data.tabular->serialised();
    if (fit.empty() || find_invalid_utf8(fit)) std::abort();
    for (const Field& field : data.fields)
      if (field.rows() != data.rows() || field.tensor.bytes() != field.tensor.source->view().size())
        std::abort();
    options.like = &data;
    if (end < text.size()) tabular_dataset(text.substr(end + 1), "other", options);
  } catch (const Error& error) {  // said as a terminal may show it
    if (find_invalid_utf8(printable(error.what()))) std::abort();
    throw;
  }
}

}  // namespace amalgam::fuzz
