#include <algorithm>
#include <array>

#include "base/buffer.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "formats/safetensors.h"

namespace amalgam {
namespace {

// A piece of the file to be: bytes that lie in memory or in a mapped file already are taken where
// they are, others are read into the piece's own buffer.
struct Piece {
  struct Read {
    const TensorSource* source;
    std::uint64_t offset;
    MutableBytes to;
  };
  MessageParts parts;
  std::vector<Read> reads;  // what is still to be read of the parts
  Buffer own;

  // On any thread: sources may compute their bytes.
  void read() const {
    for (const Read& one : reads) one.source->read(one.offset, one.to);
  }
};

// As many pieces as are hashed side by side.
struct PieceGroup {
  std::array<Piece, kHashLanes> pieces;
  std::array<Digest, kHashLanes> digests{};
  std::size_t count = 0;
};
constexpr std::size_t kGroupsUnderWay = 4;

// Cuts the bytes of header and tensors, one after another, into pieces.
class PieceReader {
 public:
  PieceReader(const std::string& header, const std::vector<NamedTensor>& tensors) {
    const Bytes text = as_bytes(header);
    sources_.push_back(view_source(text, nullptr));
    sizes_.push_back(text.size());
    for (const NamedTensor& named : tensors) {
      sources_.push_back(named.tensor.source);
      sizes_.push_back(named.tensor.bytes());
    }
  }

  // The next piece; false behind the last.
  bool next(Piece& piece) {
    piece.parts.clear();
    piece.reads.clear();
    std::size_t filled = 0;
    while (filled < kDigestPiece && index_ < sources_.size()) {
      const std::size_t size =
          std::min<std::uint64_t>(kDigestPiece - filled, sizes_[index_] - offset_);
      if (size > 0) piece.parts.push_back(part(piece, filled, size));
      filled += size;
      offset_ += size;
      if (offset_ < sizes_[index_]) continue;
      ++index_;
      offset_ = 0;
    }
    return filled > 0;
  }

 private:
  Bytes part(Piece& piece, std::size_t at, std::size_t size) const {
    const TensorSource& source = *sources_[index_];
    if (const Bytes view = source.view(); !view.empty()) return view.subspan(offset_, size);
    if (piece.own.size() == 0) piece.own = Buffer(kDigestPiece);
    const MutableBytes own = piece.own.mutable_bytes().subspan(at, size);
    piece.reads.push_back({&source, offset_, own});
    return own;
  }

  std::vector<std::shared_ptr<const TensorSource>> sources_;
  std::vector<std::uint64_t> sizes_;
  std::size_t index_ = 0;
  std::uint64_t offset_ = 0;
};

}  // namespace

WrittenFile write_safetensors(const std::filesystem::path& path,
                              const std::vector<NamedTensor>& tensors, unsigned mode,
                              Progress* progress) {
  const std::string header = safetensors_header(tensors);
  OutputFile out(path, mode);
  PieceReader reader(header, tensors);
  WrittenFile written{{}, 0};
  std::array<PieceGroup, kGroupsUnderWay> groups;
  auto cut = [&](std::size_t slot) {
    check_interrupted();
    PieceGroup& group = groups[slot];
    for (group.count = 0; group.count < kHashLanes; ++group.count)
      if (!reader.next(group.pieces[group.count])) break;
    return group.count > 0;
  };
  auto hash = [&](std::size_t slot) {
    PieceGroup& group = groups[slot];
    std::array<const MessageParts*, kHashLanes> messages{};
    for (std::size_t i = 0; i < group.count; ++i) {
      group.pieces[i].read();
      messages[i] = &group.pieces[i].parts;
    }
    blake2b_lanes(std::span(messages).first(group.count),
                  std::span(group.digests).first(group.count));
  };
  auto write = [&](std::size_t slot) {
    const PieceGroup& group = groups[slot];
    for (std::size_t i = 0; i < group.count; ++i) {
      std::size_t size = 0;
      for (const Bytes part : group.pieces[i].parts) {
        out.write(part);
        size += part.size();
      }
      written.digests.push_back(group.digests[i]);
      written.bytes += size;
      if (progress) progress->advance(size);
    }
  };
  run_pipeline({cut, hash, write}, kGroupsUnderWay);
  out.close();
  return written;
}

}  // namespace amalgam
