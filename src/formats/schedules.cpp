#include "formats/schedules.h"

#include <algorithm>
#include <array>

namespace amalgam {
namespace {

using enum ArgumentKind;

// Source: torch.optim.lr_scheduler, 2.9 to 2.13, in closed form; inverse_sqrt and the linear
// warm-up from (step + 1) / warmup_steps: transformers, 4 and 5.
constexpr double kMostSteps = 1e12;
constexpr std::string_view kWarmups[] = {"linear", "constant", "exponential"},
                           kAnneals[] = {"cos", "linear"};
constexpr RecipeArgument kWarmupSteps{"warmup_steps", kWhole, 0, kMostSteps},
    kWarmup{"warmup_form", kWord, 0, 0, 0, kWarmups}, kWarmupStart{"warmup_start", kNumber, 0, 1},
    kMinLr{"min_lr", kNumber};
// Of a cut, or of each step.
constexpr RecipeArgument kGamma{"gamma", kNumber, 0, 1, 0.1};

constexpr std::array kPlain = {kWarmupSteps, kWarmup, kWarmupStart};
constexpr std::array kFalling = {kWarmupSteps, kWarmup, kWarmupStart, kMinLr};
constexpr std::array kStep = {
    kWarmupSteps, kWarmup,
    kWarmupStart, RecipeArgument{"step_size", kWhole, 1, kMostSteps, 1, {}, true},
    kGamma,       kMinLr};
constexpr std::array kMultistep = {
    kWarmupSteps, kWarmup,
    kWarmupStart, RecipeArgument{"milestones", kWholes, 1, kMostSteps, 0, {}, true},
    kGamma,       kMinLr};
constexpr std::array kExponential = {kWarmupSteps, kWarmup, kWarmupStart,
                                     RecipeArgument{"gamma", kNumber, 0, 1, 1, {}, true}, kMinLr};
constexpr std::array kPolynomial = {kWarmupSteps, kWarmup, kWarmupStart,
                                    RecipeArgument{"power", kNumber, 0, kLargestSetting, 1},
                                    kMinLr};
constexpr std::array kInverseSqrt = {kWarmupSteps, kWarmup, kWarmupStart,
                                     RecipeArgument{"timescale", kWhole, 0, kMostSteps, 0}, kMinLr};
constexpr double kAboveZero = 1 / kLargestSetting;
constexpr std::array kOneCycle = {
    RecipeArgument{"pct_start", kNumber, 0, 1, 0.3},
    RecipeArgument{"anneal", kWord, 0, 0, 0, kAnneals},
    RecipeArgument{"div_factor", kNumber, kAboveZero, kLargestSetting, 25},
    RecipeArgument{"final_div_factor", kNumber, kAboveZero, kLargestSetting, 1e4},
    RecipeArgument{"three_phase", kFlag},
    RecipeArgument{"cycle_momentum", kFlag, 0, 1, 1},
    RecipeArgument{"base_momentum", kNumber, 0, kBelowOne, 0.85},
    RecipeArgument{"max_momentum", kNumber, 0, kBelowOne, 0.95}};

constexpr std::array kSchedules = {
    ScheduleRow{"constant", kPlain},           ScheduleRow{"cosine", kFalling},
    ScheduleRow{"linear", kFalling},           ScheduleRow{"step", kStep},
    ScheduleRow{"multistep", kMultistep},      ScheduleRow{"exponential", kExponential},
    ScheduleRow{"polynomial", kPolynomial},    ScheduleRow{"one_cycle", kOneCycle},
    ScheduleRow{"inverse_sqrt", kInverseSqrt},
};

}  // namespace

std::span<const ScheduleRow> schedule_table() { return kSchedules; }

const ScheduleRow& schedule_row(std::string_view name) {
  return *std::find_if(kSchedules.begin(), kSchedules.end(),
                       [name](const ScheduleRow& row) { return row.name == name; });
}

double schedule_number(const Schedule& schedule, std::string_view name) {
  const RecipeArgument* argument = find_argument(schedule_row(schedule.kind), name);
  const auto given = schedule.arguments.find(std::string(name));
  if (!argument) return 0;
  return given == schedule.arguments.end() ? argument->fallback : std::get<double>(given->second);
}

}  // namespace amalgam
