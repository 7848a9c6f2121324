#include "formats/fit_images.h"

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/parallel.h"

namespace amalgam {
namespace {

bool is_image(const Shape& shape) {
  return shape.size() == 3 && (shape[0] == 1 || shape[0] == 3) && shape[1] > 1 && shape[2] > 1;
}

Image from_planes(Bytes planes, const Shape& shape) {
  Image image{shape[1], shape[2], shape[0], std::vector<std::byte>(planes.size())};
  const std::uint64_t area = shape[1] * shape[2];
  for (std::uint64_t c = 0; c < shape[0]; ++c)
    for (std::uint64_t i = 0; i < area; ++i) image.pixels[i * shape[0] + c] = planes[c * area + i];
  return image;
}

std::byte luma(const std::byte* rgb) {
  const auto value = [&](int c) { return std::to_integer<unsigned>(rgb[c]); };
  return static_cast<std::byte>((299 * value(0) + 587 * value(1) + 114 * value(2) + 500) / 1000);
}

void to_planes(const Image& image, std::uint64_t channels, MutableBytes out) {
  const std::uint64_t area = image.height * image.width;
  for (std::uint64_t i = 0; i < area; ++i)
    for (std::uint64_t c = 0; c < channels; ++c) {
      const std::byte* pixel = &image.pixels[i * image.channels];
      if (image.channels == channels)
        out[c * area + i] = pixel[c];
      else
        out[c * area + i] = image.channels == 1 ? pixel[0] : luma(pixel);
    }
}

}  // namespace

std::optional<Field> fitted_images(const Field& field, const Shape& shape,
                                   const ImageLibrary& images) {
  Shape own = field.sample_shape();
  if (own.size() == 2) own.insert(own.begin(), 1);
  if (field.tensor.dtype != DType::kUInt8 || !is_image(own) || !is_image(shape))
    return std::nullopt;
  const Bytes source = field.tensor.source->view();
  const std::uint64_t from = element_count(own), to = element_count(shape);
  Buffer out(checked_mul(field.rows(), to, field.name));
  parallel_blocks(0, field.rows(), [&](std::uint64_t row) {
    const Image image = from_planes(source.subspan(row * from, from), own);
    to_planes(images.fitted(image, {shape[1], shape[2]}), shape[0],
              out.mutable_bytes().subspan(row * to, to));
  });
  Shape rows = {field.rows()};
  rows.insert(rows.end(), shape.begin(), shape.end());
  return Field{field.name, {DType::kUInt8, std::move(rows), memory_source(std::move(out))}};
}

}  // namespace amalgam
