#include "plan/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <tuple>

#include "amalgam/error.h"
#include "base/counted.h"

namespace amalgam {
namespace {

std::vector<std::uint64_t> all_rows(std::uint64_t count) {
  std::vector<std::uint64_t> rows(count);
  std::iota(rows.begin(), rows.end(), std::uint64_t{0});
  return rows;
}

void draw_stream_rows(const Secret& seed, const TaskShape& task, const std::string& name,
                      const Plan& plan, Stream& stream) {
  std::vector<std::uint64_t> training = all_rows(task.rows);
  if (plan.size.held_out_rows > 0) {
    std::vector<std::uint64_t> pool;
    if (task.held_out_rows > 0) {
      pool = all_rows(task.held_out_rows);
    } else {
      stream.held_out_from_training = true;
      RandomStream random(seed, "set-aside/" + name);
      random.shuffle(std::span(training));
      const auto aside = static_cast<std::ptrdiff_t>(rows_set_aside(task, plan.size.held_out_rows));
      pool.assign(training.begin(), training.begin() + aside);
      training.erase(training.begin(), training.begin() + aside);
      std::sort(training.begin(), training.end());
    }
    RandomStream random(seed, "held-out/" + name);
    stream.held_out = random.evenly(std::move(pool), plan.size.held_out_rows);
  }
  RandomStream random(seed, "rows/" + name);
  stream.rows = random.evenly(std::move(training), plan.size.rows);
}

// Deals the columns 0..total-1 of one dtype to their owners: a uniform arrangement, each owner's in
// ascending order.
void deal(RandomStream& random, const std::vector<std::pair<Positions*, std::uint64_t>>& owners) {
  std::vector<std::uint32_t> owner_of;
  for (std::size_t i = 0; i < owners.size(); ++i)
    owner_of.insert(owner_of.end(), owners[i].second, static_cast<std::uint32_t>(i));
  random.shuffle(std::span(owner_of));
  for (const auto& [positions, width] : owners) positions->reserve(width);
  for (std::uint64_t column = 0; column < owner_of.size(); ++column)
    owners[owner_of[column]].first->push_back(column);
}

using Owners = std::map<ColumnGroup, std::vector<std::pair<Positions*, std::uint64_t>>>;

std::map<ColumnGroup, std::uint64_t> deal_all(const Secret& seed, const Owners& owners) {
  std::map<ColumnGroup, std::uint64_t> totals;
  for (const auto& [group, list] : owners) {
    const char* what = group.role == Role::kFeature ? "positions" : "target-columns";
    RandomStream random(seed, fmt::format("{}/{}", what, dtype_name(group.dtype)));
    deal(random, list);
    for (const auto& [positions, width] : list) totals[group] += width;
  }
  return totals;
}

// `count` of the numbers below `total` that are not in `taken`, ascending.
Positions draw_columns(RandomStream& random, std::uint64_t total, const Positions& taken,
                       std::uint64_t count) {
  Positions pool;
  auto next = taken.begin();
  for (std::uint64_t column = 0; column < total; ++column) {
    if (next != taken.end() && *next == column)
      ++next;
    else
      pool.push_back(column);
  }
  if (pool.size() < count)
    throw Error(ErrorCode::kInvalid, "",
                fmt::format("a decoy would share {} of other tasks, which have {}",
                            counted(count, "column"), pool.size()));
  random.shuffle(std::span(pool));
  pool.resize(count);
  std::sort(pool.begin(), pool.end());
  return pool;
}

// What a stream reads, given what it fills.
Positions read_columns(const ColumnShape& shape, std::uint64_t total, RandomStream& random,
                       Filling& filling) {
  if (shape.scattered) {
    filling.elements = all_rows(filling.columns.size());
    return draw_columns(random, total, {}, shape.width);
  }
  if (shape.borrowed == 0) return filling.columns;
  const Positions borrowed = draw_columns(random, total, filling.columns, shape.borrowed);
  Positions all(shape.width);
  std::merge(filling.columns.begin(), filling.columns.end(), borrowed.begin(), borrowed.end(),
             all.begin());
  for (std::uint64_t column : filling.columns)
    filling.elements.push_back(
        static_cast<std::uint64_t>(std::lower_bound(all.begin(), all.end(), column) - all.begin()));
  return all;
}

void deal_columns(const Secret& seed, const std::vector<TaskShape>& tasks,
                  const std::vector<std::string>& names, Plan& plan) {
  Owners owners;
  std::map<std::uint64_t, const Filling*> shared;  // by the first that has it
  for (Stream& stream : plan.streams) {
    const std::vector<ColumnShape>& fields = tasks[stream.task].fields;
    stream.fields.resize(fields.size());
    for (std::size_t f = 0; f < fields.size(); ++f) {
      Filling& filling = stream.fields[f].filling;
      if (fields[f].shared > 0 && !shared.emplace(fields[f].shared, &filling).second) continue;
      owners[fields[f].group()].emplace_back(&filling.columns, fields[f].own());
    }
  }
  plan.columns = deal_all(seed, owners);
  for (Stream& stream : plan.streams) {
    const std::vector<ColumnShape>& fields = tasks[stream.task].fields;
    RandomStream random(seed, "borrowed/" + names[stream.task]);
    for (std::size_t f = 0; f < fields.size(); ++f) {
      StreamField& field = stream.fields[f];
      if (fields[f].shared > 0)
        field.positions = shared.at(fields[f].shared)->columns;
      else
        field.positions =
            read_columns(fields[f], plan.columns.at(fields[f].group()), random, field.filling);
    }
  }
}

// One order for all fields of a task, because they may share an embedding.
void draw_numbers(const Secret& seed, const TaskShape& task, const std::string& name,
                  Stream& stream) {
  const std::uint64_t vocabulary = task.vocabulary();
  if (vocabulary == 0) return;
  RandomStream random(seed, "vocabulary/" + name);
  const std::vector<std::uint64_t> order = random.permutation(vocabulary);
  stream.numbers.assign(order.begin(), order.end());
}

// Which streams receive, at random, so many that two receive nothing. They go behind the others.
std::size_t move_receivers_back(RandomStream& random, const std::vector<TaskShape>& tasks,
                                std::uint64_t links, std::vector<Stream>& streams) {
  std::vector<std::size_t> candidates;
  for (std::size_t s = 0; s < streams.size(); ++s)
    if (tasks[streams[s].task].may_receive) candidates.push_back(s);
  random.shuffle(std::span(candidates));
  candidates.resize(std::min<std::uint64_t>(
      {links, candidates.size(), streams.size() < 2 ? 0 : streams.size() - 2}));
  std::vector<bool> receives(streams.size());
  for (std::size_t s : candidates) receives[s] = true;
  std::vector<Stream> ordered;
  for (const bool last : {false, true})
    for (std::size_t s = 0; s < streams.size(); ++s)
      if (receives[s] == last) ordered.push_back(std::move(streams[s]));
  streams = std::move(ordered);
  return candidates.size();
}

void draw_links(const Secret& seed, const std::vector<TaskShape>& tasks, std::uint64_t links,
                Plan& plan) {
  if (links == 0) return;
  RandomStream random(seed, "links");
  const std::size_t receivers = move_receivers_back(random, tasks, links, plan.streams);
  if (receivers == 0)
    throw Error(ErrorCode::kInvalid, "--links",
                "needs a decoy that can receive, and two further sub-networks that receive "
                "nothing; add decoys");
  const std::size_t first = plan.streams.size() - receivers;
  for (std::uint64_t i = 0; i < links; ++i) {
    const std::size_t to = first + i % receivers;
    std::vector<std::size_t> senders;
    for (std::size_t s = 0; s < to; ++s)
      if (tasks[plan.streams[s].task].may_send) senders.push_back(s);
    if (senders.empty())
      throw Error(ErrorCode::kInvalid, "--links",
                  "no network has an activation that a link could carry");
    plan.links.push_back({senders[random.below(senders.size())], to});
  }
}

// Of the random numbers that order a task's rows and tokens.
std::string order_name(const TaskShape& task, const std::string& name) {
  return task.row_order.empty() ? name : task.row_order;
}

std::vector<std::size_t> by_content(const std::vector<TaskShape>& tasks) {
  std::vector<std::size_t> order(tasks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(tasks[a].fingerprint, tasks[a].rest) <
           std::tie(tasks[b].fingerprint, tasks[b].rest);
  });
  return order;
}

}  // namespace

std::string ColumnGroup::name() const {
  return fmt::format("{}.{}", role == Role::kFeature ? "x" : "y", dtype_name(dtype));
}

std::optional<ColumnGroup> column_group(std::string_view name) {
  if (name.size() < 2 || (!name.starts_with("x.") && !name.starts_with("y."))) return std::nullopt;
  const auto dtype = dtype_from_name(name.substr(2));
  if (!dtype) return std::nullopt;
  return ColumnGroup{name[0] == 'x' ? Role::kFeature : Role::kTarget, *dtype};
}

std::size_t TaskShape::feature_count() const {
  const auto is_feature = [](const ColumnShape& field) { return field.role == Role::kFeature; };
  const auto end = std::partition_point(fields.begin(), fields.end(), is_feature);
  return static_cast<std::size_t>(end - fields.begin());
}

std::uint64_t TaskShape::vocabulary() const {
  std::uint64_t most = 0;
  for (const ColumnShape& columns : fields) most = std::max(most, columns.vocabulary);
  return most;
}

std::uint64_t rows_set_aside(const TaskShape& task, std::uint64_t held_out_rows) {
  if (held_out_rows == 0 || task.held_out_rows > 0) return 0;
  return std::min(held_out_rows, std::max<std::uint64_t>(1, task.rows / 5));
}

std::vector<std::string> stream_names(const std::vector<TaskShape>& tasks) {
  std::map<std::string, int> seen;
  std::vector<std::string> names(tasks.size());
  for (const std::size_t task : by_content(tasks)) {
    const std::string& fingerprint = tasks[task].fingerprint;
    names[task] = fmt::format("{}#{}", fingerprint, seen[fingerprint]++);
  }
  return names;
}

Plan draw_streams(const Secret& seed, const std::vector<TaskShape>& tasks, std::uint64_t links) {
  Plan plan;
  plan.size.links = links;
  std::vector<std::size_t> order = by_content(tasks);
  RandomStream random(seed, "order");
  random.shuffle(std::span(order));
  const std::vector<std::string> names = stream_names(tasks);
  for (std::size_t task : order) {
    Stream stream;
    stream.task = task;
    plan.streams.push_back(std::move(stream));
    draw_numbers(seed, tasks[task], order_name(tasks[task], names[task]), plan.streams.back());
  }
  draw_links(seed, tasks, links, plan);
  deal_columns(seed, tasks, names, plan);
  return plan;
}

Plan draw_plan(const Secret& seed, const std::vector<TaskShape>& tasks, const PlanSize& size) {
  Plan plan = draw_streams(seed, tasks, size.links);
  plan.size = size;
  const std::vector<std::string> names = stream_names(tasks);
  for (Stream& stream : plan.streams) {
    const TaskShape& task = tasks[stream.task];
    draw_stream_rows(seed, task, order_name(task, names[stream.task]), plan, stream);
  }
  return plan;
}

}  // namespace amalgam
