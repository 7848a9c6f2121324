"""How the learning rate and the momentum of plain_training.py go, by optimizer step."""

import math

SCHEDULE = {
    "warmup_steps": 0,
    "warmup_form": "linear",
    "warmup_start": 0.0,
    "min_lr": 0.0,
    "step_size": 1,
    "gamma": 0.1,
    "power": 1.0,
    "timescale": 0,
    "pct_start": 0.3,
    "anneal": "cos",
    "div_factor": 25.0,
    "final_div_factor": 1e4,
    "three_phase": False,
    "cycle_momentum": True,
    "base_momentum": 0.85,
    "max_momentum": 0.95,
}


def learning_rate(schedule, rate, step, total):
    """The learning rate of optimizer step `step` of `total`, where the recipe's is `rate`."""
    s, kind = {**SCHEDULE, **schedule.get("arguments", {})}, schedule["kind"]
    if kind == "one_cycle":
        low = rate / s["div_factor"]
        return of_cycle(s, step, total, low, rate, low / s["final_div_factor"])
    warmup, start, floor = s["warmup_steps"], s["warmup_start"], s["min_lr"]
    if step < warmup:
        if s["warmup_form"] == "constant":
            return rate * start
        if s["warmup_form"] == "exponential":
            return rate * start ** (1.0 - step / warmup)
        if start:
            return rate * (start + (1.0 - start) * (step / warmup))
        return rate * ((step + 1) / warmup)
    after, part = step - warmup, min(1.0, (step - warmup) / max(1, total - warmup))
    if kind == "cosine":
        return floor + (rate - floor) * (0.5 * (1.0 + math.cos(math.pi * part)))
    if kind == "linear":
        return floor + (rate - floor) * (1.0 - part)
    if kind == "polynomial":
        return floor + (rate - floor) * (1.0 - part) ** s["power"]
    if kind == "inverse_sqrt":
        scale = s["timescale"] or warmup or 10000
        return max(floor, rate * (1.0 / math.sqrt((after + scale) / scale)))
    if kind == "step":
        return max(floor, rate * s["gamma"] ** (after // s["step_size"]))
    if kind == "multistep":
        passed = [m for m in s["milestones"] if m <= after]
        return max(floor, rate * s["gamma"] ** len(passed))
    if kind == "exponential":
        return max(floor, rate * s["gamma"] ** after)
    return rate


def of_cycle(s, step, total, first, middle, last):
    """One phase from `first` to `middle`, one (or two, over `first`) on to `last`."""
    ends, values = [s["pct_start"] * total - 1], [first, middle]
    if s["three_phase"]:
        ends, values = [*ends, 2 * s["pct_start"] * total - 2], [*values, first]
    ends, values = [0, *ends, total - 1], [*values, last]
    phase = next((i for i in range(len(values) - 1) if step <= ends[i + 1]), len(values) - 2)  # fmt: skip
    begin, end = ends[phase], ends[phase + 1]
    done = (step - begin) / (end - begin) if end > begin else 1.0
    low, high = values[phase], values[phase + 1]
    if s["anneal"] == "linear":
        return (high - low) * done + low
    return high + (low - high) / 2.0 * (math.cos(math.pi * done) + 1)


def cycle_momentum(schedule, group, step, total):
    s = {**SCHEDULE, **schedule.get("arguments", {})}
    if schedule["kind"] != "one_cycle" or not s["cycle_momentum"]:
        return
    high, low = s["max_momentum"], s["base_momentum"]
    momentum = of_cycle(s, step, total, high, low, high)
    if "betas" in group:
        group["betas"] = (momentum, *group["betas"][1:])
    elif group.get("momentum"):
        group["momentum"] = momentum
