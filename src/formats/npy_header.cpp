#include "formats/npy_header.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <charconv>
#include <optional>

#include "amalgam/error.h"
#include "base/limits.h"

namespace amalgam {
namespace {

struct Name {
  std::string_view text;
  DType dtype;
};
// What numpy.dtype() takes behind the mark of the byte order, on 64-bit Linux.
constexpr std::array kNames = {
    Name{"u1", DType::kUInt8},
    Name{"B", DType::kUInt8},
    Name{"uint8", DType::kUInt8},
    Name{"i1", DType::kInt8},
    Name{"b", DType::kInt8},
    Name{"int8", DType::kInt8},
    Name{"i2", DType::kInt16},
    Name{"h", DType::kInt16},
    Name{"int16", DType::kInt16},
    Name{"u2", DType::kUInt16},
    Name{"H", DType::kUInt16},
    Name{"uint16", DType::kUInt16},
    Name{"i4", DType::kInt32},
    Name{"i", DType::kInt32},
    Name{"int32", DType::kInt32},
    Name{"u4", DType::kUInt32},
    Name{"I", DType::kUInt32},
    Name{"uint32", DType::kUInt32},
    Name{"i8", DType::kInt64},
    Name{"l", DType::kInt64},
    Name{"int64", DType::kInt64},
    Name{"q", DType::kInt64},
    Name{"int", DType::kInt64},
    Name{"u8", DType::kUInt64},
    Name{"L", DType::kUInt64},
    Name{"Q", DType::kUInt64},
    Name{"uint64", DType::kUInt64},
    Name{"f2", DType::kFloat16},
    Name{"e", DType::kFloat16},
    Name{"float16", DType::kFloat16},
    Name{"f4", DType::kFloat32},
    Name{"f", DType::kFloat32},
    Name{"float32", DType::kFloat32},
    Name{"f8", DType::kFloat64},
    Name{"d", DType::kFloat64},
    Name{"float64", DType::kFloat64},
    Name{"float", DType::kFloat64},
    Name{"b1", DType::kBool},
    Name{"?", DType::kBool},
    Name{"bool", DType::kBool},
    Name{"c8", DType::kComplex64},
    Name{"F", DType::kComplex64},
    Name{"complex64", DType::kComplex64},
};

std::string_view cure_for(char kind) {
  switch (kind) {
    case 'U':
    case 'S':
    case 'a':
    case 'T':
      return "text; class numbers of it are numpy.unique(y, return_inverse=True)[1]";
    case 'O':
      return "Python objects, which are pickled and never read; save plain numbers "
             "(y.astype('int64')), or numpy.unique(y, return_inverse=True)[1] of text";
    case 'V':
      return "records; save each of their fields as an array of its own";
    case 'M':
    case 'm':
      return "dates or times; save numbers (x.astype('int64'))";
    case 'c':
    case 'D':
    case 'G':
      return "complex numbers; save their parts as real ones "
             "(numpy.stack([x.real, x.imag], 1).astype('float32'))";
    default:
      return "not a dtype that is read; save uint8, int32, int64 or float32";
  }
}

[[noreturn]] void damaged(const std::string& where, std::string what) {
  throw Error(ErrorCode::kDamaged, where, std::move(what));
}

// Walks over the dictionary's text.
class Reader {
 public:
  Reader(std::string_view text, const std::string& where) : rest_(text), where_(where) {}

  NpyHeader read() {
    expect('{');
    while (!take('}')) {
      read_entry(string("key"));
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (!rest_.empty() && rest_.front() != '\0') fail("text behind its dictionary");
    if (!descr_ || !order_ || !shape_)
      damaged(where_, fmt::format("the npy header lacks '{}'",
                                  !descr_ ? "descr" : (!order_ ? "fortran_order" : "shape")));
    header_.fortran_order = *order_;
    header_.shape = *shape_;
    read_dtype(*descr_);
    return header_;
  }

 private:
  void read_entry(const std::string& key) {
    expect(':');
    skip_space();
    if (key == "descr")
      descr_ = rest_.starts_with('[') ? records() : string("name of a dtype");
    else if (key == "fortran_order")
      order_ = boolean();
    else if (key == "shape")
      shape_ = sizes();
    else
      fail("the unknown key '" + key + "'");
  }

  void read_dtype(std::string_view descr) {
    std::string_view name = descr;
    if (!name.empty() && std::string_view("<>=|").find(name.front()) != std::string_view::npos)
      name.remove_prefix(1);
    for (const Name& known : kNames)
      if (known.text == name) {
        header_.dtype = known.dtype;
        header_.big_endian = descr.starts_with('>');
        return;
      }
    throw Error(ErrorCode::kUnsupported, where_,
                fmt::format("has dtype '{}': {}", descr, cure_for(name.empty() ? ' ' : name[0])));
  }

  // A list says the dtypes of a record's fields; nothing of it is needed.
  std::string records() {
    throw Error(ErrorCode::kUnsupported, where_, fmt::format("holds {}", cure_for('V')));
  }

  std::string string(const char* what) {
    skip_space();
    if (rest_.starts_with('u')) rest_.remove_prefix(1);
    if (!rest_.starts_with('\'') && !rest_.starts_with('"')) fail(std::string("no ") + what);
    const std::size_t end = rest_.find(rest_.front(), 1);
    if (end == std::string_view::npos) fail("a string that does not end");
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return text;
  }

  bool boolean() {
    for (const auto& [text, value] : {std::pair{"True", true}, {"False", false}})
      if (rest_.starts_with(text)) {
        rest_.remove_prefix(std::string_view(text).size());
        return value;
      }
    fail("neither True nor False for fortran_order");
  }

  Shape sizes() {
    Shape shape;
    if (!take('(')) fail("no readable shape");
    while (!take(')')) {
      shape.push_back(size());
      check_limit(shape.size(), kArrayDimensions, where_ + ": shape");
      if (take(',')) continue;
      if (shape.size() == 1) fail("a number as its shape; one of a tuple is (40,)");
      expect(')');
      break;
    }
    return shape;
  }

  std::uint64_t size() {
    skip_space();
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc()) fail("no readable shape");
    rest_.remove_prefix(static_cast<std::size_t>(stop - rest_.data()));
    if (rest_.starts_with('L')) rest_.remove_prefix(1);
    return value;
  }

  void skip_space() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front())))
      rest_.remove_prefix(1);
  }
  bool take(char c) {
    skip_space();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail(std::string("no '") + c + "' where one was expected");
  }
  [[noreturn]] void fail(const std::string& what) { damaged(where_, "the npy header has " + what); }

  std::string_view rest_;
  const std::string& where_;
  NpyHeader header_;
  std::optional<std::string> descr_;
  std::optional<bool> order_;
  std::optional<Shape> shape_;
};

}  // namespace

NpyHeader parse_npy_header(std::string_view text, const std::string& where) {
  return Reader(text, where).read();
}

}  // namespace amalgam
