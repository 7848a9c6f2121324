#include "formats/check_finite.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/bytes.h"
#include "base/counted.h"
#include "formats/finite.h"
#include "formats/row_numbers.h"

namespace amalgam {
namespace {

std::string text_of(float value) {
  if (std::isnan(value)) return "nan";
  return value < 0 ? "-inf" : "inf";
}

void look_at(const Field& field, std::vector<NotFiniteField>& found) {
  if (field.tensor.dtype != DType::kFloat32) return;
  const NotFiniteRuns runs = not_finite_runs(field.tensor);
  if (runs.empty()) return;
  NotFiniteField about{field.name, 0, 0, 0, ""};
  const std::uint64_t width = field.width();
  std::uint64_t next = 0;  // rows below it are counted
  for (const auto& [first, count] : runs) {
    about.values += count;
    const std::uint64_t begin = std::max(next, first / width),
                        end = (first + count - 1) / width + 1;
    about.rows += end > begin ? end - begin : 0;
    next = std::max(next, end);
  }
  about.first_row = runs.front().first / width;
  std::array<std::byte, sizeof(float)> value{};
  field.tensor.source->read(runs.front().first * sizeof(float), value);
  about.first_value = text_of(load_le<float>(value));
  found.push_back(std::move(about));
}

}  // namespace

std::vector<NotFiniteField> not_finite_fields(const Dataset& data) {
  std::vector<NotFiniteField> found;
  for (const Field& field : data.fields) look_at(field, found);
  return found;
}

void check_finite(const Dataset& data) {
  Findings findings;
  for (const NotFiniteField& field : not_finite_fields(data))
    findings.add(
        ErrorCode::kInvalid, data.where,
        fmt::format("row {} of '{}' holds {}; {} of its values in {} {} not finite{}: "
                    "leave such rows out, or fill the values in",
                    field.first_row, field.name, field.first_value, field.values,
                    counted(field.rows, "row"), by_count(field.values, "is", "are"), kFromZero));
  findings.raise();
}

}  // namespace amalgam
