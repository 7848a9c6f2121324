#include "obfuscate/choose.h"

#include <algorithm>
#include <optional>

#include "base/random.h"
#include "formats/losses.h"
#include "obfuscate/alike_notes.h"
#include "obfuscate/chosen_rows.h"
#include "obfuscate/column_scaler.h"
#include "obfuscate/fitted_habits.h"
#include "obfuscate/manner.h"
#include "obfuscate/row_habits.h"
#include "obfuscate/row_pool.h"

namespace amalgam {
namespace {

// Whose manner a guest's rows are chosen in, and by which random numbers: guests over the same rows
// get the same of them, so that what they have in common stays so.
struct Choice {
  std::size_t number = 0;  // of the guest, or of the first over these rows
  std::string name;
  bool by_class = true;  // which classes there are is each target's own
};

// Chooses and scales one guest's rows.
class Chooser {
 public:
  Chooser(const Manner& manner, const PlanSize& size, const Choice& choice, Task& task,
          const Secret& seed, RowKeys& keys)
      : manner_(manner),
        own_(manner.of_guest(choice.number)),
        choice_(choice),
        size_(size),
        task_(task),
        seed_(seed),
        name_(choice.name),
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
    if (whole < data.rows()) take_rows(whole, aside, training, held_out);
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

  // How classes are spread: of rows that were split by class, and of others.
  Spread spread_of(bool even, bool apart) const {
    if (!choice_.by_class) return Spread::kAny;
    if (even) return Spread::kEven;
    return own_.stratified && apart ? Spread::kProportional : Spread::kAny;
  }

  void take_rows(std::uint64_t count, std::uint64_t aside, RowList& training, RowList& held_out) {
    RowPool pool(*task_.data, seed_, "choose/" + name_);
    if (own_.distinct) pool.put_repeats_last(keys_.of(*task_.data));
    const Spread even = spread_of(own_.balanced, task_.validation != nullptr);
    const Spread of_held_out = spread_of(own_.held_out_balanced, true);
    if (aside > 0 && of_held_out == Spread::kProportional && even == Spread::kAny)
      pool.keep(RowPool(pool).take(count + aside, even));
    // What even classes leave is more uneven than the data, so that they are taken last.
    const bool first = aside > 0 && (even == Spread::kEven || of_held_out == Spread::kProportional);
    if (first) held_out = pool.take(aside, of_held_out);
    training = pool.take(count, even);
    if (aside > 0 && !first) held_out = pool.take(aside, of_held_out);
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
    scale_rows(training, notes);
    scale_columns(rows, exact, notes);
  }

  void scale_columns(const SplitRows& rows, bool exact, AlikeNotes& notes) {
    if (own_.habits.empty()) return;
    const std::vector<ColumnHabit> own = fitted_habits(rows);
    RandomStream random(seed_, "scale/" + name_);
    for (const ColumnHabit& habit : own_.habits) {
      const bool has_it = std::any_of(own.begin(), own.end(), [&](const ColumnHabit& one) {
        return one.fitted == habit.fitted && same_scaler(one, habit);
      });
      if (has_it) continue;
      // Probabilities and classes stay what they are.
      if (habit.role == Role::kTarget && !loss_row(task_.network.train.loss).real_values) continue;
      const std::vector<DataRows> parts = rows_fitted(rows, habit.fitted);
      if (parts.empty()) continue;
      const std::vector<Scaling> scaling = scaling_to(habit, parts, random);
      if (scale(habit, scaling)) notes.scaled(task_, habit, exact, columns_left(scaling));
    }
  }

  static std::uint64_t columns_left(const std::vector<Scaling>& scaling) {
    std::uint64_t left = 0;
    for (const Scaling& one : scaling) left += one.left;
    return left;
  }

  // Whether any column is scaled. What is fitted on training rows scales held-out ones, too.
  bool scale(const ColumnHabit& habit, const std::vector<Scaling>& scaling) {
    bool any = false;
    for (std::size_t f = 0; f < scaling.size(); ++f) {
      if (scaling_[f].rows.is_any()) continue;  // these are scaled last
      any = any || !scaling[f].groups.empty();
      held_out_scaling_[f].columns.join(scaling[f]);
      if (habit.fitted != ColumnHabit::Fitted::kHeldOut) scaling_[f].columns.join(scaling[f]);
    }
    return any;
  }

  void scale_rows(const RowList& training, AlikeNotes& notes) {
    const auto scaling = row_scaling_to(own_.row_habits, *task_.data, training);
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
    return RowPool(data, seed_, "choose-held-out/" + name_)
        .take(count, spread_of(own_.held_out_balanced, true));
  }

  void use_validation(RowList rows) {
    if (rows.size() == task_.validation->rows() && !is_scaled(held_out_scaling_)) return;
    task_.shape.held_out_rows = rows.size();
    task_.rows.held_out = chosen_rows(task_.rows.held_out, std::move(rows), held_out_scaling_);
  }

  const Manner& manner_;
  const TaskManner& own_;
  const Choice& choice_;
  const PlanSize& size_;
  Task& task_;
  const Secret& seed_;
  const std::string& name_;
  RowKeys& keys_;
  std::vector<FieldScaling> scaling_, held_out_scaling_;  // by field
};

// By guest. A guest over the rows of a wanted task has them all as they are, whichever of the two
// is wanted: none is to be chosen.
std::vector<std::optional<Choice>> choices_of(std::span<const Task> tasks, std::size_t wanted) {
  std::vector<TaskShape> shapes;
  for (const Task& task : tasks) shapes.push_back(task.shape);
  const std::vector<std::string> names = stream_names(shapes);
  const auto same_rows = [&](std::size_t a, std::size_t b) {
    return !shapes[a].row_order.empty() && shapes[a].row_order == shapes[b].row_order;
  };
  std::vector<std::optional<Choice>> choices;
  for (std::size_t t = wanted; t < tasks.size(); ++t) {
    std::vector<std::size_t> others;
    for (std::size_t other = 0; other < tasks.size(); ++other)
      if (other != t && same_rows(t, other)) others.push_back(other);
    const std::size_t first = others.empty() ? t : std::min(t, others.front());
    if (first < wanted)
      choices.emplace_back();
    else
      choices.emplace_back(
          Choice{first - wanted, others.empty() ? names[t] : shapes[t].row_order, others.empty()});
  }
  return choices;
}

}  // namespace

std::vector<std::string> choose_rows(const PlanSize& size, const TaskCounts& counts,
                                     std::span<Task> tasks, const Secret& seed) {
  const std::size_t all = counts.wanted + counts.guests + counts.generated;
  if (all < 2) return {};
  AlikeNotes notes;
  RowKeys keys;
  if (tasks.size() > counts.wanted) {
    const Manner manner = manner_of(tasks.first(counts.wanted), size, keys);
    const auto choices = choices_of(tasks, counts.wanted);
    for (std::size_t g = 0; g < choices.size(); ++g)
      if (choices[g])
        Chooser(manner, size, *choices[g], tasks[counts.wanted + g], seed, keys).choose(notes);
  }
  return notes.all(tasks, size, all > tasks.size(), keys);
}

}  // namespace amalgam
