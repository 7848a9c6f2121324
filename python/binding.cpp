// The C++ core as the module amalgam._core: arrays are taken as they lie in memory, the interpreter
// lock is released while the core works, and errors become amalgam.Error.
#include "binding.h"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "amalgam/dataset.h"
#include "amalgam/error.h"
#include "amalgam/extract.h"
#include "amalgam/key.h"
#include "amalgam/obfuscate.h"
#include "amalgam/verify.h"
#include "amalgam/version.h"
#include "interruptible.h"

namespace nb = nanobind;
using namespace nb::literals;

namespace amalgam {
namespace {

using Array = nb::ndarray<nb::ro, nb::c_contig, nb::device::cpu>;

DType dtype_of(nb::dlpack::dtype type, const std::string& where) {
  using Code = nb::dlpack::dtype_code;
  const auto code = static_cast<Code>(type.code);
  for (const auto& [known, bits, dtype] : {std::tuple{Code::UInt, 8, DType::kUInt8},
                                           {Code::Int, 8, DType::kInt8},
                                           {Code::Int, 16, DType::kInt16},
                                           {Code::Int, 32, DType::kInt32},
                                           {Code::Int, 64, DType::kInt64},
                                           {Code::UInt, 16, DType::kUInt16},
                                           {Code::UInt, 32, DType::kUInt32},
                                           {Code::UInt, 64, DType::kUInt64},
                                           {Code::Float, 16, DType::kFloat16},
                                           {Code::Float, 32, DType::kFloat32},
                                           {Code::Float, 64, DType::kFloat64},
                                           {Code::Bool, 8, DType::kBool}})
    if (code == known && type.bits == bits && type.lanes == 1) return dtype;
  throw Error(ErrorCode::kUnsupported, where, "is of a dtype that no dataset can have");
}

// Keeps the array alive; may be let go on any thread.
std::shared_ptr<const void> owner_of(const Array& array) {
  return {new Array(array), [](const Array* held) {
            nb::gil_scoped_acquire lock;
            delete held;
          }};
}

Field field_of(const std::string& name, const Array& array, const std::string& where) {
  Field field;
  field.name = name;
  field.tensor.dtype = dtype_of(array.dtype(), where + ": " + name);
  for (std::size_t d = 0; d < array.ndim(); ++d) field.tensor.shape.push_back(array.shape(d));
  const auto* first = static_cast<const std::byte*>(array.data());
  field.tensor.source = view_source({first, array.nbytes()}, owner_of(array));
  return field;
}

// A dict of arrays, or None.
std::shared_ptr<const Dataset> dataset_of(const nb::object& arrays, const std::string& where,
                                          const std::vector<std::string>& targets) {
  if (arrays.is_none()) return nullptr;
  std::vector<Field> fields;
  for (const auto& [name, array] : nb::cast<nb::dict>(arrays))
    fields.push_back(field_of(nb::cast<std::string>(name), nb::cast<Array>(array), where));
  return std::make_shared<const Dataset>(make_dataset(where, std::move(fields), targets));
}

// Gives the recipe's tables the arrays, in their order: (training, validation) for each.
void give_arrays(std::vector<TaskSettings>& tables, const nb::list& arrays) {
  for (std::size_t i = 0; i < tables.size() && i < arrays.size(); ++i) {
    const auto pair = nb::cast<nb::tuple>(arrays[i]);
    const bool guest = tables[i].name.empty();  // its files are our own, of no known names
    if (guest) tables[i].label = "decoys[" + std::to_string(i) + "]";
    const std::string name = guest ? tables[i].label : "task '" + tables[i].name + "'";
    tables[i].arrays = dataset_of(nb::object(pair[0]), name + ": training data", tables[i].targets);
    tables[i].validation_arrays =
        dataset_of(nb::object(pair[1]), name + ": validation data", tables[i].targets);
  }
}

Recipe recipe_of(const std::string& path, const nb::list& tasks, const nb::list& decoys) {
  Recipe recipe = read_recipe(path);
  give_arrays(recipe.tasks, tasks);
  give_arrays(recipe.decoys, decoys);
  return recipe;
}

template <typename T>
constexpr const char* expected() {
  if constexpr (std::is_same_v<T, bool>) return "True or False";
  if constexpr (std::is_integral_v<T>) return "a whole number of at least 0";
  return std::is_floating_point_v<T> ? "a number" : "text";
}

template <typename T>
std::optional<T> option(const nb::dict& options, const char* name) {
  if (!options.contains(name)) return std::nullopt;
  const nb::object value = options[name];
  if (value.is_none()) return std::nullopt;
  try {
    return nb::cast<T>(value);
  } catch (const std::bad_cast&) {
    throw Error(ErrorCode::kUsage, std::string("--") + name,
                std::string("expected ") + expected<T>() + ", found " + nb::repr(value).c_str());
  }
}

Disguise disguise_of(const std::optional<std::string>& name) {
  if (!name) return Disguise::kWhereExact;
  if (*name == "none") return Disguise::kNone;
  if (*name == "vocabulary") return Disguise::kVocabulary;
  throw Error(ErrorCode::kUsage, "disguise",
              "'" + *name + "' is unknown; it is 'none' or 'vocabulary'");
}

StartPolicy start_of(const std::optional<std::string>& name) {
  if (!name || *name == "redraw") return StartPolicy::kRedraw;
  if (*name == "keep") return StartPolicy::kKeep;
  throw Error(ErrorCode::kUsage, "start", "'" + *name + "' is unknown; it is 'redraw' or 'keep'");
}

std::optional<VariantKind> variants_of(const std::optional<std::string>& name) {
  if (!name) return std::nullopt;
  if (*name == "same") return VariantKind::kSame;
  if (*name == "family") return VariantKind::kFamily;
  throw Error(ErrorCode::kUsage, "variants",
              "'" + *name + "' is unknown; it is 'same' or 'family'");
}

bool is_paper(const std::optional<std::string>& preset) {
  if (preset && *preset != "paper")
    throw Error(ErrorCode::kUsage, "preset", "'" + *preset + "' is unknown; there is 'paper'");
  return preset.has_value();
}

ObfuscateOptions options_of(Recipe recipe, const std::string& job, const std::string& key,
                            const nb::dict& given) {
  ObfuscateOptions options;
  options.recipe = std::move(recipe);
  options.job = job;
  options.key = key;
  options.decoys = option<std::uint64_t>(given, "decoys");
  options.noise = option<std::string>(given, "noise").value_or("");
  options.links = option<std::uint64_t>(given, "links");
  options.paper = is_paper(option<std::string>(given, "preset"));
  options.amount = option<double>(given, "amount");
  options.model_amount = option<double>(given, "model_amount");
  options.start = start_of(option<std::string>(given, "start"));
  options.variants = variants_of(option<std::string>(given, "variants"));
  options.rows = option<std::uint64_t>(given, "rows");
  options.disguise = disguise_of(option<std::string>(given, "disguise"));
  options.dry_run = option<bool>(given, "dry_run").value_or(false);
  options.skip_damaged = option<bool>(given, "skip_damaged").value_or(false);
  options.passphrase = option<std::string>(given, "passphrase");
  options.seed_hex = option<std::string>(given, "seed");
  options.threads = option<unsigned>(given, "threads").value_or(0);
  if (const auto bytes = option<std::uint64_t>(given, "shard_bytes")) options.shard_bytes = *bytes;
  if (const auto like = option<std::string>(given, "like"))
    options.like = read_key(*like, options.passphrase);
  if (const auto trained = option<std::string>(given, "trained")) options.trained = *trained;
  options.images = images();
  options.text = text();
  return options;
}

nb::dict summary_dict(const ObfuscateSummary& summary) {
  nb::dict out;
  out["wanted"] = summary.wanted;
  out["guests"] = summary.guests;
  out["generated"] = summary.generated;
  out["subnetworks"] = summary.subnetworks;
  out["receiving"] = summary.receiving;
  out["rows"] = summary.rows;
  out["held_out_rows"] = summary.held_out_rows;
  out["flops"] = summary.flops;
  out["wanted_flops"] = summary.wanted_flops;
  out["step_cost"] = summary.step_cost;
  out["parameters"] = summary.parameters;
  out["wanted_parameters"] = summary.wanted_parameters;
  out["inserted"] = summary.inserted;
  out["bytes"] = summary.bytes;
  out["upload_seconds"] = summary.upload_seconds;
  out["draws_anew"] = summary.draws_anew;
  out["memory"] = summary.memory;
  out["wanted_memory"] = summary.wanted_memory;
  out["disk"] = summary.disk;
  out["epochs_disk"] = summary.epochs_disk;
  out["epochs"] = summary.epochs;
  nb::list fitted, notes;
  for (const auto& path : summary.fitted) fitted.append(path.string());
  for (const std::string& note : summary.notes) notes.append(note);
  out["fitted"] = fitted;
  out["notes"] = notes;
  return out;
}

// What the package can have checked before it exports a model, which takes longer.
ObfuscateOptions py_checked(const std::string& recipe, const std::string& job,
                            const std::string& key, const nb::dict& given) {
  ObfuscateOptions options = options_of(read_recipe(recipe), job, key, given);
  interruptible([&] { check_before_loading(options); });
  return options;
}

nb::dict py_obfuscate(const ObfuscateOptions& checked, const std::string& recipe,
                      const nb::list& tasks, const nb::list& decoys, const nb::object& bar) {
  std::optional<PythonProgress> progress;
  if (!bar.is_none()) progress.emplace(bar);
  ObfuscateOptions options = checked;
  options.recipe = recipe_of(recipe, tasks, decoys);
  options.progress = progress ? &*progress : nullptr;
  return summary_dict(interruptible([&] { return obfuscate(options); }));
}

nb::list py_extract(const std::string& key, const std::string& trained, const std::string& out,
                    const std::optional<std::string>& task,
                    const std::optional<std::string>& passphrase,
                    const std::optional<std::uint64_t>& epoch, bool best, bool ema) {
  ExtractOptions options;
  options.epoch = epoch;
  options.best = best;
  options.ema = ema;
  options.key = key;
  options.trained = trained;
  options.out = out;
  options.task = task;
  options.passphrase = passphrase;
  const ExtractResult result = interruptible([&] { return extract(options); });
  nb::list list;
  for (const ExtractedTask& one : result.tasks)
    list.append(nb::make_tuple(one.name, one.path.string(), one.loss.string()));
  return list;
}

VerifyOptions py_verify_checked(const std::string& recipe, const std::string& job,
                                const std::string& key, std::uint64_t steps,
                                const std::string& python, const std::optional<std::string>& plain,
                                const std::optional<std::string>& passphrase) {
  VerifyOptions options;
  options.recipe = read_recipe(recipe);
  options.job = job;
  options.key = key;
  options.steps = steps;
  options.python = python;
  if (plain) options.plain = *plain;
  options.passphrase = passphrase;
  options.images = images();
  options.text = text();
  interruptible([&] { check_before_loading(options); });
  return options;
}

nb::list py_verify(const VerifyOptions& checked, const std::string& recipe, const nb::list& tasks) {
  VerifyOptions options = checked;
  options.recipe = recipe_of(recipe, tasks, nb::list());
  const auto results = interruptible([&] { return verify(options); });
  nb::list list;
  for (const VerifiedTask& result : results) {
    nb::list differences, weakened, problems;
    for (const Difference& difference : result.differences) {
      differences.append(nb::make_tuple(difference.tensor, difference.largest));
      if (!difference.what.empty()) problems.append(difference.tensor + " " + difference.what);
    }
    for (const std::string& setting : result.other_settings)
      problems.append("the recipe is not the one that the job was made with: " + setting);
    nb::object bound = nb::none();
    if (result.bound) bound = nb::make_tuple(result.bound->apart, result.bound->allowed);
    for (const std::string& reason : result.weakened_by) weakened.append(reason);
    list.append(nb::make_tuple(result.name, result.tensors, result.identical, differences, weakened,
                               result.holds(), result.distance, bound, problems));
  }
  return list;
}

// raise amalgam.Error(code, [(code, where, what), ...]), or the subclass for the first code.
void translate(const std::exception_ptr& thrown, void*) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Error& error) {
    nb::list findings;
    for (const Finding& finding : error.findings())
      findings.append(nb::make_tuple(static_cast<int>(finding.code), finding.where, finding.what));
    const nb::object instance =
        nb::module_::import_("amalgam.errors").attr("from_findings")(findings);
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(instance.ptr())), instance.ptr());
  }
}

}  // namespace
}  // namespace amalgam

NB_MODULE(_core, m) {
  nb::register_exception_translator(amalgam::translate);
  m.attr("__version__") = amalgam::kVersion;
  m.def(
      "check_recipe", [](const std::string& path) { amalgam::read_recipe(path); }, "path"_a);
  nb::class_<amalgam::ObfuscateOptions>(m, "ObfuscateOptions")
      .def(nb::new_(&amalgam::py_checked), "recipe"_a, "job"_a, "key"_a, "options"_a);
  m.def("obfuscate", amalgam::py_obfuscate, "options"_a, "recipe"_a, "tasks"_a, "decoys"_a,
        "progress"_a.none());
  m.def("extract", amalgam::py_extract, "key"_a, "trained"_a, "out"_a, "task"_a.none(),
        "passphrase"_a.none(), "epoch"_a.none(), "best"_a, "ema"_a);
  nb::class_<amalgam::VerifyOptions>(m, "VerifyOptions")
      .def(nb::new_(&amalgam::py_verify_checked), "recipe"_a, "job"_a, "key"_a, "steps"_a,
           "python"_a, "plain"_a.none(), "passphrase"_a.none());
  m.def("verify", amalgam::py_verify, "options"_a, "recipe"_a, "tasks"_a);
  m.def("plain_training_files", amalgam::plain_training_files);
  amalgam::bind_audit(m);
  amalgam::bind_curves(m);
}
