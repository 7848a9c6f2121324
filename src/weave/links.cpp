#include "graph/links.h"

#include <fmt/format.h>

#include <cmath>

#include "variants/drawn.h"
#include "weave/network.h"

namespace amalgam {
namespace {

const LinkPoint& draw_point(RandomStream& random, const std::vector<LinkPoint>& points) {
  return points[random.below(points.size())];
}

// As torch.nn starts layers without a bias: uniform within 1 / sqrt(inputs).
void fill_projection(Tensor& weight, const Secret& seed, const std::string& name) {
  const auto bound = static_cast<float>(1 / std::sqrt(static_cast<double>(weight.shape[1])));
  weight.source = drawn_values({{weight.shape[0], Form::uniform(-bound, 2 * bound)}}, weight.shape,
                               std::make_shared<const Secret>(seed.clone()), name);
}

}  // namespace

bool can_link(const Model& model) { return !link_points(model).empty(); }

void weave_links(const Plan& plan, const Secret& seed, std::span<JobTask> tasks) {
  for (std::size_t i = 0; i < plan.links.size(); ++i) {
    const Link& link = plan.links[i];
    const std::string name = fmt::format("link/{}", i);
    RandomStream random(seed, name);
    TaskNetwork &from = tasks[plan.streams[link.from].task].network,
                &to = tasks[plan.streams[link.to].task].network;
    Model sender = *from.model, receiver = *to.model;
    const LinkPoint start = draw_point(random, link_points(sender));
    const LinkPoint end = draw_point(random, link_points(receiver));
    to.receives.push_back({link.from, send(sender, start.value)});
    const std::size_t weight = receive(receiver, end, sender, start);
    fill_projection(receiver.tensors[weight].tensor, seed, name + "/weight");
    from.model = std::make_shared<const Model>(std::move(sender));
    to.model = std::make_shared<const Model>(std::move(receiver));
  }
}

}  // namespace amalgam
