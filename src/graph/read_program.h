// The JSON of an exported program as a Program.
#pragma once

#include <map>
#include <string>

#include "amalgam/graph.h"
#include "formats/pt2.h"

namespace amalgam {

// What a program expects of the model around it: which placeholder is which tensor.
struct TensorSpec {
  enum class Source { kParameter, kBuffer, kConstant };
  Source source;
  bool persistent;
  std::string name;  // in state_dict(), or of the constant
  ValueId value;
};

// A program that is not bound to tensors yet.
struct ParsedProgram {
  Program program;  // tensor_of_value and updates are filled by the caller, who knows the tensors
  std::vector<TensorSpec> tensors;
  std::vector<std::pair<std::string, ValueId>> updates;  // buffer name -> its new value
};

// `program` is the archive's JSON, `where` its path, for messages. Throws kUnsupported or kDamaged,
// with all findings about operations at once, and kInvalid where the batch size is fixed. Numbers
// that nothing uses are dropped. Linear in the program.
ParsedProgram read_program(const Json& program, const std::string& where);

}  // namespace amalgam
