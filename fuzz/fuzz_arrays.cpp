// Features and targets in a file each: .npy, IDX, both also compressed; or one .npz of them.
#include "amalgam/dataset.h"
#include "archives.h"
#include "containers.h"
#include "formats/npy.h"
#include "target.h"

namespace amalgam::fuzz {

std::vector<std::string> seeds() {
  const auto npy = [](DType dtype, const Shape& shape, std::size_t bytes) {
    return npy_header(dtype, shape) + std::string(bytes, '\1');
  };
  const std::string x = npy(DType::kFloat32, {2, 3}, 24), y = npy(DType::kInt64, {2}, 16);
  const std::string images(
      "\0\0\x08\x02\0\0\0\x02\0\0\0\x03"
      "abcdef",
      18);
  const std::string labels("\0\0\x08\x01\0\0\0\x02\0\1", 10);
  const std::string wide("\0\0\x0C\x01\0\0\0\x02\0\0\0\1\0\0\0\2", 16);
  std::vector<std::string> out = {join(x, y),
                                  join(npy(DType::kUInt8, {2, 3}, 6), npy(DType::kFloat32, {2}, 8)),
                                  join(npy(DType::kInt32, {2}, 8), npy(DType::kBool, {2}, 2)),
                                  join(images, labels),
                                  join(gzip_of(images), gzip_of(labels)),
                                  join(images, wide),
                                  join("", zip_of({{"x.npy", x}, {"y.npy", y}})),
                                  join("", zip_of({{"a.npy", x}, {"b.npy", x}, {"y.npy", y}}))};
  // As other writers put it.
  for (const char* header :
       {"{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\n",
        "{\"descr\": \">i8\", \"fortran_order\": True, \"shape\": (2L, 1)}\n",
        "{'shape': (2,), 'fortran_order': False, 'descr': [('a', '<f4')]}\n"}) {
    const std::string text = header;
    std::string file("\x93NUMPY\x01\0", 8);
    file += static_cast<char>(text.size());
    file += '\0';
    out.push_back(join(file + text + std::string(32, '\0'), y));
  }
  return out;
}

void run(Bytes input) {
  const auto [first, second] = split(std::string(as_text(input)));
  const InputFile y(as_bytes(second));
  if (first.empty()) {
    open_dataset(y.path().string());
    return;
  }
  const InputFile x(as_bytes(first));
  open_dataset(x.path().string() + "," + y.path().string());
}

}  // namespace amalgam::fuzz
