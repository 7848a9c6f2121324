#include "formats/zip_kinds.h"

#include <algorithm>

namespace amalgam {

std::string zip_kind(const ZipArchive& zip) {
  const auto names = zip.names();
  const auto any = [&](auto&& is) { return std::any_of(names.begin(), names.end(), is); };
  const auto ends = [&](const char* end) {
    return any([&](const std::string& name) { return name.ends_with(end); });
  };
  if (ends("/models/model.json") || ends("serialized_exported_program.json"))
    return "is an exported program (.pt2), a model";
  const bool of_torch = ends("/data.pkl") && ends("/version");
  if (of_torch && any([](const std::string& name) { return name.find("/code/") != name.npos; }))
    return "is TorchScript";
  if (of_torch) return "is a file of torch.save, a pickle, which is never read: it could run code";
  if (ends(".npy")) return "holds arrays (.npz)";
  if (zip.has("[Content_Types].xml")) return "is an Office file, such as an Excel sheet";
  return "";
}

}  // namespace amalgam
