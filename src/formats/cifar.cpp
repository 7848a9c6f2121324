#include "formats/cifar.h"

#include <algorithm>

#include "base/buffer.h"
#include "base/file.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kPixels = std::uint64_t{3} * 32 * 32;

[[noreturn]] void damaged(const std::string& where, std::string what) {
  throw Error(ErrorCode::kDamaged, where, std::move(what));
}

// Label bytes of a record: one in CIFAR-10; coarse and fine in CIFAR-100. Only a multiple of both
// lengths leaves a doubt, and then CIFAR-10's labels must be below 10.
std::uint64_t label_bytes(Bytes file, const std::string& where) {
  auto labels_below = [&](std::uint64_t labels, unsigned classes) {
    for (std::size_t at = labels - 1; at < file.size(); at += labels + kPixels)
      if (std::to_integer<unsigned>(file[at]) >= classes) return false;
    return true;
  };
  const std::uint64_t size = file.size();
  if (size > 0 && size % (1 + kPixels) == 0 && labels_below(1, 10)) return 1;
  if (size > 0 && size % (2 + kPixels) == 0 && labels_below(2, 100)) return 2;
  damaged(where, "is no CIFAR-10 or CIFAR-100 binary file: its " + std::to_string(size) +
                     " bytes are not whole records of 3073 or 3074 with labels below 10 or 100");
}

}  // namespace

std::vector<fs::path> cifar_files(const fs::path& path) {
  std::vector<fs::path> files;
  if (!fs::is_directory(path)) {
    if (path.extension() == ".bin") files.push_back(path);
    return files;
  }
  for (const auto& entry : fs::directory_iterator(path))
    if (entry.is_regular_file() && entry.path().extension() == ".bin")
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

Dataset read_cifar(const std::vector<fs::path>& files, const std::string& where) {
  std::vector<std::shared_ptr<const MappedFile>> mapped;
  std::uint64_t rows = 0, labels = 0;
  for (const fs::path& path : files) {
    mapped.push_back(MappedFile::open(path));
    const std::uint64_t found = label_bytes(mapped.back()->bytes(), path.string());
    if (labels != 0 && labels != found)
      damaged(path.string(), "is of another kind than " + files.front().string() +
                                 ": CIFAR-10 and CIFAR-100 lie in one folder");
    labels = found;
    rows += mapped.back()->bytes().size() / (found + kPixels);
  }
  Buffer x(rows * kPixels);
  std::vector<std::byte> y;
  std::byte* out = x.data();
  for (const auto& file : mapped)
    for (Bytes rest = file->bytes(); !rest.empty(); rest = rest.subspan(labels + kPixels)) {
      append_le(y, std::to_integer<std::int64_t>(rest[labels - 1]));
      std::memcpy(out, rest.data() + labels, kPixels);
      out += kPixels;
    }
  Dataset dataset;
  dataset.where = where;
  dataset.add({"x", {DType::kUInt8, {rows, 3, 32, 32}, memory_source(std::move(x))}});
  dataset.add({"y", {DType::kInt64, {rows}, memory_source(std::move(y))}, Role::kTarget});
  return dataset;
}

}  // namespace amalgam
