// Changes of a JSON document that leave it JSON, so that they reach what a change of bytes would
// not.
#pragma once

#include "base/json.h"

namespace amalgam::fuzz {

// Five bytes a change, at most four of them: where (two), what (one), and which other value of the
// document may be copied there (two).
Json edited(Json document, Bytes edits);

// The document with the value at a JSON pointer ("/tasks/0/rows") set to another, or removed where
// that is no JSON.
Json changed(Json document, const char* pointer, const char* value);

}  // namespace amalgam::fuzz
