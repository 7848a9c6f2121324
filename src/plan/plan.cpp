#include "plan/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>

namespace amalgam {
namespace {

// `count` rows out of `pool`: each row whole times, the rest by draw, all in random order.
std::vector<std::uint64_t> draw_rows(RandomStream& random, std::vector<std::uint64_t> pool,
                                     std::uint64_t count) {
  std::vector<std::uint64_t> rows;
  rows.reserve(count);
  while (count - rows.size() >= pool.size()) rows.insert(rows.end(), pool.begin(), pool.end());
  if (rows.size() < count) {
    random.shuffle(std::span(pool));
    rows.insert(rows.end(), pool.begin(),
                pool.begin() + static_cast<std::ptrdiff_t>(count - rows.size()));
  }
  random.shuffle(std::span(rows));
  return rows;
}

std::vector<std::uint64_t> all_rows(std::uint64_t count) {
  std::vector<std::uint64_t> rows(count);
  std::iota(rows.begin(), rows.end(), std::uint64_t{0});
  return rows;
}

void draw_stream_rows(const Secret& seed, const TaskShape& task, const std::string& name,
                      const Plan& plan, Stream& stream) {
  std::vector<std::uint64_t> training = all_rows(task.rows);
  if (plan.held_out_rows > 0) {
    std::vector<std::uint64_t> pool;
    if (task.held_out_rows > 0) {
      pool = all_rows(task.held_out_rows);
    } else {
      stream.held_out_from_training = true;
      RandomStream random(seed, "set-aside/" + name);
      random.shuffle(std::span(training));
      const auto aside = static_cast<std::ptrdiff_t>(rows_set_aside(task, plan.held_out_rows));
      pool.assign(training.begin(), training.begin() + aside);
      training.erase(training.begin(), training.begin() + aside);
      std::sort(training.begin(), training.end());
    }
    RandomStream random(seed, "held-out/" + name);
    stream.held_out = draw_rows(random, std::move(pool), plan.held_out_rows);
  }
  RandomStream random(seed, "rows/" + name);
  stream.rows = draw_rows(random, std::move(training), plan.rows);
}

// Deals the columns 0..total-1 of one dtype to their owners: a uniform arrangement, each owner's in
// ascending order.
void deal(RandomStream& random, const std::vector<std::pair<Positions*, std::uint64_t>>& owners) {
  std::vector<std::uint32_t> owner_of;
  for (std::size_t i = 0; i < owners.size(); ++i)
    owner_of.insert(owner_of.end(), owners[i].second, static_cast<std::uint32_t>(i));
  random.shuffle(std::span(owner_of));
  for (std::uint64_t column = 0; column < owner_of.size(); ++column)
    owners[owner_of[column]].first->push_back(column);
}

using Owners = std::map<DType, std::vector<std::pair<Positions*, std::uint64_t>>>;

std::map<DType, std::uint64_t> deal_all(const Secret& seed, std::string_view what,
                                        const Owners& owners) {
  std::map<DType, std::uint64_t> totals;
  for (const auto& [dtype, list] : owners) {
    RandomStream random(seed, fmt::format("{}/{}", what, dtype_name(dtype)));
    deal(random, list);
    for (const auto& [positions, width] : list) totals[dtype] += width;
  }
  return totals;
}

void deal_columns(const Secret& seed, const std::vector<TaskShape>& tasks, Plan& plan) {
  Owners features, targets;
  for (Stream& stream : plan.streams) {
    const TaskShape& task = tasks[stream.task];
    stream.features.resize(task.features.size());
    for (std::size_t f = 0; f < task.features.size(); ++f)
      features[task.features[f].dtype].emplace_back(&stream.features[f], task.features[f].width);
    if (task.targets)
      targets[task.targets->dtype].emplace_back(&stream.targets, task.targets->width);
  }
  plan.feature_columns = deal_all(seed, "positions", features);
  plan.target_columns = deal_all(seed, "target-columns", targets);
}

std::vector<std::size_t> by_fingerprint(const std::vector<TaskShape>& tasks) {
  std::vector<std::size_t> order(tasks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return tasks[a].fingerprint < tasks[b].fingerprint;
  });
  return order;
}

}  // namespace

std::uint64_t rows_set_aside(const TaskShape& task, std::uint64_t held_out_rows) {
  if (held_out_rows == 0 || task.held_out_rows > 0) return 0;
  return std::min(held_out_rows, std::max<std::uint64_t>(1, task.rows / 5));
}

std::vector<std::string> stream_names(const std::vector<TaskShape>& tasks) {
  std::map<std::string, int> seen;
  std::vector<std::string> names;
  for (const TaskShape& task : tasks)
    names.push_back(fmt::format("{}#{}", task.fingerprint, seen[task.fingerprint]++));
  return names;
}

Plan draw_plan(const Secret& seed, const std::vector<TaskShape>& tasks, std::uint64_t rows,
               std::uint64_t held_out_rows) {
  Plan plan;
  plan.rows = rows;
  plan.held_out_rows = held_out_rows;
  std::vector<std::size_t> order = by_fingerprint(tasks);
  RandomStream random(seed, "order");
  random.shuffle(std::span(order));
  const std::vector<std::string> names = stream_names(tasks);
  for (std::size_t task : order) {
    Stream stream;
    stream.task = task;
    plan.streams.push_back(std::move(stream));
    draw_stream_rows(seed, tasks[task], names[task], plan, plan.streams.back());
  }
  deal_columns(seed, tasks, plan);
  return plan;
}

}  // namespace amalgam
