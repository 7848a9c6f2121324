// Features and targets in a file each: .npy, IDX, both also compressed; or one .npz of them.
#include "amalgam/dataset.h"
#include "archives.h"
#include "containers.h"
#include "formats/npy.h"
#include "target.h"

namespace amalgam::fuzz {

namespace {

// What was read is read again as it would be written.
void write(const Dataset& dataset) {
  for (const Field& field : dataset.fields) {
    std::string file = npy_header(field.tensor.dtype, field.tensor.shape);
    const std::size_t header = file.size();
    file.resize(header + field.tensor.bytes());
    field.tensor.source->read(0, std::as_writable_bytes(std::span(file)).subspan(header));
    if (parse_npy(as_bytes(file), nullptr, "again").shape != field.tensor.shape) std::abort();
  }
}

}  // namespace

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
  for (const char* descr : {">f2", ">u2", ">f4", ">f8", "<f4", "|u1"})
    for (const char* order : {"True", "False"}) {
      const std::string text = std::string("{'descr': '") + descr + "', 'fortran_order': " + order +
                               ", 'shape': (2, 3, 2), }\n";
      const auto size = static_cast<std::size_t>(descr[2] - '0');
      std::string file("\x93NUMPY\x02\0", 8);
      file += std::string{static_cast<char>(text.size()), '\0', '\0', '\0'};
      out.push_back(join(file + text + std::string(12 * size, '\1'), y));
    }
  std::string version = x, length = x, bytes = x.substr(0, x.size() - 1);
  version[6] = 9;
  length[9] = '\x7f';
  for (const std::string& file : {version, length, bytes, x.substr(0, 11), std::string("text"),
                                  images.substr(0, 10), images.substr(0, 17), gzip_of(x),
                                  npy(DType::kFloat16, {2, 1}, 4), npy(DType::kBFloat16, {2}, 4)}) {
    out.push_back(join(file, y));
    out.push_back(join("", file));
  }
  const std::string zip = zip_of({{"x.npy", x}, {"y.npy", y}});
  std::string crc = zip, method = zip;
  crc[crc.find("NUMPY") + 130] ^= 1;
  method[8] = 99;
  for (const std::string& file :
       {crc, method, zip.substr(0, zip.size() - 4), zip_of({{"x.npy", x}, {"x.npy", x}}),
        zip_of({{"x.npy", ""}}), zip_of({{"n.txt", "x"}}), zip_of({})})
    out.push_back(join("", file));
  // Files of other programs.
  const std::vector<std::vector<Entry>> others = {
      {{"m/models/model.json", "{}"}},
      {{"m/data.pkl", ""}, {"m/version", "3"}, {"m/code/a.py", ""}},
      {{"m/data.pkl", ""}, {"m/version", "3"}},
      {{"[Content_Types].xml", ""}}};
  for (const std::vector<Entry>& entries : others) out.push_back(join("", zip_of(entries)));
  for (const char* text : {"a\tb\n1\t2\n", "{\"a\": 1}", "[1, 2]", "a,b\n1,2\n", "PAR1"})
    out.push_back(join("", text));
  return out;
}

void run(Bytes input) {
  const auto [first, second] = split(std::string(as_text(input)));
  const InputFile y(as_bytes(second));
  if (first.empty()) {
    write(open_dataset(y.path().string()));
    return;
  }
  const InputFile x(as_bytes(first));
  write(open_dataset(x.path().string() + "," + y.path().string()));
}

}  // namespace amalgam::fuzz
