#include "obfuscate/amounts.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "amalgam/model.h"
#include "base/counted.h"
#include "key/key.h"

namespace amalgam {
namespace {

// Generated decoys imitate the wanted tasks in turn.
double capacity(const std::vector<std::uint64_t>& wanted, std::uint64_t decoys) {
  double values = 0;
  for (std::uint64_t i = 0; i < decoys; ++i)
    values += static_cast<double>(wanted[i % wanted.size()]);
  return values;
}

// Generated decoys, and the part of a whole stream that each of them inserts.
struct Inserted {
  std::uint64_t decoys = 0;
  double part = 1;
};

// For an amount of inserted values (none: whole streams). `wanted` are the wanted tasks' values a
// sample, `guests` the guests' together; generated decoys imitate the wanted tasks in turn. Without
// a number of decoys, the fewest that can insert as much. Throws kInvalid where it can't be met.
Inserted share_values(const std::optional<double>& amount, const std::vector<std::uint64_t>& wanted,
                      std::uint64_t guests, const std::optional<std::uint64_t>& decoys,
                      std::uint64_t fallback) {
  if (!amount) return {decoys.value_or(fallback), 1};
  const double own =
      static_cast<double>(std::accumulate(wanted.begin(), wanted.end(), std::uint64_t{0}));
  const double left = *amount * own - static_cast<double>(guests);
  if (left < -0.5 || (left < 0.5 && decoys.value_or(0) > 0))
    throw Error(ErrorCode::kInvalid, "--amount",
                fmt::format("{} would be less than the guests alone insert ({:.2f}); leave it out, "
                            "or give fewer guests",
                            *amount, static_cast<double>(guests) / own));
  if (left < 0.5) return {0, 1};
  std::uint64_t needed = 1;
  while (capacity(wanted, needed) < left - 0.5) ++needed;
  const std::uint64_t given = decoys.value_or(needed);
  if (given < needed)
    throw Error(ErrorCode::kInvalid, "--amount",
                fmt::format("{} needs at least {}, each with a stream of its own; "
                            "--decoys is {}",
                            *amount, counted(needed, "generated decoy"), given));
  return {given, std::min(1.0, left / capacity(wanted, given))};
}

// The parameters of each variant, relative to its model's: `wanted` are the wanted models'
// parameters, `fixed` those of guests with models of their own, `variants` those of the models that
// variants are made of. Throws kInvalid where the amount can't be met.
double share_parameters(double amount, double wanted, double fixed, double variants) {
  if (variants == 0)
    throw Error(ErrorCode::kInvalid, "--model-amount",
                "needs decoys whose size can be chosen: generated ones, or guests of data alone");
  const double left = amount * wanted - fixed;
  if (left <= 0)
    throw Error(ErrorCode::kInvalid, "--model-amount",
                fmt::format("{} would be less than the guests' own models have ({:.2f})", amount,
                            fixed / wanted));
  return left / variants;
}

std::uint64_t values_of(const Task& task) {
  std::uint64_t values = 0;
  for (const ColumnShape& columns : task.shape.features()) values += columns.width;
  return values;
}

std::uint64_t input_values(const Model& model) {
  std::uint64_t values = 0;
  for (const ModelInput& input : model.train().inputs)
    values += element_count(sample_shape(model.train().values[input.value], model.where));
  return values;
}

double parameters_of(const Model& model) { return static_cast<double>(parameter_count(model)); }

Inserted inserted_values(const ObfuscateOptions& options, const Given& given) {
  std::vector<std::uint64_t> own;
  for (const Task& task : given.wanted) own.push_back(values_of(task));
  std::uint64_t guests = 0;
  // What asks another question of a wanted task's rows brings no features of its own.
  const auto is_new = [&](const std::string& row_order) {
    return std::none_of(given.wanted.begin(), given.wanted.end(),
                        [&](const Task& task) { return task.shape.row_order == row_order; });
  };
  for (const Task& task : given.guests)
    if (is_new(task.shape.row_order)) guests += values_of(task);
  for (const DataGuest& guest : given.on_data)
    if (is_new(row_order(*guest.data.training, guest.data.validation.get())))
      for (const Field& field : guest.data.training->features()) guests += field.width();
  for (const ModelGuest& guest : given.on_models) guests += input_values(*guest.model);
  const std::size_t tasks = own.size() + options.recipe.decoys.size();
  std::optional<std::uint64_t> decoys = options.decoys;
  if (options.like && !decoys) {
    const std::size_t had = options.like->tasks.size();
    decoys = had > tasks ? had - tasks : 0;
  }
  return share_values(options.amount, own, guests, decoys, tasks == 1 ? 1 : 0);
}

double mean_parameters(double amount, const Given& given, const Amounts& amounts) {
  double own = 0, fixed = 0, variants = 0;
  for (std::size_t w = 0; w < given.wanted.size(); ++w) {
    const double parameters = parameters_of(*given.wanted[w].network.model);
    const std::size_t copies = amounts.generated[w] + (w == 0 ? given.on_data.size() : 0);
    own += parameters;
    variants += parameters * static_cast<double>(copies);
  }
  for (const Task& task : given.guests) fixed += parameters_of(*task.network.model);
  for (const ModelGuest& guest : given.on_models) fixed += parameters_of(*guest.model);
  return share_parameters(amount, own, fixed, variants);
}

}  // namespace

std::size_t Amounts::all_generated() const {
  return std::accumulate(generated.begin(), generated.end(), std::size_t{0});
}

Amounts decide_amounts(const ObfuscateOptions& options, const Given& given) {
  const Inserted inserted = inserted_values(options, given);
  const std::size_t wanted = given.wanted.size();
  Amounts amounts;
  amounts.part = inserted.part;
  for (std::size_t w = 0; w < wanted; ++w)
    amounts.generated.push_back(inserted.decoys / wanted + (w < inserted.decoys % wanted ? 1 : 0));
  if (options.model_amount)
    amounts.mean_parameters = mean_parameters(*options.model_amount, given, amounts);
  return amounts;
}

}  // namespace amalgam
