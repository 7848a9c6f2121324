// Every secret choice of one job, drawn from one seed. What follows the plan is a pure function of
// it and the inputs.
//
// The plan knows tasks, all alike: of each it learns its shape and its rows. Printing a plan prints
// the secret.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "amalgam/dataset.h"
#include "base/random.h"

namespace amalgam {

// Which secrets are drawn, and how: jobs and keys name it, so that another way is another version.
inline constexpr std::uint64_t kPlanVersion = 2;

// Columns of a sample that lie side by side in a job: those of one role and one dtype.
struct ColumnGroup {
  Role role;
  DType dtype;

  auto operator<=>(const ColumnGroup&) const = default;
  // Of their tensor in the job's shards: "x.uint8", "y.int64".
  std::string name() const;
};
// What has that name; nothing where none has.
std::optional<ColumnGroup> column_group(std::string_view name);

// Columns that belong together: a field's.
struct ColumnShape {
  Role role;
  DType dtype;
  std::uint64_t width;  // elements of one row
  // Of which so many are columns of other tasks: it reads them and fills them not.
  std::uint64_t borrowed = 0;
  // Reads a random choice of all columns, its own or not, as in the paper.
  bool scattered = false;
  // Its values number the tokens of a vocabulary of this size, and are numbered anew; 0: they stay.
  std::uint64_t vocabulary = 0;
  // Equal numbers above 0 are one field, which its tasks have in common: one set of columns.
  std::uint64_t shared = 0;

  std::uint64_t own() const { return width - borrowed; }
  ColumnGroup group() const { return {role, dtype}; }
  bool operator==(const ColumnShape&) const = default;
};

// What the plan learns of a task.
struct TaskShape {
  // From the task's content: it orders the tasks and names their streams of random numbers, so that
  // neither depends on the order in which they were given, nor on which other tasks there are.
  std::string fingerprint;
  // Orders tasks of equal content, by the rest of what they are: recipe and validation data.
  std::string rest;
  std::vector<ColumnShape> fields;  // features, then targets
  std::uint64_t rows = 0;           // of its training data
  std::uint64_t held_out_rows =
      0;                     // of its own validation data; 0: some training rows are set aside
  bool may_send = true;      // activations, over a link
  bool may_receive = false;  // them; nothing that receives can be extracted
  // Names the order of its rows and the numbers of its tokens, which tasks over the same rows have
  // in common. Empty: an order of its own.
  std::string row_order = {};  // NOLINT(readability-redundant-member-init)

  std::span<const ColumnShape> features() const { return std::span(fields).first(feature_count()); }
  std::size_t feature_count() const;
  // Tokens that are numbered anew: of the largest vocabulary; 0: none.
  std::uint64_t vocabulary() const;
};

using Positions = std::vector<std::uint64_t>;  // ascending

// The columns that a stream fills, ascending, and which element of its row goes into each. Without
// borrowed columns they are those that it reads, one element after another (`elements` is empty);
// of a field that several have in common, the first of them fills all.
struct Filling {
  Positions columns;
  std::vector<std::uint64_t> elements;
};

// An activation of one stream's network goes, detached, into another's.
struct Link {
  std::size_t from, to;  // indices into Plan::streams; from < to
};

// What a stream reads of a group's columns, and what it fills, for one of its fields.
struct StreamField {
  Positions positions;
  Filling filling;
};

struct Stream {
  std::size_t task = 0;                 // index into the tasks given
  std::vector<StreamField> fields;      // as the task's
  std::vector<std::uint64_t> rows;      // the task's row behind each of the job's rows
  std::vector<std::uint64_t> held_out;  // the same for held-out rows
  bool held_out_from_training = false;  // held_out numbers rows of the training data
  std::vector<std::uint32_t> numbers;   // the new number of each token; empty: they stay
};

// What all tasks of a job have in common.
struct PlanSize {
  std::uint64_t rows = 0;
  std::uint64_t held_out_rows = 0;
  // So many connections into tasks that may receive; those that do come last in the job, and at
  // least two receive nothing.
  std::uint64_t links = 0;
};

struct Plan {
  PlanSize size;
  std::vector<Stream> streams;                   // in the job's order
  std::map<ColumnGroup, std::uint64_t> columns;  // elements of one sample
  std::vector<Link> links;
};

// Training rows that remain when a task without validation data sets some aside: at most a fifth
// goes.
std::uint64_t rows_set_aside(const TaskShape& task, std::uint64_t held_out_rows);

// REQUIRES: tasks with a field in common have the same order of rows, as many rows and tokens, and
// that field alike, with all of its columns their own.
// Throws kInvalid where no task can receive a link, or where there are too few columns to borrow.
Plan draw_plan(const Secret& seed, const std::vector<TaskShape>& tasks, const PlanSize& size);
// The streams alone, without their rows, which do not depend on how many there are.
Plan draw_streams(const Secret& seed, const std::vector<TaskShape>& tasks, std::uint64_t links);

// The names of a task's streams of random numbers: equal tasks get different ones, by their order
// among equals.
std::vector<std::string> stream_names(const std::vector<TaskShape>& tasks);

}  // namespace amalgam
