// A program as the body of a Python method: what model.py runs.
#pragma once

#include <string>
#include <vector>

#include "amalgam/graph.h"
#include "graph/python_text.h"

namespace amalgam {

struct PrintedProgram {
  std::vector<std::string> inputs;  // names of the method's arguments, in the program's order
  bool uses_math = false;           // needs "import math"
};

// The method that a program of this role becomes.
std::string_view method_name(ProgramRole role);

// Writes the statements that compute the result from the inputs, ending in "return ...".
// `tensor_names` are attributes of self. With `switch_modes`, what depends on train() or eval()
// asks self.training; without, it stays as exported. `received` are expressions for
// Program::received; Program::sent becomes self.sent0, self.sent1, ...
PrintedProgram print_program(const Program& program, const std::vector<std::string>& tensor_names,
                             bool switch_modes, const std::vector<std::string>& received,
                             PyWriter& out);

// The attribute that holds what a network sends.
std::string sent_name(std::size_t place);

// The names that the method's arguments will have: x, y, z, v3, ...
std::vector<std::string> input_names(const Program& program);

}  // namespace amalgam
