// Class folders of images (".../class/name.jpg") as a dataset: uint8 [N, C, H, W], and class
// numbers.
#pragma once

#include <memory>
#include <string>

#include "amalgam/dataset.h"
#include "formats/image_files.h"

namespace amalgam {

// Decodes on all threads while the files are read. Throws kDamaged for an image that is not whole,
// kInvalid for images of several sizes, without a class, or of a class that options.like lacks.
Dataset read_class_images(ImageFiles& files, const std::string& where,
                          const DatasetOptions& options);

}  // namespace amalgam
