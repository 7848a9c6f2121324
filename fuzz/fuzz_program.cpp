// The JSON of an exported program, past the archive's checksums: read, priced and printed as
// Python. "E" and edits (edits.h) are a good program with values exchanged.
#include "amalgam/model.h"
#include "edits.h"
#include "formats/pt2.h"
#include "graph/print.h"
#include "graph/read_program.h"
#include "small_program.h"
#include "target.h"
#include "variants/inference.h"

namespace amalgam::fuzz {
namespace {

Json golden(const char* version) {
  return read_pt2(AMALGAM_GOLDEN "/torch-" + std::string(version) + ".pt2").program;
}

Json from_edits(Bytes edits) {
  static const Json small = small_program(), large = golden("2.13");
  if (edits.empty()) return small;
  const bool is_small = (edits[0] & std::byte{1}) == std::byte{0};
  return edited(is_small ? small : large, edits.subspan(1));
}

void use(const Json& json) {
  const ParsedProgram parsed = read_program(json, "input");
  // The printer looks placeholders up among the tensors, as in a model that was read whole.
  Program program = parsed.program;
  program.tensor_of_value.assign(program.values.size(), std::nullopt);
  std::vector<std::string> names;
  for (const TensorSpec& spec : parsed.tensors) {
    program.tensor_of_value.at(spec.value) = names.size();
    names.push_back("w" + std::to_string(names.size()));
  }
  program.result = find_output(program, "", "input");
  Model model;
  for (const TensorSpec& spec : parsed.tensors) {
    ModelTensor tensor;
    for (const Dim& dim : program.values[spec.value].shape) tensor.tensor.shape.push_back(dim.size);
    tensor.own_name = spec.name;
    model.tensors.push_back(std::move(tensor));
  }
  model.train() = program;
  infer_widths(model, ResultSizes::kClassesVary);
  PyWriter out;
  print_program(program, names, true, {}, out);
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> texts = {golden("2.9").dump(), golden("2.13").dump()};
  for (const Json& program : small_programs()) texts.push_back(program.dump());
  texts.push_back(std::string("E0\x03\0\x07\0\0", 7));
  texts.push_back(std::string("E1\x30\0\xFF\x40\0\x60\0\x01\0\0", 12));
  return texts;
}

void run(Bytes input) {
  if (as_text(input).starts_with("E"))
    use(from_edits(input.subspan(1)));
  else
    use(parse_json(input, "input"));
}

}  // namespace amalgam::fuzz
