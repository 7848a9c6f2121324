// The module that amalgam/opencv_images.h loads when the first image is read.
#include <fmt/format.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "amalgam/image.h"
#include "base/limits.h"
#include "formats/image_header.h"
#include "opencv/jpeg.h"
#include "opencv/whole.h"

namespace amalgam {
namespace {

Image to_image(cv::Mat mat) {
  if (mat.channels() == 3) cv::cvtColor(mat, mat, cv::COLOR_BGR2RGB);
  const auto* begin = static_cast<const std::byte*>(static_cast<const void*>(mat.data));
  return {static_cast<std::uint64_t>(mat.rows),
          static_cast<std::uint64_t>(mat.cols),
          static_cast<std::uint64_t>(mat.channels()),
          {begin, begin + mat.total() * mat.elemSize()}};
}

class OpenCvImages : public ImageLibrary {
 public:
  // Failures are told by errors, in our own words.
  OpenCvImages() { cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT); }

  Image decode(Bytes file, std::uint64_t channels, const std::string& where) const override {
    const ImageHeader header = read_image_header(file, where);
    check_whole(file, where);
    if (header.kind == ImageKind::kJpeg)
      if (auto image = decode_jpeg(file, channels, where)) return std::move(*image);
    const cv::Mat bytes(1, static_cast<int>(file.size()), CV_8UC1,
                        const_cast<std::byte*>(file.data()));
    const int mode = channels == 1 ? cv::IMREAD_GRAYSCALE : cv::IMREAD_COLOR;
    cv::Mat mat;
    try {
      mat = cv::imdecode(bytes, mode | cv::IMREAD_IGNORE_ORIENTATION);
    } catch (const cv::Exception&) {
      mat.release();  // what it threw at is said below
    }
    if (mat.empty()) throw Error(ErrorCode::kDamaged, where, "is a damaged image, or none");
    return to_image(std::move(mat));
  }

  Image fitted(const Image& image, ImageSize size) const override {
    if (image.height == size.height && image.width == size.width) return image;
    const double scale = std::max(static_cast<double>(size.height) / image.height,
                                  static_cast<double>(size.width) / image.width);
    const auto scaled = [&](std::uint64_t length, std::uint64_t least) {
      return static_cast<int>(std::max<double>(std::round(length * scale), least));
    };
    if (scale * static_cast<double>(std::max(image.height, image.width)) >
        static_cast<double>(kScaledSide.most))
      throw Error(
          ErrorCode::kUnsupported, "",
          fmt::format("an image of {} x {} pixels is too long and thin to be scaled to {} x "
                      "{}",
                      image.height, image.width, size.height, size.width));
    const int height = scaled(image.height, size.height), width = scaled(image.width, size.width);
    const cv::Mat from(static_cast<int>(image.height), static_cast<int>(image.width),
                       image.channels == 1 ? CV_8UC1 : CV_8UC3,
                       const_cast<std::byte*>(image.pixels.data()));
    cv::Mat to;
    cv::resize(from, to, {width, height}, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
    const cv::Rect centre((width - static_cast<int>(size.width)) / 2,
                          (height - static_cast<int>(size.height)) / 2,
                          static_cast<int>(size.width), static_cast<int>(size.height));
    const cv::Mat cut = to(centre).clone();
    const auto* begin = static_cast<const std::byte*>(static_cast<const void*>(cut.data));
    return {size.height, size.width, image.channels, {begin, begin + cut.total() * cut.elemSize()}};
  }
};

}  // namespace
}  // namespace amalgam

extern "C" const amalgam::ImageLibrary* amalgam_opencv_images() {
  static const amalgam::OpenCvImages images;
  return &images;
}
