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
  std::vector<Bytes> parts;
  Buffer own;
  Digest digest;
};

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
    source.read(offset_, own);
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
  std::array<Piece, kPipelineSlots> pieces;
  auto read = [&](std::size_t slot) {
    check_interrupted();
    return reader.next(pieces[slot]);
  };
  auto hash = [&](std::size_t slot) {
    Blake2b digest;
    for (const Bytes part : pieces[slot].parts) digest.update(part);
    pieces[slot].digest = digest.finish();
  };
  auto write = [&](std::size_t slot) {
    std::size_t size = 0;
    for (const Bytes part : pieces[slot].parts) {
      out.write(part);
      size += part.size();
    }
    written.digests.push_back(pieces[slot].digest);
    written.bytes += size;
    if (progress) progress->advance(size);
  };
  run_pipeline({read, hash, write});
  out.close();
  return written;
}

}  // namespace amalgam
