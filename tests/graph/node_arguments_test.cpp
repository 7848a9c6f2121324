#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/arguments.h"
#include "hand_made.h"

namespace amalgam {
namespace {

Node node_with(std::vector<NamedArgument> arguments) {
  Node node;
  node.arguments = std::move(arguments);
  return node;
}

TEST(NodeArguments, AreWhatIsExpectedOrNothing) {
  const Node node = node_with({in("x", 5), numbers("dims", {1, 2}), flag("on", true),
                               flag("off", false), number("n", 3), real("r", 0.5), none("none")});
  EXPECT_EQ(value_argument(node, "x"), 5u);
  EXPECT_FALSE(value_argument(node, "n"));
  EXPECT_FALSE(value_argument(node, "nowhere"));
  ASSERT_NE(list_argument(node, "dims"), nullptr);
  EXPECT_EQ(list_argument(node, "dims")->size(), 2u);
  EXPECT_EQ(list_argument(node, "x"), nullptr);
  EXPECT_TRUE(is_true(node, "on"));
  EXPECT_FALSE(is_true(node, "off") || is_true(node, "n") || is_true(node, "nowhere"));
  EXPECT_TRUE(is_false(node, "off"));
  EXPECT_FALSE(is_false(node, "on") || is_false(node, "nowhere"));
  EXPECT_EQ(number_argument(node, "n"), 3);
  EXPECT_EQ(number_argument(node, "r"), 0.5);
  EXPECT_EQ(number_argument(node, "nowhere"), 0);
}

TEST(NodeArguments, WholeNumbersHaveAFallback) {
  const Node node = node_with({number("n", 3), none("none"), in("symbolic", 2)});
  EXPECT_EQ(whole_argument(node, "n", 1), 3);
  EXPECT_EQ(whole_argument(node, "none", 1), 1);
  EXPECT_EQ(whole_argument(node, "nowhere", 1), 1);
  EXPECT_FALSE(whole_argument(node, "symbolic", 1));
}

TEST(NodeArguments, DimensionsAreCountedFromTheFront) {
  const Node node = node_with({number("dim", -1), in("symbolic", 2)});
  EXPECT_EQ(dim_argument(node, "dim", 0, 4), 3u);
  EXPECT_EQ(dim_argument(node, "nowhere", 1, 4), 1u);
  EXPECT_FALSE(dim_argument(node, "symbolic", 0, 4));
  EXPECT_FALSE(dim_argument(node, "nowhere", 4, 4));
  EXPECT_EQ(from_front(-4, 4), 0u);
  EXPECT_FALSE(from_front(-5, 4));
  EXPECT_FALSE(from_front(0, 0));
}

TEST(NodeArguments, AreFoundByName) {
  const Node node = node_with({number("n", 3)});
  ASSERT_NE(node.find("n"), nullptr);
  EXPECT_EQ(node.find("m"), nullptr);
  EXPECT_EQ(Node().name(), "");
  Node named;
  named.op = "relu";
  EXPECT_EQ(named.name(), "relu");
  named.overload = "default";
  EXPECT_EQ(named.name(), "relu.default");
}

}  // namespace
}  // namespace amalgam
