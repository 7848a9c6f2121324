// Photographs of any sizes and no classes: what patches are cut from.
#pragma once

#include <string>
#include <vector>

#include "amalgam/dataset.h"

namespace amalgam {

struct Photographs {
  std::string where;  // the user's path, for messages
  const ImageLibrary* images = nullptr;
  std::vector<Image> all;  // in the order of their paths, of `channels` channels each
};

// All images of a folder or archive (tar, also compressed, or zip), at any depth, in
// options.channels channels; large ones are scaled down, so that their shorter side has at most
// kPhotographSide pixels. Damaged ones are refused, or left out with options.skip_damaged. Throws
// kInvalid where there is none, kUnsupported without an image library.
inline constexpr std::uint64_t kPhotographSide = 512;
Photographs read_photographs(const std::string& path, const DatasetOptions& options);

}  // namespace amalgam
