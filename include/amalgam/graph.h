// A model as ATen operations: what an exported program computes, without any trace of how it was
// written.
//
// A graph is a list of nodes in order of execution. Values are numbered; names, stack traces and
// module paths of the archive are dropped while reading. Subgraphs (no_grad, autocast) are nodes
// that hold a graph of their own, whose inputs are values of the outer graph.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "amalgam/tensor.h"

namespace amalgam {

using ValueId = std::uint32_t;

// One dimension as the export recorded it; symbolic ones keep the size they had in the example.
struct Dim {
  std::uint64_t size = 0;
  bool symbolic = false;
  std::string symbol;  // set when the whole expression is one symbol
};

struct Value {
  enum class Kind { kTensor, kNumber };  // kNumber: a symbolic int, float or bool
  Kind kind = Kind::kTensor;
  DType dtype = DType::kFloat32;
  std::vector<Dim> shape;
};

struct Graph;

struct None {};
struct ValueRef {
  ValueId id;
};
struct DTypeArgument {
  DType dtype;
};
struct MemoryFormatArgument {
  std::string name;  // "contiguous_format"
};
struct LayoutArgument {};  // strided; others are refused
struct DeviceArgument {};  // whatever it named, it becomes the input's device
struct Complex {
  double real, imag;
};

struct Argument;
using ArgumentList = std::vector<Argument>;

struct Argument {
  std::variant<None, ValueRef, bool, std::int64_t, double, std::string, DTypeArgument,
               MemoryFormatArgument, LayoutArgument, DeviceArgument, Complex, ArgumentList>
      value;

  template <typename T>
  const T* get() const {
    return std::get_if<T>(&value);
  }
};

struct NamedArgument {
  std::string name;  // from the operation's schema, checked against the grammar of identifiers
  Argument argument;
  bool keyword = false;
};

// What a node returns: one value, or for Tensor[] a list of them.
struct Output {
  bool is_list = false;
  std::vector<ValueId> ids;
};

enum class NodeKind {
  kAten,      // torch.ops.<space>.<op>.<overload>
  kPython,    // an operator or function on symbolic numbers
  kSetGrad,   // with torch.no_grad() or enable_grad(): `body`
  kAutocast,  // with torch.autocast(...): `body`
};

struct Node {
  NodeKind kind = NodeKind::kAten;
  std::string space;     // "aten"; "_operator", "math", "torch" for kPython
  std::string op;        // "conv2d"
  std::string overload;  // "default"
  std::vector<NamedArgument> arguments;
  std::vector<Output> outputs;
  std::shared_ptr<const Graph> body;  // subgraphs share the numbering of the outer graph's values

  // "conv2d.default"; the key into the table of operations.
  std::string name() const { return overload.empty() ? op : op + "." + overload; }
  const Argument* find(std::string_view argument) const;
};

struct Graph {
  std::vector<Node> nodes;
  std::vector<std::optional<ValueId>>
      outputs;  // of the outer graph: the model's; none where it returned no tensor
};

// A parameter, buffer or constant. Tied tensors are one of these under several names.
struct ModelTensor {
  enum class Kind { kParameter, kBuffer, kConstant };
  Kind kind = Kind::kParameter;
  // In state_dict(), and nowhere but at home; empty for constants and non-persistent buffers.
  std::vector<std::string> user_names;
  std::string
      own_name;  // the user's; tells the programs of train and eval which tensors they share
  Tensor tensor;
  // Its dimensions from the slowest to the fastest in the user's memory (a transposed weight, or
  // channels_last); empty: as they come. Kernels round differently for each.
  std::vector<std::size_t> order;
  bool trainable = false;  // a parameter with requires_grad that the graph uses
  bool unused = false;     // one with requires_grad that the training graph never reads
};

struct ModelInput {
  std::string name;  // of forward()'s argument; matched against the dataset's fields, stays at home
  ValueId value;
};

struct BufferUpdate {
  std::size_t tensor;  // index into Model::tensors
  ValueId value;       // what it holds after a training step
};

// One program: the graph and what its placeholders are.
struct Program {
  Graph graph;
  std::vector<Value> values;
  std::vector<ModelInput> inputs;
  std::vector<std::optional<std::size_t>> tensor_of_value;  // value -> index into Model::tensors
  std::vector<BufferUpdate> updates;
  // Ends of links to other networks: activations that are shown to them, and those that come from
  // them before the first node.
  std::vector<ValueId> sent, received;
  std::vector<std::string>
      output_names;  // beside graph.outputs; empty where the output has no name
  // Bounds of the batch size, from the export.
  std::uint64_t least_batch = 0;
  std::uint64_t most_batch = UINT64_MAX;
};

struct Model {
  std::string where;  // the user's path, for messages
  std::vector<ModelTensor>
      tensors;  // parameters in named_parameters() order, then buffers, then constants
  Program train;
  std::optional<Program> eval;  // where --eval-model gave one

  const Program& program(bool training) const { return training || !eval ? train : *eval; }
};

}  // namespace amalgam
