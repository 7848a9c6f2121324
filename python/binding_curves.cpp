// What was learnt, as dicts of arrays.
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "amalgam/curves.h"
#include "binding.h"
#include "interruptible.h"

namespace amalgam {

using namespace nb::literals;

namespace {

// Owns its values.
nb::object array_of(std::vector<double> values) {
  auto* held = new std::vector<double>(std::move(values));
  const nb::capsule owner(held,
                          [](void* p) noexcept { delete static_cast<std::vector<double>*>(p); });
  return nb::cast(nb::ndarray<nb::numpy, double, nb::ndim<1>>(held->data(), {held->size()}, owner));
}

nb::dict points_dict(CurvePoints points, const std::string& metric) {
  nb::dict dict;
  dict["epoch"] = array_of(std::move(points.epochs));
  dict["step"] = array_of(std::move(points.steps));
  dict["loss"] = array_of(std::move(points.loss));
  if (!metric.empty()) dict[metric.c_str()] = array_of(std::move(points.metric));
  dict["lr"] = array_of(std::move(points.rates));
  return dict;
}

// (task -> split -> arrays, notes)
nb::tuple py_curves(const std::string& key, const std::string& result,
                    const std::optional<std::string>& page,
                    const std::optional<std::string>& passphrase) {
  CurvesOptions options;
  options.key = key;
  options.result = result;
  if (page) options.page = *page;
  options.passphrase = passphrase;
  CurvesResult found = interruptible([&] { return curves(options); });
  nb::dict tasks;
  for (TaskCurves& task : found.tasks) {
    nb::dict splits;
    splits["train"] = points_dict(std::move(task.train), task.metric);
    splits["train-steps"] = points_dict(std::move(task.train_steps), task.metric);
    splits["valid"] = points_dict(std::move(task.held_out), task.metric);
    tasks[task.name.c_str()] = splits;
  }
  nb::list notes;
  for (const std::string& note : found.notes) notes.append(note);
  return nb::make_tuple(tasks, notes);
}

}  // namespace

void bind_curves(nb::module_& m) {
  m.def("curves", py_curves, "key"_a, "result"_a, "page"_a.none(), "passphrase"_a.none());
}

}  // namespace amalgam
