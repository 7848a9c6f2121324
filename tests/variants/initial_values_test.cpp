#include "variants/initial_values.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "seeds.h"
#include "values.h"

namespace amalgam {
namespace {

Model model_of(const std::vector<float>& values, bool trainable) {
  Model model;
  ModelTensor tensor;
  tensor.trainable = trainable;
  tensor.tensor = tensor_of(DType::kFloat32, values);
  model.tensors.push_back(std::move(tensor));
  return model;
}

Model made(const Model& model, const Secret& seed, const std::string& name) {
  return initialised(model, {0}, model, seed, name);
}

std::vector<float> read_all(const Model& model, std::size_t piece) {
  const Tensor& tensor = model.tensors[0].tensor;
  std::vector<float> out(tensor.bytes() / 4);
  const MutableBytes bytes = std::as_writable_bytes(std::span(out));
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    tensor.source->read(at, bytes.subspan(at, std::min(piece, bytes.size() - at)));
  return out;
}

TEST(InitialValues, AreShuffledAndTheSameForAnyPieces) {
  std::vector<float> values(2'500'000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const Secret seed = seed_of(0x44);
  const Model copy = made(model_of(values, true), seed, "initial/a");
  std::vector<float> shuffled = read_all(copy, 4096 * 1000);
  EXPECT_NE(shuffled, values);
  EXPECT_EQ(shuffled, read_all(copy, 4'000'004));
  EXPECT_NE(shuffled, read_all(made(model_of(values, true), seed, "initial/b"), 4096 * 1000));
  std::sort(shuffled.begin(), shuffled.end());
  EXPECT_EQ(shuffled, values);
}

TEST(InitialValues, FrozenOnesAreTheModelsOwn) {
  const std::vector<float> values = {3, 1, 2};
  const Secret seed = seed_of(0x44);
  EXPECT_EQ(read_all(made(model_of(values, false), seed, "x"), 12), values);
}

}  // namespace
}  // namespace amalgam
