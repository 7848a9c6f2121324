// A model on images of another size.
#pragma once

#include <optional>

#include "amalgam/graph.h"
#include "amalgam/image.h"

namespace amalgam {

// The model for [N, C, height, width], its parameters as they are: possible where all that depends
// on the images' size is averaged away before a layer of fixed size, as by global pooling. Nothing
// where it is not, or where an operation is unknown.
std::optional<Model> at_resolution(const Model& model, ImageSize size);

}  // namespace amalgam
