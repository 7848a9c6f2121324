// One encoded image: what is looked at before a decoder sees it, and the decoders.
#include <opencv2/imgcodecs.hpp>

#include "amalgam/image.h"
#include "target.h"

extern "C" const amalgam::ImageLibrary* amalgam_opencv_images();

namespace amalgam::fuzz {

std::vector<std::string> seeds() {
  std::vector<std::string> out;
  for (const char* kind : {".png", ".jpg", ".bmp", ".webp"})
    for (const int type : {CV_8UC1, CV_8UC3, CV_8UC4, CV_16UC1}) {
      if (type == CV_16UC1 && std::string(kind) != ".png") continue;
      std::vector<unsigned char> bytes;
      cv::imencode(kind, cv::Mat(5, 7, type, cv::Scalar(9, 99, 199, 255)), bytes);
      out.emplace_back(bytes.begin(), bytes.end());
    }
  return out;
}

void run(Bytes input) {
  const std::uint64_t channels = input.size() % 2 == 0 ? 1 : 3;
  const ImageLibrary& images = *amalgam_opencv_images();
  const Image image = images.decode(input, channels, "input");
  if (image.height * image.width <= 4096) images.fitted(image, {4, 6});
}

}  // namespace amalgam::fuzz
