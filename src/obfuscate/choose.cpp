#include "obfuscate/choose.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <unordered_set>

#include "base/bytes.h"
#include "base/random.h"
#include "formats/class_counts.h"
#include "obfuscate/alike_notes.h"
#include "obfuscate/chosen_rows.h"
#include "obfuscate/column_scaler.h"
#include "obfuscate/fitted_habits.h"
#include "obfuscate/row_habits.h"

namespace amalgam {
namespace {

using RowList = std::vector<std::uint64_t>;

// How the wanted tasks' rows are, where the job shows it; what one of them is, guests may be.
struct Manner {
  std::uint64_t rows = 0;      // of the longest
  std::uint64_t training = 0;  // of those, what is left for training
  bool validation = false;     // of its own
  bool balanced = false, held_out_balanced = false;
  bool distinct = false;
  // Of each that has real numbers; those that were scaled come first. Guests follow them in turn.
  std::vector<std::vector<ColumnHabit>> habits;
  std::vector<RowHabit> row_habits;  // by field
};

RowList all_rows(const Dataset& data) {
  RowList rows(data.rows());
  std::iota(rows.begin(), rows.end(), std::uint64_t{0});
  return rows;
}

std::uint64_t left_for_training(const Task& task, const PlanSize& size) {
  return task.shape.rows - rows_set_aside(task.shape, size.held_out_rows);
}

// Rows of a shorter task that are filled up by draw no longer are what they were.
bool shows_its_manner(std::uint64_t left, const Manner& manner, const PlanSize& size) {
  return left == manner.training || left >= size.rows || size.rows % left == 0;
}

void add_habits(const Task& task, const RowList& training, const PlanSize& size, Manner& manner) {
  SplitRows rows{{task.data.get(), training}, std::nullopt};
  const RowList held_out = task.validation ? all_rows(*task.validation) : RowList();
  if (held_out.size() == size.held_out_rows) rows.held_out = {task.validation.get(), held_out};
  const auto real = [](const Field& field) { return field.tensor.dtype == DType::kFloat32; };
  if (std::any_of(task.data->fields.begin(), task.data->fields.end(), real))
    manner.habits.push_back(fitted_habits(rows));
}

Manner manner_of(std::span<const Task> wanted, const PlanSize& size, RowKeys& keys) {
  Manner manner;
  for (const Task& task : wanted) {
    const std::uint64_t left = left_for_training(task, size);
    if (left <= manner.training) continue;
    manner.training = left;
    manner.rows = task.shape.rows;
  }
  for (const Task& task : wanted) {
    if (task.validation) {
      manner.validation = true;
      const bool even = balanced(*task.validation, all_rows(*task.validation)).value_or(false);
      manner.held_out_balanced = manner.held_out_balanced || even;
    }
    if (!shows_its_manner(left_for_training(task, size), manner, size)) continue;
    const RowList rows = all_rows(*task.data);
    manner.balanced = manner.balanced || balanced(*task.data, rows).value_or(false);
    manner.distinct = manner.distinct || repeats(keys.of(*task.data), rows) == 0;
    if (manner.row_habits.empty()) manner.row_habits = row_habits(*task.data, rows);
    add_habits(task, rows, size, manner);
  }
  std::stable_partition(manner.habits.begin(), manner.habits.end(),
                        [](const auto& habits) { return !habits.empty(); });
  return manner;
}

// How many of each class, of so many that it has, so that they are `count` together and as even as
// can be.
std::vector<std::uint64_t> even_shares(const std::vector<std::uint64_t>& has, std::uint64_t count) {
  std::vector<std::size_t> order(has.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return has[a] < has[b]; });
  std::vector<std::uint64_t> shares(has.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    shares[order[i]] = std::min(has[order[i]], count / (order.size() - i));
    count -= shares[order[i]];
  }
  return shares;
}

// The rows of one dataset, in a secret order, and which of them are taken already.
class Pool {
 public:
  Pool(const Dataset& data, const Secret& seed, const std::string& name)
      : data_(data), order_(RandomStream(seed, name).permutation(data.rows())) {}

  // Rows that are equal to one before them come last.
  void put_repeats_last(const std::vector<std::uint64_t>& keys) {
    std::unordered_set<std::uint64_t> seen;
    std::stable_partition(order_.begin(), order_.end(),
                          [&](std::uint64_t row) { return seen.insert(keys[row]).second; });
    distinct_ = seen.size();
  }

  // The next `count` rows, ascending. REQUIRES: so many are left.
  RowList take(std::uint64_t count, bool even) {
    const auto whole = static_cast<std::ptrdiff_t>(distinct_ < count ? order_.size() : distinct_);
    const auto end = order_.begin() + whole;
    const Field* labels = even ? class_labels(data_) : nullptr;
    RowList taken;
    if (labels)
      taken = evenly({order_.begin(), end}, *labels, count);
    else
      taken.assign(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(count));
    std::sort(taken.begin(), taken.end());
    const auto gone = [&](std::uint64_t row) {
      return std::binary_search(taken.begin(), taken.end(), row);
    };
    distinct_ =
        static_cast<std::uint64_t>(std::remove_if(order_.begin(), end, gone) - order_.begin());
    RowList left(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(distinct_));
    std::copy_if(end, order_.end(), std::back_inserter(left),
                 [&](std::uint64_t row) { return !gone(row); });
    order_ = std::move(left);
    return taken;
  }

 private:
  static RowList evenly(std::span<const std::uint64_t> rows, const Field& labels,
                        std::uint64_t count) {
    const auto values = view_as<std::int64_t>(labels.tensor.source->view());
    std::map<std::int64_t, RowList> by_class;
    for (const std::uint64_t row : rows) by_class[values[row]].push_back(row);
    std::vector<std::uint64_t> has;
    for (const auto& [label, own] : by_class) has.push_back(own.size());
    const std::vector<std::uint64_t> shares = even_shares(has, count);
    RowList taken;
    std::size_t i = 0;
    for (const auto& [label, own] : by_class)
      taken.insert(taken.end(), own.begin(),
                   own.begin() + static_cast<std::ptrdiff_t>(shares[i++]));
    return taken;
  }

  const Dataset& data_;
  RowList order_;
  std::uint64_t distinct_ = order_.size();  // so many at the beginning differ
};

// Chooses and scales one guest's rows.
class Chooser {
 public:
  Chooser(const Manner& manner, const PlanSize& size, std::size_t number, Task& task,
          const Secret& seed, const std::string& name, RowKeys& keys)
      : manner_(manner),
        size_(size),
        number_(number),
        task_(task),
        seed_(seed),
        name_(name),
        keys_(keys) {}

  void choose(AlikeNotes& notes) {
    // Where rows of the wanted are held out after all were prepared, so are a guest's.
    if (task_.validation && !manner_.validation && task_.shape.rows >= 2) leave_validation(notes);
    const Dataset& data = *task_.data;
    const bool split = size_.held_out_rows > 0 && !task_.validation && manner_.validation;
    const std::uint64_t aside = split ? rows_to_hold_out() : 0;
    const bool planned = size_.held_out_rows > 0 && !task_.validation && !split;
    const std::uint64_t most = planned ? manner_.rows : manner_.training;
    const std::uint64_t whole = std::min(data.rows() - aside, manner_.rows);
    const std::uint64_t count = std::min(whole, most);
    RowList training = all_rows(data), held_out;
    if (whole < data.rows()) {
      Pool pool(data, seed_, "choose/" + name_);
      if (manner_.distinct) pool.put_repeats_last(keys_.of(data));
      // What even classes leave is more uneven than the data, so that they are taken last.
      const bool first = aside > 0 && manner_.balanced;
      if (first) held_out = pool.take(aside, manner_.held_out_balanced);
      training = pool.take(whole, manner_.balanced);
      if (aside > 0 && !first) held_out = pool.take(aside, manner_.held_out_balanced);
    }
    if (task_.validation) held_out = choose_validation();
    find_scaling(training, held_out, count == whole, notes);
    if (count < whole) leave_out(training, count);
    if (aside > 0) {
      task_.rows.held_out = chosen_rows(task_.rows.training, held_out, held_out_scaling_);
      task_.shape.held_out_rows = aside;
      notes.held_out(task_, aside);
    }
    if (task_.validation) use_validation(std::move(held_out));
    if (count == data.rows() && !is_scaled(scaling_)) return;
    task_.rows.training = chosen_rows(task_.rows.training, training, scaling_);
    task_.shape.rows = count;
    if (count + aside < data.rows()) notes.chosen(task_, count);
    task_.chosen = std::move(training);
  }

 private:
  // What training rows leave, or as many as are set aside of any task.
  std::uint64_t rows_to_hold_out() const {
    const std::uint64_t rows = task_.data->rows();
    const std::uint64_t left = rows - std::min(rows, manner_.training);
    return std::min(size_.held_out_rows,
                    std::max(left, rows_set_aside(task_.shape, size_.held_out_rows)));
  }

  void leave_validation(AlikeNotes& notes) {
    task_.validation = nullptr;
    task_.rows.held_out = nullptr;
    task_.shape.held_out_rows = 0;
    notes.left_validation(task_);
  }

  // As the wanted task's rows lose some that are set aside, after whatever made them exact.
  void leave_out(RowList& training, std::uint64_t count) const {
    RandomStream random(seed_, "leave-out/" + name_);
    random.shuffle(std::span(training));
    training.resize(count);
    std::sort(training.begin(), training.end());
  }

  // `exact`: none of the rows is left out afterwards.
  void find_scaling(const RowList& training, const RowList& held_out, bool exact,
                    AlikeNotes& notes) {
    scaling_.resize(task_.data->fields.size());
    held_out_scaling_.resize(scaling_.size());
    const Dataset* data = task_.validation ? task_.validation.get() : task_.data.get();
    SplitRows rows{{task_.data.get(), training}, std::nullopt};
    if (!held_out.empty()) rows.held_out = {data, held_out};
    scale_columns(rows, exact, notes);
    scale_rows(training, notes);
  }

  void scale_columns(const SplitRows& rows, bool exact, AlikeNotes& notes) {
    if (manner_.habits.empty()) return;
    const std::vector<ColumnHabit> own = fitted_habits(rows);
    RandomStream random(seed_, "scale/" + name_);
    for (const ColumnHabit& habit : manner_.habits[number_ % manner_.habits.size()]) {
      const bool has_it = std::any_of(own.begin(), own.end(), [&](const ColumnHabit& one) {
        return one.fitted == habit.fitted && same_scaler(one, habit);
      });
      if (has_it) continue;
      // Probabilities and classes stay what they are.
      if (habit.role == Role::kTarget && task_.network.train.loss != Loss::kMse) continue;
      const std::vector<DataRows> parts = rows_fitted(rows, habit.fitted);
      if (!parts.empty() && scale(habit, parts, random)) notes.scaled(task_, habit, exact);
    }
  }

  // Whether any column is scaled. What is fitted on training rows scales held-out ones, too.
  bool scale(const ColumnHabit& habit, std::span<const DataRows> parts, RandomStream& random) {
    const std::vector<Scaling> scaling = scaling_to(habit, parts, random);
    bool any = false;
    for (std::size_t f = 0; f < scaling.size(); ++f) {
      any = any || !scaling[f].groups.empty();
      held_out_scaling_[f].columns.join(scaling[f]);
      if (habit.fitted != ColumnHabit::Fitted::kHeldOut) scaling_[f].columns.join(scaling[f]);
    }
    return any;
  }

  void scale_rows(const RowList& training, AlikeNotes& notes) {
    const auto scaling = row_scaling_to(manner_.row_habits, *task_.data, training);
    for (std::size_t f = 0; f < scaling.size(); ++f)
      scaling_[f].rows = held_out_scaling_[f].rows = scaling[f];
    notes.scaled_rows(task_, scaling);
  }

  static bool is_scaled(const std::vector<FieldScaling>& scaling) {
    return std::any_of(scaling.begin(), scaling.end(),
                       [](const FieldScaling& one) { return one.is_any(); });
  }

  // Which rows of its validation data are its held-out ones.
  RowList choose_validation() const {
    const Dataset& data = *task_.validation;
    const std::uint64_t count = std::min(data.rows(), size_.held_out_rows);
    if (count == data.rows()) return all_rows(data);
    return Pool(data, seed_, "choose-held-out/" + name_).take(count, manner_.held_out_balanced);
  }

  void use_validation(RowList rows) {
    if (rows.size() == task_.validation->rows() && !is_scaled(held_out_scaling_)) return;
    task_.shape.held_out_rows = rows.size();
    task_.rows.held_out = chosen_rows(task_.rows.held_out, std::move(rows), held_out_scaling_);
  }

  const Manner& manner_;
  const PlanSize& size_;
  std::size_t number_;  // of the guest
  Task& task_;
  const Secret& seed_;
  const std::string& name_;
  RowKeys& keys_;
  std::vector<FieldScaling> scaling_, held_out_scaling_;  // by field
};

}  // namespace

std::vector<std::string> choose_rows(const PlanSize& size, const TaskCounts& counts,
                                     std::span<Task> tasks, const Secret& seed) {
  const std::size_t all = counts.wanted + counts.guests + counts.generated;
  if (all < 2) return {};
  AlikeNotes notes;
  RowKeys keys;
  if (tasks.size() > counts.wanted) {
    std::vector<TaskShape> shapes;
    for (const Task& task : tasks) shapes.push_back(task.shape);
    const std::vector<std::string> names = stream_names(shapes);
    const Manner manner = manner_of(tasks.first(counts.wanted), size, keys);
    for (std::size_t t = counts.wanted; t < tasks.size(); ++t)
      Chooser(manner, size, t - counts.wanted, tasks[t], seed, names[t], keys).choose(notes);
  }
  return notes.all(tasks, size, all > tasks.size(), keys);
}

}  // namespace amalgam
