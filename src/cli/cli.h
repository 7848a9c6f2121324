// The command line: parse, call, show progress. The only code that prints.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace amalgam {
class ImageLibrary;
class TextLibrary;
}  // namespace amalgam

namespace amalgam::cli {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;
inline constexpr int kLawBroken = 3;     // or audit fails the job
inline constexpr int kInconclusive = 4;  // audit can't tell

// A command that was chosen runs when parsing is over; it returns the exit status.
using Action = std::function<int()>;

void add_obfuscate(CLI::App& app, Action& action);
void add_extract(CLI::App& app, Action& action);
void add_verify(CLI::App& app, Action& action);
void add_curves(CLI::App& app, Action& action);
void add_inspect(CLI::App& app, Action& action);
void add_audit(CLI::App& app, Action& action);

// Options of the design that this version lacks: refused by name, with exit status 2.
void refuse_options(CLI::App& command, std::initializer_list<const char*> names);

// What runs Python: AMALGAM_PYTHON, which the package's command sets to its own, else "python3".
std::string default_python();

// What decodes images, or null where this build has none.
const ImageLibrary* image_library();
// What cuts text into tokens; null likewise.
const TextLibrary* text_library();

std::optional<std::string> passphrase(const std::string& file);

// "amalgam: note: ..." on standard error, a line each: what is odd, and changes no exit status.
void print_notes(const std::vector<std::string>& notes);
// Notes where others can read the key file, and where a passphrase is given that it does not have
// (empty: none is).
void warn_of_key(const std::filesystem::path& key, const std::string& passphrase_file = "");

}  // namespace amalgam::cli
