// The JSON of an exported program, past the archive's checksums: read, priced and printed as
// Python.
#include "amalgam/model.h"
#include "formats/pt2.h"
#include "graph/print.h"
#include "graph/read_program.h"
#include "graph/widths/inference.h"
#include "target.h"

namespace amalgam::fuzz {

std::vector<std::string> seeds() {
  std::vector<std::string> texts;
  for (const char* name : {AMALGAM_GOLDEN "/torch-2.9.pt2", AMALGAM_GOLDEN "/torch-2.13.pt2"})
    texts.push_back(read_pt2(name).program.dump());
  return texts;
}

void run(Bytes input) {
  const ParsedProgram parsed = read_program(parse_json(input, "input"), "input");
  // The printer looks placeholders up among the tensors, as in a model that was read whole.
  Program program = parsed.program;
  program.tensor_of_value.assign(program.values.size(), std::nullopt);
  std::vector<std::string> names;
  for (const TensorSpec& spec : parsed.tensors) {
    program.tensor_of_value.at(spec.value) = names.size();
    names.push_back("w" + std::to_string(names.size()));
  }
  const std::size_t output = find_output(program, "", "input");
  Model model;
  for (const TensorSpec& spec : parsed.tensors) {
    ModelTensor tensor;
    for (const Dim& dim : program.values[spec.value].shape) tensor.tensor.shape.push_back(dim.size);
    tensor.own_name = spec.name;
    model.tensors.push_back(std::move(tensor));
  }
  model.train = program;
  infer_widths(model, ClassOutputs{output, output});
  PyWriter out;
  print_program(program, output, names, true, {}, out);
}

}  // namespace amalgam::fuzz
