// Every secret choice of one job, drawn from one seed. What follows the plan is a pure function of
// it and the inputs.
//
// The plan knows tasks, all alike: of each it learns its shape and its rows. Printing a plan prints
// the secret.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "amalgam/tensor.h"
#include "base/random.h"

namespace amalgam {

// Columns of one dtype that belong together: a feature field, or the targets.
struct ColumnShape {
  DType dtype;
  std::uint64_t width;  // elements of one row
  // Of which so many are columns of other tasks: it reads them and fills them not.
  std::uint64_t borrowed = 0;
  // Reads a random choice of all columns, its own or not, as in the paper.
  bool scattered = false;
  // Its values number the tokens of a vocabulary of this size, and are numbered anew; 0: they stay.
  std::uint64_t vocabulary = 0;

  std::uint64_t own() const { return width - borrowed; }
};

// What the plan learns of a task.
struct TaskShape {
  // From the task's content: it orders the tasks and names their streams of random numbers, so that
  // neither depends on the order in which they were given, nor on which other tasks there are.
  std::string fingerprint;
  std::vector<ColumnShape> features;
  std::optional<ColumnShape> targets;
  std::uint64_t rows = 0;  // of its training data
  std::uint64_t held_out_rows =
      0;                     // of its own validation data; 0: some training rows are set aside
  bool may_send = true;      // activations, over a link
  bool may_receive = false;  // them; nothing that receives can be extracted
};

using Positions = std::vector<std::uint64_t>;  // ascending

// The columns that a stream fills, ascending, and which element of its row goes into each. Without
// borrowed columns they are those that it reads, one element after another (`elements` is empty).
struct Filling {
  Positions columns;
  std::vector<std::uint64_t> elements;
};

// An activation of one stream's network goes, detached, into another's.
struct Link {
  std::size_t from, to;  // indices into Plan::streams; from < to
};

struct Stream {
  std::size_t task;                 // index into the tasks given
  std::vector<Positions> features;  // per field: columns among the job's columns of that dtype
  Positions targets;                // columns among the job's target columns of that dtype
  std::vector<Filling> fills;       // per field
  Filling fills_targets;
  std::vector<std::uint64_t> rows;      // the task's row behind each of the job's rows
  std::vector<std::uint64_t> held_out;  // the same for held-out rows
  bool held_out_from_training = false;  // held_out numbers rows of the training data
  std::vector<std::uint32_t> numbers;   // the new number of each token; empty: they stay
};

struct Plan {
  std::uint64_t rows = 0;
  std::uint64_t held_out_rows = 0;
  std::vector<Stream> streams;                     // in the job's order
  std::map<DType, std::uint64_t> feature_columns;  // elements of one sample, by dtype
  std::map<DType, std::uint64_t> target_columns;
  std::vector<Link> links;
};

// Training rows that remain when a task without validation data sets some aside: at most a fifth
// goes.
std::uint64_t rows_set_aside(const TaskShape& task, std::uint64_t held_out_rows);

// The streams without their rows, which do not depend on how many there are. `links` as below.
Plan draw_streams(const Secret& seed, const std::vector<TaskShape>& tasks, std::uint64_t links);

// With `links`, so many connections into tasks that may receive; those that do come last in the
// job, and at least two receive nothing. Throws kInvalid where no task can receive, or where
// there are too few columns to borrow.
Plan draw_plan(const Secret& seed, const std::vector<TaskShape>& tasks, std::uint64_t rows,
               std::uint64_t held_out_rows, std::uint64_t links = 0);

// The names of a task's streams of random numbers: equal tasks get different ones, by their order
// among equals.
std::vector<std::string> stream_names(const std::vector<TaskShape>& tasks);

}  // namespace amalgam
