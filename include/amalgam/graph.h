// A model as ATen operations: what an exported program computes, without any trace of how it was
// written.
//
// A graph is a list of nodes in order of execution. Values are numbered; names, stack traces and
// module paths of the archive are dropped while reading. Subgraphs (no_grad, autocast) are nodes
// that hold a graph of their own, whose inputs are values of the outer graph.
//
// These are plain values: copying one copies all but subgraphs and the bytes of tensors, which are
// shared and never change. Reading one from several threads is safe as long as none changes it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "amalgam/tensor.h"

namespace amalgam {

// Index into Program::values; a subgraph's values are numbered along with the outer graph's.
using ValueId = std::uint32_t;

// One dimension as the export recorded it; symbolic ones keep the size they had in the example.
struct Dim {
  std::uint64_t size = 0;
  bool symbolic = false;  // another in each batch: the number of samples, or computed from it
  std::string symbol;     // set when the whole expression is one symbol
};

// What an input or a node's output is, as the export recorded it for its example. Of a number,
// dtype and shape mean nothing.
struct Value {
  enum class Kind { kTensor, kNumber };  // kNumber: a symbolic int, float or bool
  Kind kind = Kind::kTensor;
  DType dtype = DType::kFloat32;
  std::vector<Dim> shape;
};

struct Graph;

// The kinds of arguments, as torch.export's schema has them. A float and a
// whole number are told apart, as PyTorch does.
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

// One argument, or an element of a list; lists nest.
struct Argument {
  std::variant<None, ValueRef, bool, std::int64_t, double, std::string, DTypeArgument,
               MemoryFormatArgument, LayoutArgument, DeviceArgument, Complex, ArgumentList>
      value;

  // The argument where it is of this kind, else null.
  template <typename T>
  const T* get() const {
    return std::get_if<T>(&value);
  }
};

struct NamedArgument {
  std::string name;  // from the operation's schema: a Python identifier, or empty
  Argument argument;
  bool keyword = false;  // passed by name; those behind it are, too
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

// One operation. Its name is data: what it means stands in the table (graph/operations/table.h).
// Arguments that a call leaves to their defaults are absent.
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
  // The argument of this name; null where the node has none such. Valid while the node stays as it
  // is.
  const Argument* find(std::string_view argument) const;
};

// Every value that a node reads is an input, a tensor of the model, or made by a node before it.
struct Graph {
  std::vector<Node> nodes;  // in order of execution
  // Of the outer graph: the model's; none where it returned no tensor.
  std::vector<std::optional<ValueId>> outputs;
};

// What a program is to its task. Each becomes one method of the sub-network that is written.
enum class ProgramRole : std::uint8_t {
  kTrain,          // from inputs to outputs; where there is no kEval, in evaluation, too
  kEval,           // of the same inputs, in evaluation
  kLoss,           // from outputs and target fields to the loss, a scalar
  kTransform,      // from fields to fields, before the model's inputs, in training
  kEvalTransform,  // the same in evaluation
  kMetric,         // from outputs and target fields to numerators and denominators
};

// A parameter, buffer or constant. Tied tensors are one of these under several names.
struct ModelTensor {
  enum class Kind { kParameter, kBuffer, kConstant };
  Kind kind = Kind::kParameter;
  // In state_dict(), and nowhere but at home; empty for constants and non-persistent buffers.
  std::vector<std::string> user_names;
  // The user's; tells the programs of train and eval which tensors they share.
  std::string own_name;
  // dtype, shape, and where the bytes are; no source where the values are still to be drawn.
  Tensor tensor;
  // Its dimensions from the slowest to the fastest in the user's memory (a transposed weight, or
  // channels_last); empty: as they come. Kernels round differently for each.
  std::vector<std::size_t> order;
  bool trainable = false;  // a parameter with requires_grad that a graph uses
  bool unused = false;     // one with requires_grad that the training graph never reads
  // The program that brought it: kTrain and kEval of the model, or one that is attached.
  ProgramRole of = ProgramRole::kTrain;

  bool of_model() const { return of == ProgramRole::kTrain || of == ProgramRole::kEval; }
};

// An argument that forward() takes.
struct ModelInput {
  std::string name;  // of forward()'s argument; matched against the dataset's fields, stays at home
  ValueId value;
};

// A buffer that the graph computes anew instead of changing it in place.
struct BufferUpdate {
  std::size_t tensor;  // index into Model::tensors
  ValueId value;       // what it holds after a training step
};

// One program: the graph and what its placeholders are.
struct Program {
  ProgramRole role = ProgramRole::kTrain;
  std::string where;  // the user's path, for messages
  Graph graph;
  std::size_t result = 0;                 // index into graph.outputs: what its method returns
  std::vector<std::size_t> more_results;  // and these, behind it
  std::vector<Value> values;
  std::vector<ModelInput> inputs;  // in forward()'s order; the first dimension is the batch
  // By value: the index into Model::tensors where it is a parameter, buffer or constant. As long as
  // `values`.
  std::vector<std::optional<std::size_t>> tensor_of_value;
  std::vector<BufferUpdate> updates;
  // Ends of links to other networks: activations that are shown to them, and those that come from
  // them before the first node.
  std::vector<ValueId> sent, received;
  // Beside graph.outputs; empty where the output has no name.
  std::vector<std::string> output_names;
  // Bounds of the batch size, from the export.
  std::uint64_t least_batch = 0;
  std::uint64_t most_batch = UINT64_MAX;

  // REQUIRES: that output is a tensor.
  ValueId result_value() const { return *graph.outputs[result]; }
  // All that its method returns, in its order.
  std::vector<ValueId> result_values() const;
};

// A model, and what its task computes beside it: programs over the same tensors, at most one of a
// role.
struct Model {
  std::string where;  // the user's path, for messages
  // Parameters in named_parameters() order, then buffers, then constants; behind them those that
  // attached programs brought, in the same order.
  std::vector<ModelTensor> tensors;
  std::vector<Program> programs = {{}};  // the model's own: that of training first
  std::vector<Program> attached;         // of the task: loss, transforms, metric

  const Program& train() const { return programs.front(); }
  Program& train() { return programs.front(); }
  // Its own, then those of the task.
  std::vector<const Program*> all_programs() const;
  // Null where the model has none of that role.
  const Program* find(ProgramRole role) const;
};

}  // namespace amalgam
