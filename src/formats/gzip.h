// Gzip streams, of one member or several.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace amalgam {

bool looks_like_gzip(Bytes bytes);
// The first inflated bytes of a gzip stream, at most 16; none where it is damaged.
std::vector<std::byte> gunzip_start(Bytes bytes);

struct Inflated {
  Bytes bytes;
  std::shared_ptr<const void> owner;  // keeps them
};
// All members, one after another, as gunzip has it. Throws kDamaged for a damaged stream, a wrong
// checksum or other data behind it; kUnsupported past unfolded_bytes(); can be interrupted.
Inflated gunzip(Bytes bytes, const std::string& where);

}  // namespace amalgam
