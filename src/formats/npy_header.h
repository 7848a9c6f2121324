// The header of an .npy file: a Python dictionary, as numpy and others write it.
#pragma once

#include <string>
#include <string_view>

#include "amalgam/tensor.h"

namespace amalgam {

struct NpyHeader {
  DType dtype = DType::kUInt8;
  bool big_endian = false;
  bool fortran_order = false;
  Shape shape;
};

// Reads what numpy reads: either kind of quotes, any spaces, 40L of Python 2, '|u1', '<u1', '=u1',
// 'u1', 'uint8' and 'B' alike. Throws kDamaged where it is no such dictionary; kUnsupported with
// the cure for strings, objects, records, dates, complex and long numbers.
NpyHeader parse_npy_header(std::string_view text, const std::string& where);

}  // namespace amalgam
