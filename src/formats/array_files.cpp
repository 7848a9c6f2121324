#include "formats/array_files.h"

#include "base/file.h"
#include "base/limits.h"
#include "formats/gzip.h"
#include "formats/idx.h"
#include "formats/npy.h"
#include "formats/zip.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

// The array of one entry; where it is no array of numbers and nothing needs it, a note.
void read_entry(const ZipArchive& zip, const std::string& entry, ArrayFile& file) {
  const std::string stem = entry.substr(0, entry.size() - 4);
  auto owned = std::make_shared<const Buffer>(zip.read(entry, unfolded_bytes().most));
  const Bytes bytes = owned->bytes();
  try {
    file.arrays.push_back({stem, parse_npy(bytes, std::move(owned), zip.where() + ": " + stem)});
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnsupported || stem == "x" || stem == "y") throw;
    file.notes.push_back("The array '" + stem + "' of " + zip.where() + " is left out: it " +
                         error.findings().front().what + ".");
  }
}

ArrayFile read_npz(const fs::path& path) {
  const auto zip = ZipArchive::open(path);
  ArrayFile file;
  std::uint64_t total = 0;
  for (const std::string& name : zip->names()) {
    if (!name.ends_with(".npy"))
      throw Error(ErrorCode::kUnsupported, zip->where(),
                  "holds '" + name + "', which is no array; an .npz with x and y was expected");
    total = checked_add(total, zip->size(name), zip->where());
  }
  if (total > unfolded_bytes().most)
    throw Error(ErrorCode::kUnsupported, zip->where(),
                "unfolds to " + std::to_string(total) + " bytes, and " + unfolded_bytes().text() +
                    "; save x.npy and y.npy, which are read where they lie");
  for (const std::string& name : zip->names()) read_entry(*zip, name, file);
  return file;
}

// The first bytes of files that others may take for datasets.
std::string what_else(Bytes bytes, const fs::path& path) {
  const std::string_view text = as_text(bytes);
  for (const auto& [magic, what] :
       {std::pair<std::string_view, const char*>{"\x89HDF\r\n\x1a\n",
                                                 "HDF5 (.h5); read it with h5py and save .npz"},
        {"PAR1", "Parquet; pass it to the Python package, or save .npz"},
        {"ARROW1", "Arrow; pass it to the Python package, or save .npz"},
        {"MATLAB 5.0", "a MATLAB file; read it with scipy.io.loadmat and save .npz"},
        {"\x80", "a pickle, which is never read; save .npz"},
        {"\xFD"
         "7zXZ",
         "compressed by xz; unpack it (xz -d)"},
        {"BZh", "compressed by bzip2; unpack it (bzip2 -d)"},
        {"\x28\xB5\x2F\xFD", "compressed by zstd; unpack it (zstd -d)"},
        {"7z\xBC\xAF\x27\x1C", "a 7z archive; unpack it"},
        {"Rar!", "a RAR archive; unpack it"}})
    if (text.starts_with(magic)) return std::string("is ") + what;
  if (path.extension() == ".tsv")
    return "is a table with tabs; save it with commas: pandas.read_csv('d.tsv', "
           "sep='\\t').to_csv('d.csv', index=False)";
  if (path.extension() == ".json" || path.extension() == ".jsonl")
    return "is JSON; load it in Python and save .npz, or texts as .csv (pandas.read_json)";
  return "is of no kind that is read yet: IDX (also .gz), .npz, .npy, .safetensors, CIFAR binary, "
         "class folders of images (also in tar or zip), text in .csv or .txt";
}

}  // namespace

ArrayFile read_array_file(const fs::path& path) {
  std::shared_ptr<const MappedFile> file = MappedFile::open(path);
  const Bytes bytes = file->bytes();
  const std::string where = path.string();
  if (looks_like_gzip(bytes)) {
    if (!looks_like_idx(gunzip_start(bytes)))
      throw Error(ErrorCode::kUnsupported, where,
                  "is gzipped, but neither IDX nor a tar archive inside; unpack it (gunzip)");
    Inflated inflated = gunzip(bytes, where);
    return {{{"", parse_idx(inflated.bytes, std::move(inflated.owner), where)}}, {}};
  }
  if (looks_like_npy(bytes)) return {{{"", parse_npy(bytes, file, where)}}, {}};
  if (as_text(bytes).starts_with("PK\x03\x04") || as_text(bytes).starts_with("PK\x05\x06"))
    return read_npz(path);
  if (looks_like_idx(bytes)) return {{{"", parse_idx(bytes, file, where)}}, {}};
  if (looks_like_safetensors(path)) return {read_safetensors(path), {}};
  throw Error(ErrorCode::kUnsupported, where, what_else(bytes, path));
}

}  // namespace amalgam
