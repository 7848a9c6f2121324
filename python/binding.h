// What the parts of the binding share.
#pragma once

#include <nanobind/nanobind.h>

#include <string>

#include "amalgam/image.h"
#include "amalgam/progress.h"
#include "amalgam/text.h"
#ifdef AMALGAM_HAS_IMAGES
#include "amalgam/opencv_images.h"
#endif
#ifdef AMALGAM_HAS_TEXT
#include "amalgam/sentencepiece_text.h"
#endif

namespace amalgam {

namespace nb = nanobind;

// Calls a Python object's begin(what, total), advance(bytes) and end().
class PythonProgress : public Progress {
 public:
  explicit PythonProgress(nb::object bar) : bar_(std::move(bar)) {}
  void begin(std::string_view what, std::uint64_t total) override {
    nb::gil_scoped_acquire lock;
    bar_.attr("begin")(std::string(what), total);
  }
  void advance(std::uint64_t bytes) override {
    nb::gil_scoped_acquire lock;
    bar_.attr("advance")(bytes);
  }
  void end() override {
    nb::gil_scoped_acquire lock;
    bar_.attr("end")();
  }

 private:
  nb::object bar_;
};

inline const ImageLibrary* images() {
#ifdef AMALGAM_HAS_IMAGES
  return &opencv_images();
#else
  return nullptr;
#endif
}

inline const TextLibrary* text() {
#ifdef AMALGAM_HAS_TEXT
  return &sentencepiece_text();
#else
  return nullptr;
#endif
}

void bind_audit(nb::module_& m);
void bind_curves(nb::module_& m);

}  // namespace amalgam
