// The audit, and the streams that its attackers in Python are dealt.
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "amalgam/audit.h"
#include "amalgam/audit_streams.h"
#include "binding.h"
#include "interruptible.h"

namespace amalgam {

using namespace nb::literals;

namespace {

std::string py_audit(const nb::dict& given, const nb::object& bar) {
  std::optional<PythonProgress> progress;
  if (!bar.is_none()) progress.emplace(bar);
  AuditOptions options;
  options.job = nb::cast<std::string>(given["job"]);
  options.key = nb::cast<std::string>(given["key"]);
  options.surrogates = nb::cast<std::vector<std::string>>(given["surrogates"]);
  options.publics = nb::cast<std::vector<std::string>>(given["public"]);
  options.priors = nb::cast<std::vector<std::string>>(given["prior"]);
  for (const auto& job : nb::cast<std::vector<std::string>>(given["earlier"]))
    options.earlier.emplace_back(job);
  if (!given["report"].is_none()) options.report = nb::cast<std::string>(given["report"]);
  if (!given["passphrase"].is_none())
    options.passphrase = nb::cast<std::string>(given["passphrase"]);
  options.games = nb::cast<std::uint64_t>(given["games"]);
  options.threads = nb::cast<unsigned>(given["threads"]);
  options.full = nb::cast<bool>(given["full"]);
  if (!given["trained"].is_none()) options.trained = nb::cast<std::string>(given["trained"]);
  options.python = nb::cast<std::string>(given["python"]);
  options.images = images();
  options.text = text();
  options.progress = progress ? &*progress : nullptr;
  return interruptible([&] { return audit(options).json; });
}

// {"kind", "shape", "values", "labels"}, the last two as arrays that own their values.
nb::dict stream_dict(AuditStream stream) {
  const auto array = [](auto values) {
    using Values = decltype(values);
    auto* held = new Values(std::move(values));
    const nb::capsule owner(held, [](void* p) noexcept { delete static_cast<Values*>(p); });
    return nb::ndarray<nb::numpy, typename Values::value_type, nb::ndim<1>>(held->data(),
                                                                            {held->size()}, owner);
  };
  nb::dict dict;
  nb::list shape;
  for (const std::uint64_t side : stream.shape) shape.append(side);
  dict["kind"] = stream.kind;
  dict["shape"] = shape;
  dict["values"] = array(std::move(stream.values));
  dict["labels"] = array(std::move(stream.labels));
  return dict;
}

nb::list stream_list(std::vector<AuditStream> streams) {
  nb::list list;
  for (AuditStream& stream : streams) list.append(stream_dict(std::move(stream)));
  return list;
}

nb::tuple py_lesson(const AuditStreams& streams, std::uint64_t number) {
  auto [given, wanted] = streams.lesson(number);
  return nb::make_tuple(stream_list(std::move(given)), wanted);
}

}  // namespace

void bind_audit(nb::module_& m) {
  m.def("audit", py_audit, "options"_a, "progress"_a.none());
  nb::class_<AuditStreams>(m, "AuditStreams")
      .def("__init__",
           [](AuditStreams* self, const std::string& request) {
             new (self) AuditStreams(request, images(), text());
           })
      .def("game", [](const AuditStreams& s, std::uint64_t n) { return stream_list(s.game(n)); })
      .def("job", [](const AuditStreams& s) { return stream_list(s.job()); })
      .def("lesson", py_lesson);
}

}  // namespace amalgam
