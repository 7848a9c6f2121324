#include "job/files.h"

#include <utility>

#include "base/file.h"
#include "base/staged_output.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

ManifestFile of_size(std::uint64_t bytes) {
  const std::uint64_t pieces = (bytes + kDigestPiece - 1) / kDigestPiece;
  return {bytes, std::vector<std::string>(pieces, to_hex(Digest{}))};
}

}  // namespace

JobFolder::JobFolder(fs::path folder, unsigned threads, Progress* progress)
    : folder_(std::move(folder)), threads_(threads), progress_(progress) {
  create_folder(folder_ / "data");
}

ManifestFile JobFolder::text(const std::string& name, std::string_view content) {
  write_file(folder_ / name, content);
  return {content.size(), piece_digests(as_bytes(content), kDigestPiece)};
}

ManifestFile JobFolder::tensors(const std::string& name, const std::vector<NamedTensor>& tensors) {
  const WrittenFile written = write_safetensors(folder_ / name, tensors, 0666, progress_);
  ManifestFile file{written.bytes, {}};
  for (const Digest& digest : written.digests) file.digests.push_back(to_hex(digest));
  return file;
}

ManifestFile JobFolder::samples(const std::string& name, const SampleWeaver& weaver,
                                const SampleRange& range) {
  return tensors(name, weaver.weave(range.held_out, range.first, range.last, threads_));
}

ManifestFile JobSizes::text(const std::string&, std::string_view content) {
  return of_size(content.size());
}

ManifestFile JobSizes::tensors(const std::string&, const std::vector<NamedTensor>& tensors) {
  return of_size(safetensors_bytes(tensors));
}

ManifestFile JobSizes::samples(const std::string& name, const SampleWeaver& weaver,
                               const SampleRange& range) {
  return tensors(name, weaver.forms(range.last - range.first));
}

}  // namespace amalgam
