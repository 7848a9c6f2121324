#include <fmt/format.h>

#include <cstdlib>

#include "amalgam/error.h"
#include "amalgam/key.h"
#include "cli/cli.h"
#include "cli/print.h"
#ifdef AMALGAM_HAS_IMAGES
#include "amalgam/opencv_images.h"
#endif
#ifdef AMALGAM_HAS_TEXT
#include "amalgam/sentencepiece_text.h"
#endif

namespace amalgam::cli {
namespace {

constexpr std::size_t kMostNotes = 20;

}  // namespace

void refuse_options(CLI::App& command, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const std::function<void(const std::string&)> refuse = [name](const std::string&) {
      throw Error(ErrorCode::kUsage, name, "does not exist yet in this version");
    };
    command.add_option_function<std::string>(name, refuse, "")->group("")->expected(0, 1);
  }
}

std::string default_python() {
  const char* set = std::getenv("AMALGAM_PYTHON");
  return set && *set ? set : "python3";
}

const ImageLibrary* image_library() {
#ifdef AMALGAM_HAS_IMAGES
  return &opencv_images();
#else
  return nullptr;
#endif
}

const TextLibrary* text_library() {
#ifdef AMALGAM_HAS_TEXT
  return &sentencepiece_text();
#else
  return nullptr;
#endif
}

std::optional<std::string> passphrase(const std::string& file) {
  if (file.empty()) return std::nullopt;
  return read_passphrase(file);
}

void print_notes(const std::vector<std::string>& notes) {
  for (std::size_t i = 0; i < notes.size() && i < kMostNotes; ++i) complain("note: " + notes[i]);
  if (notes.size() > kMostNotes)
    complain(fmt::format("note: and {} more", notes.size() - kMostNotes));
}

// A key that cannot be read is told by the command, in its turn.
void warn_of_key(const std::filesystem::path& key, const std::string& passphrase_file) try {
  const KeyHeader header = read_key_header(key);
  std::vector<std::string> notes;
  if (header.others_can_read)
    notes.push_back(key.string() + " can be read by others; make it yours alone with chmod 600");
  if (!passphrase_file.empty() && !header.passphrase)
    notes.push_back("--passphrase-file has no effect: " + key.string() +
                    " has no passphrase, so that whoever has the file can open it");
  print_notes(notes);
} catch (const Error&) {
  return;
}

}  // namespace amalgam::cli
