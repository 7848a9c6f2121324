#include "noise/texts.h"

#include <map>

#include "noise/grid.h"

namespace amalgam {
namespace {

// The token that most rows have twice or more at one end.
std::optional<std::int64_t> find_padding(const Texts& texts) {
  const std::uint64_t width = texts.width();
  if (width < 2) return std::nullopt;
  std::map<std::int64_t, std::uint64_t> counts;
  for (std::uint64_t row = 0; row < texts.rows(); ++row)
    for (const std::uint64_t end : {std::uint64_t{0}, width - 1}) {
      const std::uint64_t next = end == 0 ? 1 : width - 2;
      if (texts.token(row, end) == texts.token(row, next)) ++counts[texts.token(row, end)];
    }
  std::optional<std::int64_t> padding;
  std::uint64_t most = 0;
  for (const auto& [token, count] : counts)
    if (count > most) {
      padding = token;
      most = count;
    }
  return padding;
}

}  // namespace

Texts::Texts(std::shared_ptr<const Dataset> data, std::size_t field_number)
    : data_(std::move(data)), field_(field_number) {
  for (const Field& candidate : data_->features())
    if (candidate.name == "attention_mask" && candidate.width() == width()) mask_ = &candidate;
  padding_ = find_padding(*this);
  bool first = true, last = true;
  const Span start = unpadded(0);
  for (std::uint64_t row = 0; row < rows() && (first || last); ++row) {
    const Span own = unpadded(row);
    if (own.last - own.first < 3) {
      first = last = false;
      break;
    }
    first = first && token(row, own.first) == token(0, start.first);
    last = last && token(row, own.last - 1) == token(0, start.last - 1);
  }
  same_first_ = first && rows() > 1;
  same_last_ = last && rows() > 1;
}

std::int64_t Texts::token(std::uint64_t row, std::uint64_t place) const {
  return static_cast<std::int64_t>(load_number(field(), row * width() + place));
}

bool Texts::seen(std::uint64_t row, std::uint64_t place) const {
  return !mask_ || load_number(*mask_, row * width() + place) != 0;
}

Span Texts::unpadded(std::uint64_t row) const {
  Span span{0, width()};
  auto empty = [&](std::uint64_t place) {
    return !seen(row, place) || (padding_ && token(row, place) == *padding_);
  };
  while (span.last > span.first && empty(span.last - 1)) --span.last;
  while (span.first < span.last && empty(span.first)) ++span.first;
  return span;
}

Span Texts::span(std::uint64_t row) const {
  Span span = unpadded(row);
  if (same_first_) ++span.first;
  if (same_last_) --span.last;
  return span;
}

std::vector<std::int64_t> Texts::text(std::uint64_t row) const {
  std::vector<std::int64_t> out;
  const Span own = span(row);
  for (std::uint64_t place = own.first; place < own.last; ++place)
    if (seen(row, place)) out.push_back(token(row, place));
  return out;
}

}  // namespace amalgam
