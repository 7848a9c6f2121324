#include "obfuscate/fitted_habits.h"

#include <algorithm>
#include <iterator>

namespace amalgam {
namespace {

using Fitted = ColumnHabit::Fitted;
using Habits = std::vector<ColumnHabit>;

Habits habits_of(const SplitRows& rows, Fitted fitted) {
  const std::vector<DataRows> parts = rows_fitted(rows, fitted);
  if (parts.empty()) return {};
  Habits found = column_habits(parts);
  for (ColumnHabit& habit : found) habit.fitted = fitted;
  return found;
}

// How many columns have one.
std::ptrdiff_t places(const Habits& habits, Role role) {
  std::ptrdiff_t count = 0;
  for (const ColumnHabit& habit : habits)
    if (habit.role == role)
      for (const std::vector<bool>& field : habit.places)
        count += std::count(field.begin(), field.end(), true);
  return count;
}

void copy_of(Role role, const Habits& from, Habits& out) {
  std::copy_if(from.begin(), from.end(), std::back_inserter(out),
               [&](const ColumnHabit& habit) { return habit.role == role; });
}

// Few rows may reach an end by accident, or because a scaler of training rows clips others there.
bool by_itself(const ColumnHabit& held_out, const Habits& training) {
  using Kind = ColumnHabit::Kind;
  bool any = false;
  for (const ColumnHabit& habit : training) {
    if (habit.role != held_out.role) continue;
    if (habit.kind == held_out.kind) return true;
    any = true;
  }
  return !any && held_out.kind != Kind::kRange && held_out.kind != Kind::kLargest;
}

// Whether the fields of both are alike, as far as scaling goes.
bool alike(const Dataset& a, const Dataset& b) {
  const auto same = [](const Field& x, const Field& y) {
    return x.role == y.role && x.tensor.dtype == y.tensor.dtype && x.width() == y.width();
  };
  return std::equal(a.fields.begin(), a.fields.end(), b.fields.begin(), b.fields.end(), same);
}

}  // namespace

std::vector<DataRows> rows_fitted(const SplitRows& rows, Fitted fitted) {
  const bool held_out = rows.held_out && !rows.held_out->rows.empty() &&
                        alike(*rows.training.data, *rows.held_out->data);
  if (fitted == Fitted::kTraining) return {rows.training};
  if (!held_out) return {};
  if (fitted == Fitted::kHeldOut) return {*rows.held_out};
  return {rows.training, *rows.held_out};
}

std::vector<ColumnHabit> fitted_habits(const SplitRows& rows) {
  Habits training = habits_of(rows, Fitted::kTraining);
  Habits both = habits_of(rows, Fitted::kAllRows);
  Habits held_out = habits_of(rows, Fitted::kHeldOut);
  const auto near = [](const ColumnHabit& habit) { return habit.kind == ColumnHabit::Kind::kNear; };
  Habits nearly;
  std::copy_if(training.begin(), training.end(), std::back_inserter(nearly), near);
  for (Habits* habits : {&training, &both, &held_out}) std::erase_if(*habits, near);
  std::erase_if(held_out, [&](const ColumnHabit& habit) { return !by_itself(habit, training); });
  Habits out;
  for (const Role role : {Role::kFeature, Role::kTarget}) {
    // Some columns of a part end where those of all rows do.
    const std::ptrdiff_t together = places(both, role);
    if (together > places(training, role) && together > places(held_out, role)) {
      copy_of(role, both, out);
      continue;
    }
    const std::size_t before = out.size();
    copy_of(role, training, out);
    copy_of(role, held_out, out);
    if (out.size() == before) copy_of(role, nearly, out);
  }
  return out;
}

}  // namespace amalgam
