#include "verify/job_code.h"

#include <algorithm>

#include "amalgam/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/staged_output.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

constexpr const char* kCode[] = {"model.py", "train.py"};

// What was read is what was checked.
std::string checked(const fs::path& job, const Json& manifest, const char* name) {
  const std::string where = (job / "job.json").string();
  const std::uint64_t piece = std::max<std::uint64_t>(
      1, json_unsigned(json_member(manifest, "digest_piece", where), where));
  const Json& entry = json_member(json_member(manifest, "files", where), name, where);
  std::string content(as_text(MappedFile::open(job / name)->bytes()));
  const Bytes bytes = as_bytes(content);
  Json digests = Json::array();
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    digests.push_back(
        to_hex(Blake2b()
                   .update(bytes.subspan(at, std::min<std::size_t>(piece, bytes.size() - at)))
                   .finish()));
  if (digests != json_array(entry, "blake2b", where))
    throw Error(ErrorCode::kDamaged, (job / name).string(),
                "is not as obfuscate wrote it, and is not run");
  return content;
}

void write_text(const fs::path& path, std::string_view text) {
  OutputFile file(path);
  file.write(text);
  file.close();
}

}  // namespace

void check_code(const fs::path& job, const Json& manifest) {
  for (const char* name : kCode) checked(job, manifest, name);
}

void lay_out_job(const fs::path& job, const Json& manifest, const fs::path& to) {
  create_folder(to);
  write_text(to / "job.json", manifest.dump(2) + "\n");
  for (const char* name : kCode) write_text(to / name, checked(job, manifest, name));
  const std::string where = (job / "job.json").string();
  for (const auto& [name, entry] : json_member(manifest, "files", where).items()) {
    if (fs::exists(to / name)) continue;
    fs::create_directories((to / name).parent_path());
    fs::create_symlink(fs::absolute(job / name), to / name);
  }
}

}  // namespace amalgam
