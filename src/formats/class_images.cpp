#include "formats/class_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <numeric>
#include <optional>
#include <set>

#include "base/buffer.h"
#include "base/counted.h"
#include "base/interrupt.h"
#include "base/limits.h"
#include "base/parallel.h"
#include "formats/class_folders.h"
#include "formats/image_header.h"
#include "formats/look_alikes.h"

namespace amalgam {
namespace {

[[noreturn]] void invalid(const std::string& where, std::string what) {
  throw Error(ErrorCode::kInvalid, where, std::move(what));
}

std::string size_text(const Image& image) {
  return std::to_string(image.height) + " x " + std::to_string(image.width);
}

// Rows that arrive one by one, [C, H, W] each, and are put in order at the end.
class Rows {
 public:
  void add(const Image& image) {
    const std::uint64_t area = image.height * image.width;
    bytes_ = area * image.channels;
    if ((count_ + 1) * bytes_ > buffer_.size())
      buffer_.grow(std::max<std::size_t>(2 * buffer_.size(), 256 * bytes_));
    std::byte* out = buffer_.data() + count_++ * bytes_;
    for (std::uint64_t c = 0; c < image.channels; ++c)
      for (std::uint64_t i = 0; i < area; ++i) *out++ = image.pixels[i * image.channels + c];
  }

  // Row i becomes what row order[i] was.
  void reorder(const std::vector<std::size_t>& order) {
    std::vector<std::byte> kept(bytes_);
    std::vector<bool> done(count_);
    for (std::size_t start = 0; start < count_; ++start) {
      if (done[start]) continue;
      std::memcpy(kept.data(), row(start), bytes_);
      std::size_t at = start;
      for (; order[at] != start; at = order[at]) {
        std::memcpy(row(at), row(order[at]), bytes_);
        done[at] = true;
      }
      std::memcpy(row(at), kept.data(), bytes_);
      done[at] = true;
    }
  }

  Buffer take() { return std::move(buffer_); }

 private:
  std::byte* row(std::size_t i) { return buffer_.data() + i * bytes_; }

  Buffer buffer_;
  std::uint64_t bytes_ = 0, count_ = 0;
};

// Files on their way through reading, decoding and storing: several at a time, because one small
// image is too little work to hand from thread to thread.
struct Batch {
  static constexpr std::size_t kFiles = 64, kBytes = std::size_t{4} << 20;
  static constexpr std::size_t kUnderWay = 8;
  std::vector<ImageFile> files;
  std::vector<Image> images;
  std::vector<bool> large;
  std::vector<std::optional<Error>> errors;
};

class Reader {
 public:
  Reader(ImageFiles& files, std::string where, const DatasetOptions& options)
      : files_(files), where_(std::move(where)), options_(options) {}

  Dataset read() {
    Progress* progress = options_.progress;
    if (progress) progress->begin("reading images", files_.total_bytes());
    std::array<Batch, Batch::kUnderWay> batches;
    run_pipeline({[&](std::size_t slot) { return fill(batches[slot]); },
                  [&](std::size_t slot) { decode(batches[slot]); },
                  [&](std::size_t slot) { store(batches[slot]); }},
                 Batch::kUnderWay);
    if (progress) progress->end();
    if (paths_.empty()) refuse_emptiness();
    return finish();
  }

 private:
  [[noreturn]] void refuse_emptiness() const {
    if (left_out_ > 0) invalid(where_, "has no image that is whole");
    const auto& others = files_.bystanders().others;
    invalid(where_, "has no images (jpg, png, webp, bmp) in class folders" +
                        (others.empty() ? std::string()
                                        : "; the first of its other files is " +
                                              others.begin()->second.first));
  }

  bool fill(Batch& batch) {
    check_interrupted();
    batch = {};
    ImageFile file;
    for (std::size_t bytes = 0; batch.files.size() < Batch::kFiles && bytes < Batch::kBytes;) {
      if (!files_.next(file)) break;
      bytes += file.content.size();
      batch.errors.push_back(admit(file));
      batch.large.push_back(batch.errors.back() ? false : large_);
      batch.files.push_back(std::move(file));
    }
    const std::uint64_t done = files_.bytes_done();
    if (options_.progress) options_.progress->advance(done - reported_);
    reported_ = done;
    return !batch.files.empty();
  }

  // Before anything is decoded: what the header promises. An error to be told in the file's turn.
  std::optional<Error> admit(const ImageFile& file) try {
    const std::string where = where_ + ": " + file.path;
    const ImageHeader header = read_image_header(file.content, where);
    large_ = header.width * header.height > kLargePixels;
    const ImageSize size = options_.size.value_or(ImageSize{header.height, header.width});
    preparation_.encodings.emplace(image_kind_name(header.kind));
    if (size.height != header.height || size.width != header.width) preparation_.scaled = true;
    if (!options_.size && options_.taken &&
        (size.height != options_.taken->height || size.width != options_.taken->width))
      invalid(where,
              fmt::format("is {0} x {1} pixels, but the model takes {2} x {3}; give [input] "
                          "size = [{2}, {3}] in the recipe",
                          size.height, size.width, options_.taken->height, options_.taken->width));
    promised_ += size.height * size.width * options_.channels;
    if (promised_ > unfolded_bytes().most)
      throw Error(ErrorCode::kUnsupported, where_,
                  fmt::format("decodes to {} bytes of pixels and more, and {}; give a smaller "
                              "[input] size in the recipe",
                              promised_, unfolded_bytes().text()));
    return std::nullopt;
  } catch (const Error& error) {
    return error;
  }

  void decode(Batch& batch) {
    batch.images.resize(batch.files.size());
    for (std::size_t i = 0; i < batch.files.size(); ++i) try {
        if (batch.errors[i]) continue;
        std::unique_lock<std::mutex> alone(one_large_, std::defer_lock);
        if (batch.large[i]) alone.lock();
        const ImageFile& file = batch.files[i];
        Image image =
            options_.images->decode(file.content, options_.channels, where_ + ": " + file.path);
        batch.images[i] =
            options_.size ? options_.images->fitted(image, *options_.size) : std::move(image);
        if (options_.to_inspect) batch.images[i].pixels = {};
      } catch (const Error& error) {
        const Finding& found = error.findings().front();
        batch.errors[i] = Error(
            found.code, found.where.empty() ? where_ + ": " + batch.files[i].path : found.where,
            found.what);
      }
  }

  void store(Batch& batch) {
    for (std::size_t i = 0; i < batch.files.size(); ++i) {
      std::string& path = batch.files[i].path;
      std::string name = class_of(path, where_);
      ++folders_[folder_of(path)];
      seen_classes_.insert(name);
      if (batch.errors[i]) {
        if (!options_.skip_damaged || batch.errors[i]->code() != ErrorCode::kDamaged)
          throw Error(with_cure(*batch.errors[i]));
        if (left_out_++ == 0) first_left_out_ = path;
        continue;
      }
      check_size(batch.images[i], path);
      classes_.push_back(std::move(name));
      if (!options_.to_inspect) rows_.add(batch.images[i]);
      paths_.push_back(std::move(path));
    }
  }

  // Other commands that read images lack the option.
  static std::vector<Finding> with_cure(const Error& error) {
    std::vector<Finding> findings = error.findings();
    if (error.code() == ErrorCode::kDamaged)
      for (Finding& f : findings)
        f.what += "; mend or remove it; obfuscate leaves such images out with --skip-damaged";
    return findings;
  }

  void check_size(const Image& image, const std::string& path) {
    if (paths_.empty()) {
      shape_ = {image.channels, image.height, image.width};
      first_size_ = size_text(image);
    } else if (shape_ != Shape{image.channels, image.height, image.width}) {
      invalid(where_ + ": " + path, "is " + size_text(image) + " pixels, but " + paths_.front() +
                                        " is " + first_size_ +
                                        "; give [input] size = [height, width] in the recipe");
    }
  }

  // An archive can have one name twice, and a folder cannot.
  void check_distinct(const std::vector<std::size_t>& order) const {
    const auto twice =
        std::adjacent_find(order.begin(), order.end(),
                           [&](std::size_t a, std::size_t b) { return paths_[a] == paths_[b]; });
    if (twice != order.end())
      invalid(where_, "has '" + paths_[*twice] +
                          "' twice; unpack it, which leaves one, and give the folder");
  }

  // Numbers of classes by name: those of the training data, or in sorted order.
  std::vector<std::string> class_names() const {
    if (options_.like && !options_.like->classes.empty()) return options_.like->classes;
    std::vector<std::string> names(seen_classes_.begin(), seen_classes_.end());
    if (const auto wrong = find_look_alikes(names)) invalid(where_, "has " + *wrong);
    return names;
  }

  Dataset finish() {
    std::vector<std::size_t> order(paths_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return std::tie(classes_[a], paths_[a]) < std::tie(classes_[b], paths_[b]);
    });
    check_distinct(order);
    rows_.reorder(order);
    Dataset dataset;
    dataset.where = where_;
    const bool numbered = options_.like && !options_.like->classes.empty();
    dataset.notes = check_class_folders(folders_, files_.bystanders(), numbered, where_);
    dataset.classes = class_names();
    std::map<std::string_view, std::int64_t> numbers;
    for (const std::string& name : dataset.classes)
      numbers.emplace(name, static_cast<std::int64_t>(numbers.size()));
    std::vector<std::byte> labels;
    for (std::size_t i : order) append_le(labels, class_number(numbers, i));
    Shape shape = {paths_.size()};
    shape.insert(shape.end(), shape_.begin(), shape_.end());
    dataset.add({"x", {DType::kUInt8, shape, memory_source(rows_.take())}});
    dataset.add(
        {"y", {DType::kInt64, {paths_.size()}, memory_source(std::move(labels))}, Role::kTarget});
    dataset.preparation = std::move(preparation_);
    if (left_out_ > 0)
      dataset.notes.push_back(counted(left_out_, "damaged image") + " of " + where_ +
                              (left_out_ == 1 ? " was" : " were") +
                              " left out, the first of them " + first_left_out_ + ".");
    return dataset;
  }

  std::int64_t class_number(const std::map<std::string_view, std::int64_t>& numbers,
                            std::size_t row) const {
    const auto found = numbers.find(classes_[row]);
    if (found != numbers.end()) return found->second;
    const bool plain = std::all_of(classes_[row].begin(), classes_[row].end(),
                                   [](unsigned char c) { return c < 0x80; });
    invalid(where_ + ": " + paths_[row],
            fmt::format("is of the class '{}', which the training data lacks{}", classes_[row],
                        plain ? ""
                              : " (letters with accents can be written in two ways, NFC and NFD, "
                                "and names in several encodings)"));
  }

  ImageFiles& files_;
  std::string where_;
  const DatasetOptions& options_;
  Rows rows_;
  std::vector<std::string> paths_, classes_;
  Shape shape_;
  std::string first_size_, first_left_out_;
  std::uint64_t left_out_ = 0, reported_ = 0, promised_ = 0;
  ClassFolders folders_;
  std::set<std::string> seen_classes_;
  Preparation preparation_;
  bool large_ = false;  // the image that was admitted last
  std::mutex one_large_;
};

}  // namespace

Dataset read_class_images(ImageFiles& files, const std::string& where,
                          const DatasetOptions& options) {
  if (!options.images)
    throw Error(ErrorCode::kUnsupported, where,
                "holds images, and this build reads none (it was made without OpenCV)");
  return Reader(files, where, options).read();
}

}  // namespace amalgam
