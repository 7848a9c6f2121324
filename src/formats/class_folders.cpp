#include "formats/class_folders.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "amalgam/error.h"
#include "base/counted.h"

namespace amalgam {
namespace {

constexpr const char* kKinds = "jpg, png, webp, bmp";

[[noreturn]] void invalid(const std::string& where, std::string what) {
  throw Error(ErrorCode::kInvalid, where, std::move(what));
}

// Folders of classes, as train/ and test/ are, with the names of their classes.
using Parents = std::map<std::string, std::set<std::string>>;

void refuse_nested(const ClassFolders& folders, const std::string& where) {
  for (const auto& [folder, images] : folders)
    if (folders.count(folder_of(folder)) > 0)
      invalid(where, fmt::format("has images in '{0}' and in '{1}' inside it: is '{1}' a class or "
                                 "part of one? Move its images into '{0}', or it beside '{0}'",
                                 folder_of(folder), folder));
}

// All classes lie beside one another, or each of several folders has the very same ones.
Parents parents_of(const ClassFolders& folders, const std::string& where) {
  Parents parents;
  for (const auto& [folder, images] : folders)
    parents[folder_of(folder)].insert(class_of(folder + "/", where));
  const std::set<std::string>& classes = parents.begin()->second;
  for (const auto& [parent, names] : parents)
    if (parents.size() > 1 && (names != classes || names.size() < 2))
      invalid(where, fmt::format("has images in '{}' and in '{}', which do not lie beside each "
                                 "other: give one folder of classes (of train/ and val/, --data "
                                 "train --validation val)",
                                 folders.begin()->first, parent + "/" + *names.begin()));
  return parents;
}

std::string note_on_parts(const Parents& parents, const ClassFolders& folders,
                          const std::string& where) {
  std::map<std::string, std::uint64_t> images;
  for (const auto& [folder, count] : folders) images[folder_of(folder)] += count;
  std::vector<std::string> parts;
  for (const auto& [parent, names] : parents)
    parts.push_back(fmt::format("{} of '{}'", images[parent], parent));
  return fmt::format(
      "Images of several folders of {} are one dataset, as they have the same "
      "classes: {}. Where one of them is to be held out, give it alone with "
      "--validation.",
      where, fmt::join(parts, ", "));
}

void check_beside(const std::string& folder, const Bystanders& bystanders, bool numbered,
                  const std::string& where) {
  const auto others = bystanders.others.find(folder);
  if (others != bystanders.others.end())
    invalid(where, fmt::format("'{}' lies beside classes and holds {}, but none of a kind that is "
                               "read ({}), as {}: convert them, or move the folder away",
                               folder, counted(others->second.count, "file"), kKinds,
                               others->second.first));
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

std::vector<std::string> check_class_folders(const ClassFolders& folders,
                                             const Bystanders& bystanders, bool numbered,
                                             const std::string& where) {
  refuse_nested(folders, where);
  const Parents parents = parents_of(folders, where);
  std::set<std::string> beside = bystanders.folders;
  for (const auto& [folder, files] : bystanders.others) beside.insert(folder);
  for (const std::string& folder : beside)
    if (!folder.empty() && parents.count(folder_of(folder)) > 0 && folders.count(folder) == 0 &&
        parents.count(folder) == 0)
      check_beside(folder, bystanders, numbered, where);
  std::vector<std::string> notes;
  if (parents.size() > 1) notes.push_back(note_on_parts(parents, folders, where));
  Bystanders::Files left;
  for (const auto& [folder, files] : bystanders.others) {
    if (parents.count(folder) > 0 || folder.empty()) continue;
    if (left.count == 0) left.first = files.first;
    left.count += files.count;
  }
  if (left.count > 0)
    notes.push_back(
        fmt::format("{} in class folders of {} of no kind that is read ({}) and left out, "
                    "the first of them {}.",
                    counted(left.count, "file"), where + (left.count == 1 ? " is" : " are"), kKinds,
                    left.first));
  if (bystanders.hidden.count > 0)
    notes.push_back(fmt::format("{} in hidden folders of {} {} left out, the first of them {}.",
                                counted(bystanders.hidden.count, "image"), where,
                                by_count(bystanders.hidden.count, "was", "were"),
                                bystanders.hidden.first));
  return notes;
}

}  // namespace amalgam
