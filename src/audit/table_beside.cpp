#include "audit/table_beside.h"

#include "base/file.h"
#include "formats/tabular_files.h"
#include "formats/text_files.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

std::optional<fs::path> fit_beside(const fs::path& key_path, const Key& key) {
  for (const KeyWanted& wanted : key.wanted)
    if (fs::path path = key_path.string() + "." + wanted.name + ".table.json"; fs::exists(path))
      return path;
  return std::nullopt;
}

TabularFit features_of(TabularFit fit) {
  std::erase_if(fit.columns, [](const TabularColumn& column) {
    return column.kind == TabularColumn::Kind::kClasses ||
           column.kind == TabularColumn::Kind::kNumbers;
  });
  return fit;
}

}  // namespace

std::optional<Dataset> table_beside(const std::string& data, const fs::path& key_path,
                                    const Key& key) {
  if (!is_text_path(data) || is_plain_text_path(data)) return std::nullopt;
  const auto path = fit_beside(key_path, key);
  if (!path) return std::nullopt;
  const auto file = MappedFile::open(*path);
  Dataset fitted;
  fitted.tabular = std::make_shared<const TabularFit>(
      features_of(TabularFit::parsed(as_text(file->bytes()), path->string())));
  DatasetOptions options;
  options.tabular.given = options.any_targets = true;
  options.like = &fitted;
  return open_dataset(data, options);
}

}  // namespace amalgam
