#include "key/key.h"

#include <gtest/gtest.h>

#include "amalgam/error.h"
#include "base/file.h"
#include "base/secret.h"
#include "key/key_format.h"
#include "key/plan_of_key.h"
#include "scratch.h"
#include "seeds.h"

namespace amalgam {
namespace {
namespace fs = std::filesystem;

class KeyTest : public testing::Test {
 protected:
  static Key sample() {
    Key key;
    key.seed = std::make_shared<const Secret>(seed_of(0xee));
    key.size.rows = 10;
    key.job_digest = std::string(64, 'd');
    const std::string digest(32, '0');
    using Kind = TensorKind;
    key.trained = {{"subnetworks.1.conv0_weight",
                    DType::kFloat32,
                    {2, 3},
                    Kind::kParameter,
                    digest,
                    {{1, 2}},
                    0,
                    0},
                   {"subnetworks.1.count", DType::kInt64, {}, Kind::kCounter, digest, {}, 4, 2}};
    const std::uint64_t widths[] = {4, 5, 5};  // in the order that the seed draws
    for (int s = 0; s < 3; ++s)
      key.trained.push_back({"subnetworks." + std::to_string(s) + ".positions",
                             DType::kInt64,
                             {widths[s]},
                             Kind::kPositions,
                             digest,
                             {},
                             0,
                             0});
    const auto column = [](std::uint64_t width, std::uint64_t borrowed, bool scattered) {
      return ColumnShape{Role::kFeature, DType::kUInt8, width, borrowed, scattered};
    };
    const ColumnShape label{Role::kTarget, DType::kInt64, 1};
    key.tasks = {{{"abc", "0", {column(5, 0, false), label}, 10, 0, true, false}, "abc", "abc"},
                 {{"b", "0", {column(4, 0, true), label}, 10, 0, true, false}, "b", "b"},
                 {{"c", "0", {column(5, 2, false), label}, 10, 0, false, true}, "d", "d"}};
    key.size.links = 1;
    key.wanted = {{"task", 0, 1, {{{"conv.weight", "tied"}, "subnetworks.1.conv0_weight"}}}};
    return key;
  }
  std::string bytes() const { return text_of(path_); }
  ScratchFolder folder_;
  fs::path path_ = folder_ / "home.key";
};

TEST_F(KeyTest, OpensWhatItSealed) {
  write_key(path_, sample(), std::nullopt);
  const Key key = open_key(path_, std::nullopt);
  EXPECT_TRUE(key.seed->equals(*sample().seed));
  ASSERT_EQ(key.wanted.size(), 1u);
  EXPECT_EQ(key.wanted[0].tensors[0].user_names[1], "tied");
  EXPECT_EQ(key.trained[0].shape, (Shape{2, 3}));
  EXPECT_EQ(key.trained[0].not_finite[0].second, 2u);
  EXPECT_EQ(key.trained[1].kind, TensorKind::kCounter);
  EXPECT_EQ(key.trained[1].start, 4u);
  EXPECT_EQ(key.trained[1].per_batch, 2u);
  EXPECT_EQ(key.tasks[2].shape.fields, sample().tasks[2].shape.fields);
  const Plan plan = plan_of_key(key);
  EXPECT_EQ(plan.streams.size(), 3u);
  EXPECT_EQ(plan.streams[2].task, 2u);
  EXPECT_EQ(plan.links.at(0).to, 2u);
}

TEST_F(KeyTest, BytesOfTheHeaderArePinned) {
  write_key(path_, sample(), std::nullopt);
  const std::string text = bytes();
  EXPECT_EQ(text.substr(0, 8), "AMALGKEY");
  EXPECT_EQ(text.substr(8, 8), std::string("\x02\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(load_le<std::uint64_t>(as_bytes(text), key_format::kBodyBytesAt), text.size() - 112);
  EXPECT_EQ(text.find("conv.weight"), std::string::npos);
  EXPECT_EQ(read_key_header(path_).passphrase, false);
}

TEST_F(KeyTest, EveryFlippedByteIsNoticed) {
  write_key(path_, sample(), std::nullopt);
  const std::string text = bytes();
  for (std::size_t i = 0; i < text.size(); i += 1) {
    std::string broken = text;
    broken[i] = static_cast<char>(broken[i] ^ 0x40);
    write_text(path_, broken);
    EXPECT_THROW(open_key(path_, std::nullopt), Error) << "byte " << i;
  }
}

TEST_F(KeyTest, PassphraseIsNeeded) {
  write_key(path_, sample(), "correct horse");
  EXPECT_THROW(open_key(path_, std::nullopt), Error);
  EXPECT_THROW(open_key(path_, "wrong horse"), Error);
  EXPECT_EQ(open_key(path_, "correct horse").size.rows, 10u);
  const std::string text = bytes();
  EXPECT_EQ(text.substr(key_format::kSealingKeyAt, 32), std::string(32, '\0'));
}

TEST_F(KeyTest, SaltAndNonceAreFreshEachTime) {
  write_key(path_, sample(), std::nullopt);
  const std::string first = bytes();
  fs::remove(path_);
  write_key(path_, sample(), std::nullopt);
  EXPECT_NE(first.substr(32, 40), bytes().substr(32, 40));
}

TEST_F(KeyTest, TruncatedFilesAreRefused) {
  write_key(path_, sample(), std::nullopt);
  const std::string text = bytes();
  for (std::size_t size :
       {std::size_t{0}, std::size_t{8}, std::size_t{111}, std::size_t{112}, text.size() - 1}) {
    write_text(path_, text.substr(0, size));
    EXPECT_THROW(open_key(path_, std::nullopt), Error) << size;
  }
}

TEST_F(KeyTest, WhatTasksHaveInCommonMustBeAlike) {
  const auto in_common = [] {
    Key key = sample();
    key.tasks[2].shape.fields[0].borrowed = 0;
    for (const std::size_t t : {0, 2}) {
      key.tasks[t].shape.row_order = "ab";
      key.tasks[t].shape.fields[0].shared = 3;
    }
    return key;
  };
  write_key(path_, in_common(), std::nullopt);
  const Plan plan = plan_of_key(open_key(path_, std::nullopt));
  EXPECT_EQ(plan.columns.at({Role::kFeature, DType::kUInt8}), 4u + 5u);
  using Change = void (*)(TaskShape&);
  for (const Change change : {Change([](TaskShape& shape) { shape.row_order = "cd"; }),
                              Change([](TaskShape& shape) { shape.row_order.clear(); }),
                              Change([](TaskShape& shape) { shape.rows = 11; }),
                              Change([](TaskShape& shape) { shape.held_out_rows = 4; }),
                              Change([](TaskShape& shape) { shape.fields[0].scattered = true; }),
                              Change([](TaskShape& shape) { shape.fields[0].borrowed = 1; }),
                              Change([](TaskShape& shape) { shape.fields[0].vocabulary = 9; }),
                              Change([](TaskShape& shape) { shape.fields[1].shared = 3; })}) {
    Key key = in_common();
    change(key.tasks[2].shape);
    EXPECT_THROW(write_key(folder_ / "other.key", key, std::nullopt), Error);
  }
}

}  // namespace
}  // namespace amalgam
