// Reading a JSON document whose members must be what the reader expects.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace amalgam {

// A value, and where it stands: "job.json/shards/train/0". Its type is checked when it is read:
// everything here throws kDamaged, naming the place, what was found and what was expected. The
// document must outlive its readers.
class JsonReader {
 public:
  // `where` names the document.
  JsonReader(const Json& value, std::string where) : value_(&value), where_(std::move(where)) {}

  // A member of an object. find() gives nothing where there is none, or it is null.
  JsonReader operator[](const char* name) const;
  std::optional<JsonReader> find(const char* name) const;
  // Refuses an object with other members than these, and one that lacks some.
  void only(std::initializer_list<const char*> names) const;

  std::string text() const;
  std::uint64_t number() const;  // a whole one that is not negative
  std::int64_t integer() const;  // a whole one
  double real() const;           // any number
  bool flag() const;
  std::vector<JsonReader> elements() const;                         // of a list
  std::vector<std::pair<std::string, JsonReader>> members() const;  // of an object, in its order
  // read(element) of each element of a list.
  template <typename Read>
  auto list(const Read& read) const {
    std::vector<decltype(read(*this))> all;
    for (const JsonReader& element : elements()) all.push_back(read(element));
    return all;
  }
  std::vector<std::uint64_t> numbers() const;
  std::vector<std::string> texts() const;

  const Json& value() const { return *value_; }
  const std::string& where() const { return where_; }
  // Throws kDamaged of this place.
  [[noreturn]] void refuse(std::string what) const;

 private:
  [[noreturn]] void expected(const char* what) const;

  const Json* value_;
  std::string where_;
};

}  // namespace amalgam
