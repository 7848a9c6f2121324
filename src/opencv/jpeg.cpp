#include "opencv/jpeg.h"

#include <turbojpeg.h>

#include <memory>

namespace amalgam {
namespace {

struct Destroyer {
  void operator()(void* handle) const { tjDestroy(handle); }
};

// One a thread: making a decompressor costs more than decoding a small image.
tjhandle decompressor() {
  thread_local const std::unique_ptr<void, Destroyer> handle(tjInitDecompress());
  if (!handle) throw std::bad_alloc();
  return handle.get();
}

const unsigned char* data_of(Bytes file) {
  return static_cast<const unsigned char*>(static_cast<const void*>(file.data()));
}

[[noreturn]] void damaged(tjhandle handle, const std::string& where) {
  throw Error(ErrorCode::kDamaged, where,
              std::string("is a damaged JPEG image: ") + tjGetErrorStr2(handle));
}

}  // namespace

std::optional<Image> decode_jpeg(Bytes file, std::uint64_t channels, const std::string& where) {
  const tjhandle handle = decompressor();
  int width = 0, height = 0, subsampling = 0, colours = 0;
  if (tjDecompressHeader3(handle, data_of(file), file.size(), &width, &height, &subsampling,
                          &colours) != 0)
    damaged(handle, where);
  if (colours == TJCS_CMYK || colours == TJCS_YCCK) return std::nullopt;
  Image image{static_cast<std::uint64_t>(height), static_cast<std::uint64_t>(width), channels, {}};
  image.pixels.resize(image.height * image.width * channels);
  if (tjDecompress2(handle, data_of(file), file.size(),
                    static_cast<unsigned char*>(static_cast<void*>(image.pixels.data())), width, 0,
                    height, channels == 1 ? TJPF_GRAY : TJPF_RGB, TJFLAG_STOPONWARNING) != 0)
    damaged(handle, where);
  return image;
}

}  // namespace amalgam
