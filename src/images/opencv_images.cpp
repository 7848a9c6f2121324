#include "amalgam/opencv_images.h"

#include <dlfcn.h>

#include <filesystem>

#include "amalgam/error.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

constexpr const char* kModule = "libamalgam_opencv.so";
using Entry = const ImageLibrary* (*)();

// The folder of the program or library that holds this code.
fs::path own_folder() {
  Dl_info info;
  if (::dladdr(reinterpret_cast<const void*>(&own_folder), &info) == 0 || !info.dli_fname)
    return {};
  std::error_code error;
  const fs::path own = fs::canonical(info.dli_fname, error);
  if (!error) return own.parent_path();
  return fs::canonical("/proc/self/exe", error).parent_path();
}

const ImageLibrary* load() {
  std::string why = "it is not beside the program";
  // Beside the program (a build folder, a Python package), in the libraries beside it (an
  // installation that was moved), and where it was installed.
  const fs::path own = own_folder();
  for (const fs::path& folder :
       {own, own.parent_path() / AMALGAM_LIBRARIES / "amalgam", fs::path(AMALGAM_MODULE_FOLDER)}) {
    std::error_code missing;
    if (!fs::exists(folder / kModule, missing)) continue;
    void* module = ::dlopen((folder / kModule).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!module) {
      why = ::dlerror();
      continue;
    }
    if (void* entry = ::dlsym(module, "amalgam_opencv_images"))
      return reinterpret_cast<Entry>(entry)();
    why = "it lacks its entry";
  }
  throw Error(ErrorCode::kUnsupported, kModule, "cannot be loaded, so no images are read: " + why);
}

class LoadedLater : public ImageLibrary {
 public:
  Image decode(std::span<const std::byte> file, std::uint64_t channels,
               const std::string& where) const override {
    return library().decode(file, channels, where);
  }
  Image fitted(const Image& image, ImageSize size) const override {
    return library().fitted(image, size);
  }

 private:
  static const ImageLibrary& library() {
    static const ImageLibrary* const loaded = load();
    return *loaded;
  }
};

}  // namespace

const ImageLibrary& opencv_images() {
  static const LoadedLater images;
  return images;
}

}  // namespace amalgam
