#include "key/check.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/bytes.h"
#include "key/key_format.h"
#include "noise/generator.h"
#include "plan/plan.h"

namespace amalgam {
namespace {

using namespace key_format;

[[noreturn]] void damaged(const std::string& where, std::string what) {
  throw Error(ErrorCode::kDamaged, where, std::move(what));
}

void at_most(std::uint64_t found, std::uint64_t most, const char* what, const std::string& where) {
  if (found > most)
    damaged(where, fmt::format("has {} {}; at most {} are possible", found, what, most));
}

std::string place(const std::string& where, const char* list, std::size_t index) {
  return fmt::format("{}/{}/{}", where, list, index);
}

bool all_of(std::string_view text, bool (*good)(unsigned char)) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return good(static_cast<unsigned char>(c)); });
}

bool is_alnum(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

void check_hex(const std::string& text, std::size_t most, const char* what,
               const std::string& where) {
  const auto hex = [](unsigned char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (text.empty() || text.size() > most || !all_of(text, hex))
    damaged(where, fmt::format("its {} must be at most {} hexadecimal digits", what, most));
}

// "subnetworks.3.": the sub-network that a tensor of the job belongs to.
std::size_t subnetwork_of(const std::string& name, std::size_t count, const std::string& where) {
  static constexpr std::string_view kPrefix = "subnetworks.";
  const std::size_t end = name.find('.', kPrefix.size());
  const auto word = [](unsigned char c) { return is_alnum(c) || c == '_'; };
  const std::string_view view = name;
  if (view.starts_with(kPrefix) && end != name.npos && name.size() <= kMostName &&
      end + 1 < name.size() && all_of(view.substr(end + 1), word)) {
    const std::string_view digits = view.substr(kPrefix.size(), end - kPrefix.size());
    for (std::size_t k = 0; k < count; ++k)
      if (digits == std::to_string(k)) return k;
  }
  damaged(where, "its name is not one of a tensor of the job");
}

void check_runs(const KeyTensor& tensor, std::uint64_t elements, const std::string& where) {
  std::uint64_t next = 0;
  for (const auto& [first, count] : tensor.not_finite) {
    if (first < next || count == 0 || first > elements || count > elements - first)
      damaged(where, "its runs of values that are not finite are out of order or range");
    next = first + count;
  }
}

void check_tensor(const KeyTensor& tensor, const std::string& where) {
  using Kind = TensorKind;
  at_most(tensor.shape.size(), kMostDimensions, "dimensions", where);
  const std::uint64_t elements = element_count(tensor.shape);
  checked_mul(elements, dtype_size(tensor.dtype), where);
  check_hex(tensor.digest, kTensorDigest, "digest", where);
  if (tensor.digest.size() != kTensorDigest)
    damaged(where, fmt::format("its digest must have {} hexadecimal digits", kTensorDigest));
  check_runs(tensor, elements, where);
  if (tensor.kind == Kind::kPositions &&
      (tensor.dtype != DType::kInt64 || tensor.shape.size() != 1))
    damaged(where, "positions must be int64 [n]");
  if (tensor.kind == Kind::kCounter && (tensor.dtype != DType::kInt64 || elements != 1))
    damaged(where, "a counter must be one int64");
  if (tensor.kind == Kind::kVariance && !is_floating(tensor.dtype))
    damaged(where, "running variances must be floating");
  if (tensor.start > kMostCount || tensor.per_batch > kMostCount ||
      (tensor.per_batch > 0) != (tensor.kind == Kind::kCounter) ||
      (tensor.start > 0 && tensor.kind != Kind::kCounter))
    damaged(where, "counts what no counter does");
}

// Sizes of the columns of one dtype, dealt among all tasks; `read`: those that tasks have in common
// as often as they are read.
struct Columns {
  std::uint64_t own = 0, gathering = 0, read = 0;
};

// Of a field that several tasks have in common: the first that has it.
using Shared = std::map<std::uint64_t, std::pair<const TaskShape*, const ColumnShape*>>;

void check_shared(const TaskShape& task, const ColumnShape& columns, const Shared& shared,
                  const std::string& where) {
  const auto& [other, theirs] = shared.at(columns.shared);
  if (columns.borrowed > 0 || columns.scattered || columns != *theirs)
    damaged(where, "has a field in common with a task in which it is another");
  if (task.row_order.empty() || task.row_order != other->row_order || task.rows != other->rows ||
      task.held_out_rows != other->held_out_rows ||
      (columns.vocabulary > 0 && task.vocabulary() != other->vocabulary()))
    damaged(where, "has a field in common with a task whose rows are in another order");
}

void check_columns(const ColumnShape& columns, bool first, std::map<ColumnGroup, Columns>& totals,
                   const std::string& where) {
  if (columns.width == 0) damaged(where, "has no columns");
  at_most(columns.width, kMostColumns, "columns", where);
  at_most(columns.vocabulary, kMostVocabulary, "tokens", where);
  if (columns.borrowed > columns.width) damaged(where, "borrows more columns than it has");
  if (columns.vocabulary > 0 && (columns.borrowed > 0 || columns.scattered))
    damaged(where, "numbers tokens anew that it shares");
  Columns& total = totals[columns.group()];
  total.own += first ? columns.width - columns.borrowed : 0;
  total.read += columns.width;
  total.gathering += columns.borrowed > 0 || columns.scattered ? 1 : 0;
}

void check_totals(const std::map<ColumnGroup, Columns>& totals, const std::string& where) {
  std::uint64_t all = 0, read = 0;
  for (const auto& [group, total] : totals) {
    all += total.own, read += total.read;
    at_most(all, kMostColumns, "columns", where);
    at_most(read, kMostRead, "columns that are read", where);
    at_most(checked_mul(total.own, total.gathering, where), kMostDraws, "columns to choose from",
            where);
  }
}

void check_borrowed(const ColumnShape& columns, const std::map<ColumnGroup, Columns>& totals,
                    const std::string& where) {
  const std::uint64_t own = columns.width - columns.borrowed, all = totals.at(columns.group()).own;
  if (columns.borrowed > all - own) damaged(where, "borrows more columns than the others have");
}

void check_origin(const std::string& origin, const std::string& where) {
  std::vector<std::string> known = generator_names();
  for (const std::string& name : token_generator_names()) known.push_back(name);
  for (const char* name : {"data", "patches", "copula"}) known.emplace_back(name);
  if (std::find(known.begin(), known.end(), origin) == known.end())
    damaged(where, "its rows were made in an unknown way");
}

void check_fields(const std::vector<ColumnShape>& fields, const std::string& where) {
  at_most(fields.size(), kMostFields, "fields", where);
  if (fields.empty() || fields[0].role != Role::kFeature) damaged(where, "has no features");
  const auto by_role = [](const ColumnShape& a, const ColumnShape& b) { return a.role < b.role; };
  if (!std::is_sorted(fields.begin(), fields.end(), by_role))
    damaged(where, "has features behind its targets");
}

void check_task(const KeyTask& task, const Key& key, const std::string& where) {
  check_hex(task.shape.fingerprint, kMostFingerprint, "fingerprint", where);
  check_hex(task.content, kMostFingerprint, "content", where);
  check_hex(task.at_start, kMostFingerprint, "content at its start", where);
  check_origin(task.origin, where);
  check_hex(task.shape.rest, kMostFingerprint, "rest", where);
  if (!task.shape.row_order.empty())
    check_hex(task.shape.row_order, kMostFingerprint, "order of rows", where);
  check_fields(task.shape.fields, where);
  at_most(task.shape.rows, kMostRows, "rows", where);
  at_most(task.shape.held_out_rows, kMostRows, "held-out rows", where);
  if (task.shape.rows <= rows_set_aside(task.shape, key.size.held_out_rows))
    damaged(where, "has no rows to train on");
}

void check_tasks(const Key& key, const std::string& where) {
  at_most(key.tasks.size(), kMostTasks, "tasks", where);
  if (key.tasks.empty()) damaged(where, "has no tasks");
  std::map<ColumnGroup, Columns> totals;
  Shared shared;
  std::uint64_t tokens = 0;
  for (std::size_t t = 0; t < key.tasks.size(); ++t) {
    const KeyTask& task = key.tasks[t];
    const std::string at = place(where, "tasks", t);
    check_task(task, key, at);
    for (const ColumnShape& columns : task.shape.fields) {
      const bool first =
          columns.shared == 0 || shared.try_emplace(columns.shared, &task.shape, &columns).second;
      if (columns.shared > 0) check_shared(task.shape, columns, shared, at);
      check_columns(columns, first, totals, at);
    }
    tokens += task.shape.vocabulary();
    at_most(tokens, kMostVocabulary, "tokens", where);
  }
  check_totals(totals, where);
  for (std::size_t t = 0; t < key.tasks.size(); ++t)
    for (const ColumnShape& columns : key.tasks[t].shape.fields)
      check_borrowed(columns, totals, place(where, "tasks", t));
}

void check_links(const Key& key, const std::string& where) {
  at_most(key.size.links, kMostLinks, "links", where);
  at_most(checked_mul(key.size.links, key.tasks.size(), where), kMostDraws, "links", where);
  if (key.size.links == 0) return;
  const auto can = [&](bool TaskShape::*end) {
    return std::any_of(key.tasks.begin(), key.tasks.end(),
                       [&](const KeyTask& task) { return task.shape.*end; });
  };
  if (key.tasks.size() < 3 || !can(&TaskShape::may_send) || !can(&TaskShape::may_receive))
    damaged(where, "has links that no task could send or receive");
}

// By name, for what refers to them.
using Trained = std::map<std::string_view, const KeyTensor*>;

Trained check_trained(const Key& key, const std::string& where) {
  at_most(key.trained.size(), kMostTensors, "tensors", where);
  Trained by_name;
  std::vector<std::uint64_t> fields(key.tasks.size());
  std::uint64_t widths = 0, expected = 0, bytes = 0;
  for (std::size_t i = 0; i < key.trained.size(); ++i) {
    const KeyTensor& tensor = key.trained[i];
    const std::string at = place(where, "trained", i);
    const std::size_t subnetwork = subnetwork_of(tensor.name, key.tasks.size(), at);
    if (!by_name.emplace(tensor.name, &tensor).second) damaged(at, "stands twice");
    check_tensor(tensor, at);
    const std::uint64_t elements = element_count(tensor.shape);
    bytes = checked_add(bytes, elements * dtype_size(tensor.dtype), at);
    if (tensor.kind != TensorKind::kPositions) continue;
    ++fields[subnetwork];
    widths = checked_add(widths, elements, at);
  }
  for (const KeyTask& task : key.tasks)
    for (const ColumnShape& columns : task.shape.features()) expected += columns.width;
  if (widths != expected || std::count(fields.begin(), fields.end(), 0u) > 0)
    damaged(where, "its positions do not fit its tasks");
  return by_name;
}

void check_user_name(const std::string& name, std::set<std::string_view>& taken,
                     const std::string& where) {
  const auto printable = [](unsigned char c) { return c >= ' ' && c != 0x7f; };
  if (name.size() > kMostName || !all_of(name, printable))
    damaged(where, fmt::format("a tensor's name must be of at most {} printable bytes", kMostName));
  if (name == "__metadata__" || !taken.insert(name).second)
    damaged(where, "gives two tensors one name, or a name that files keep for themselves");
}

void check_mapping(const KeyMapping& mapping, const KeyWanted& wanted, const KeyTask& task,
                   const Trained& trained, const std::string& where) {
  const auto found = trained.find(mapping.job_name);
  const std::string prefix = fmt::format("subnetworks.{}.", wanted.subnetwork);
  if (found == trained.end() || !mapping.job_name.starts_with(prefix) ||
      found->second->kind == TensorKind::kPositions)
    damaged(where, "names a tensor that its sub-network does not have");
  if (mapping.user_names.empty()) damaged(where, "has no names");
  at_most(mapping.user_names.size(), kMostTied, "names", where);
  if (mapping.of_loss && mapping.renumbered) damaged(where, "numbers rows of a loss anew");
  if (!mapping.renumbered) return;
  const Shape& shape = found->second->shape;
  if (task.shape.vocabulary() == 0 || shape.empty() || shape[0] != task.shape.vocabulary())
    damaged(where, "numbers other rows anew than its tokens");
}

void check_wanted(const KeyWanted& wanted, const Key& key, const Trained& trained,
                  const std::string& where) {
  const auto letters = [](unsigned char c) { return is_alnum(c) || c == '_' || c == '-'; };
  if (wanted.name.empty() || wanted.name.size() > kMostTaskName || !all_of(wanted.name, letters))
    damaged(where, fmt::format("a task's name is of at most {} letters, digits, '_' and '-'",
                               kMostTaskName));
  if (wanted.task >= key.tasks.size() || wanted.subnetwork >= key.tasks.size())
    damaged(where, "numbers a task or a sub-network that there is not");
  std::set<std::string_view> names, names_of_loss, tensors;
  for (std::size_t i = 0; i < wanted.tensors.size(); ++i) {
    const std::string at = place(where, "tensors", i);
    const KeyMapping& mapping = wanted.tensors[i];
    check_mapping(mapping, wanted, key.tasks[wanted.task], trained, at);
    if (!tensors.insert(mapping.job_name).second) damaged(at, "takes a tensor twice");
    for (const std::string& name : mapping.user_names)
      check_user_name(name, mapping.of_loss ? names_of_loss : names, at);
  }
}

void check_all_wanted(const Key& key, const Trained& trained, const std::string& where) {
  at_most(key.wanted.size(), key.tasks.size(), "wanted tasks", where);
  if (key.wanted.empty()) damaged(where, "has no wanted task");
  std::set<std::string_view> names;
  std::set<std::size_t> tasks, subnetworks;
  for (std::size_t i = 0; i < key.wanted.size(); ++i) {
    const KeyWanted& wanted = key.wanted[i];
    check_wanted(wanted, key, trained, place(where, "wanted", i));
    if (!names.insert(wanted.name).second || !tasks.insert(wanted.task).second ||
        !subnetworks.insert(wanted.subnetwork).second)
      damaged(place(where, "wanted", i), "stands twice");
  }
}

// What this process may have, by the machine and its own limit.
std::uint64_t memory_here() {
  std::uint64_t bytes = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                        static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    bytes = std::min<std::uint64_t>(bytes, limit.rlim_cur);
  return bytes;
}

}  // namespace

void check_key(const Key& key, const std::string& where) {
  if (key.size.rows == 0) damaged(where, "has no rows");
  at_most(key.size.rows, kMostRows, "rows", where);
  at_most(key.size.held_out_rows, kMostRows, "held-out rows", where);
  if (key.epochs == 0 || key.batch_size == 0 || key.epochs > kMostCount ||
      key.batch_size > kMostCount)
    damaged(where, "has a recipe without epochs or batches, or of too many");
  check_hex(key.job_digest, kJobDigest, "job", where);
  check_tasks(key, where);
  check_links(key, where);
  check_all_wanted(key, check_trained(key, where), where);
}

void check_rows(const Key& key, const std::string& where) {
  std::uint64_t numbers = 0, pool = 0;
  for (const KeyTask& task : key.tasks) {
    numbers += key.size.rows + key.size.held_out_rows;
    pool = std::max(pool, task.shape.rows + task.shape.held_out_rows);
  }
  const std::uint64_t bytes = checked_mul(checked_add(numbers, 3 * pool, where), 8, where);
  if (bytes > memory_here() / 4)
    damaged(where, fmt::format("its rows would take {} bytes to draw, more than a quarter of the "
                               "memory here",
                               bytes));
}

}  // namespace amalgam
