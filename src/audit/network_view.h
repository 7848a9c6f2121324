// A job's sub-networks as the cloud reads them: model.py and the tensors of weights.safetensors.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "audit/job_view.h"

namespace amalgam {

struct ViewedTensor {
  std::string name;  // within its sub-network: "conv3_weight"
  std::string role;  // the same without numbers of operations: "conv_weight"
  const Tensor* values;
  bool parameter = false;  // else a buffer
  bool frozen = false;     // a parameter that is not trained

  bool trained() const { return parameter && !frozen; }
  std::uint64_t count() const { return element_count(values->shape); }
};

struct ViewedNetwork {
  std::vector<ViewedTensor> tensors;           // in the model's order, without streams' positions
  std::map<std::string, std::uint64_t> calls;  // "F.conv2d", "view": how often they are written
  std::string text;                            // of the class

  // The roles of its parameters, each once: networks of one kind have the same ones.
  std::vector<std::string> roles() const;

  // How many numbers a sample's result has, where a linear layer or a convolution gives it; else 0.
  std::uint64_t outputs() const;

  // The numbers of `NAME = torch.tensor([...])` as the class has them, on one line or on several;
  // none where it makes no such tensor.
  std::vector<std::string> numbers(const std::string& name) const;
};

// One for each sub-network. Of a class that can't be read, or a tensor that none names, nothing is
// known. Valid while `job` lives.
std::vector<ViewedNetwork> view_networks(const JobView& job);

// What values are equal by: of floating-point tensors that are worth it, neither constant nor
// small.
std::optional<std::string> value_digest(const Tensor& values);

// Numbers by sub-network: the same where the roles are.
std::vector<std::size_t> kinds_of(const std::vector<ViewedNetwork>& networks);

}  // namespace amalgam
