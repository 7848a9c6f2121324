#include "formats/class_folders.h"

#include <fmt/format.h>

#include "amalgam/error.h"

namespace amalgam {
namespace {

constexpr const char* kKinds = "jpg, png, webp, bmp";

[[noreturn]] void invalid(const std::string& where, std::string what) {
  throw Error(ErrorCode::kInvalid, where, std::move(what));
}

// The classes lie beside one another; returns the folder that they lie in.
std::string common_parent(const std::set<std::string>& folders, const std::string& where) {
  const std::string& first = *folders.begin();
  const std::string parent = folder_of(first);
  for (const std::string& folder : folders)
    if (folders.count(folder_of(folder)) > 0)
      invalid(where, fmt::format("has images in '{0}' and in '{1}' inside it: is '{1}' a class or "
                                 "part of one? Move its images into '{0}', or it beside '{0}'",
                                 folder_of(folder), folder));
  for (const std::string& folder : folders)
    if (folder_of(folder) != parent)
      invalid(where, fmt::format("has images in '{}' and in '{}', which do not lie beside each "
                                 "other: give one folder of classes (of train/ and val/, --data "
                                 "train --validation val)",
                                 first, folder));
  return parent;
}

void check_beside(const std::string& folder, const Bystanders& bystanders, bool numbered,
                  const std::string& where) {
  const auto others = bystanders.others.find(folder);
  if (others != bystanders.others.end())
    invalid(where,
            fmt::format("'{}' lies beside classes and holds {} files, but none of a kind that is "
                        "read ({}), as {}: convert them, or move the folder away",
                        folder, others->second.count, kKinds, others->second.first));
  if (!numbered)
    invalid(where, fmt::format("'{}' lies beside classes and holds no images: move it away, "
                               "because the classes behind it would have other numbers",
                               folder));
}

}  // namespace

std::string class_of(const std::string& path, const std::string& where) {
  const std::string folder = folder_of(path);
  if (folder.empty())
    invalid(where + ": " + path, "lies in no class folder; expected class/name.jpg");
  return folder.substr(folder.rfind('/') + 1);
}

std::vector<std::string> check_class_folders(const std::set<std::string>& folders,
                                             const Bystanders& bystanders, bool numbered,
                                             const std::string& where) {
  const std::string parent = common_parent(folders, where);
  std::set<std::string> beside = bystanders.folders;
  for (const auto& [folder, files] : bystanders.others) beside.insert(folder);
  for (const std::string& folder : beside)
    if (!folder.empty() && folder_of(folder) == parent && folders.count(folder) == 0 &&
        folder != parent)
      check_beside(folder, bystanders, numbered, where);
  std::vector<std::string> notes;
  Bystanders::Files left;
  for (const auto& [folder, files] : bystanders.others) {
    if (folder == parent || folder.empty()) continue;
    if (left.count == 0) left.first = files.first;
    left.count += files.count;
  }
  if (left.count > 0)
    notes.push_back(
        fmt::format("{} files in class folders of {} are of no kind that is read ({}) "
                    "and were left out, the first of them {}.",
                    left.count, where, kKinds, left.first));
  if (bystanders.hidden.count > 0)
    notes.push_back(
        fmt::format("{} images in hidden folders of {} were left out, the first of "
                    "them {}.",
                    bystanders.hidden.count, where, bystanders.hidden.first));
  return notes;
}

}  // namespace amalgam
