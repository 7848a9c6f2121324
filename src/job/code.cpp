#include "job/code.h"

#include "base/file.h"
#include "base/staged_output.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

constexpr const char* kCode[] = {"model.py", "train.py"};

// What was read is what was checked.
std::string checked(const fs::path& job, const Manifest& manifest, const char* name) {
  std::string content(as_text(MappedFile::open(job / name)->bytes()));
  const auto listed = manifest.files.find(name);
  if (listed == manifest.files.end() ||
      piece_digests(as_bytes(content), manifest.digest_piece) != listed->second.digests)
    throw Error(ErrorCode::kDamaged, (job / name).string(),
                "is not as obfuscate wrote it, and is not run");
  return content;
}

}  // namespace

void check_code(const fs::path& job, const Manifest& manifest) {
  for (const char* name : kCode) checked(job, manifest, name);
}

void lay_out_job(const fs::path& job, const Manifest& manifest, const fs::path& to) {
  create_folder(to);
  write_manifest(to, manifest);
  for (const char* name : kCode) write_file(to / name, checked(job, manifest, name));
  for (const auto& [name, file] : manifest.files) {
    if (fs::exists(to / name)) continue;
    fs::create_directories((to / name).parent_path());
    fs::create_symlink(fs::absolute(job / name), to / name);
  }
}

}  // namespace amalgam
