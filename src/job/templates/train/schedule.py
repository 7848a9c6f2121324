def learning_rate(schedule, rate, step, total):
    """Of optimizer step `step` of `total`, where the recipe's rate is `rate`."""
    kind, given = schedule["kind"], schedule["arguments"]
    if kind == "one_cycle":
        low = rate / given["div_factor"]
        return of_cycle(given, step, total, low, rate, low / given["final_div_factor"])
    warmup = given["warmup_steps"]
    if step < warmup:
        return rate * warmup_factor(given, step)
    if kind == "constant":
        return rate
    if kind == "inverse_sqrt":
        scale = given["timescale"] or warmup or 10000
        return max(given["min_lr"], rate * (1.0 / math.sqrt((step + scale - warmup) / scale)))
    step, total = step - warmup, max(1, total - warmup)
    if kind == "cosine":
        factor = 0.5 * (1.0 + math.cos(math.pi * min(1.0, step / total)))
    elif kind == "linear":
        factor = 1.0 - min(1.0, step / total)
    elif kind == "polynomial":
        factor = (1.0 - min(1.0, step / total)) ** given["power"]
    else:
        return max(given["min_lr"], rate * given["gamma"] ** cuts(kind, given, step))
    return given["min_lr"] + (rate - given["min_lr"]) * factor


def warmup_factor(given, step):
    steps, start = given["warmup_steps"], given["warmup_start"]
    if given["warmup_form"] == "constant":
        return start
    if given["warmup_form"] == "exponential":
        return start ** (1.0 - step / steps)
    return start + (1.0 - start) * (step / steps) if start else (step + 1) / steps


def cuts(kind, given, step):
    """How often the rate has been multiplied with gamma."""
    if kind == "step":
        return step // given["step_size"]
    if kind == "multistep":
        return sum(milestone <= step for milestone in given["milestones"])
    return step


def of_cycle(given, step, total, first, middle, last):
    """What goes from `first` to `middle` and on to `last`, as torch.optim.lr_scheduler.OneCycleLR has it."""
    end, part = total - 1, given["pct_start"] * total
    phases = [(part - 1, first, middle), (end, middle, last)]
    if given["three_phase"]:
        phases = [(part - 1, first, middle), (2 * part - 2, middle, first), (end, first, last)]
    begin = 0
    for until, low, high in phases:
        if step <= until or until == end:
            done = (step - begin) / (until - begin) if until > begin else 1.0
            if given["anneal"] == "linear":
                return (high - low) * done + low
            return high + (low - high) / 2.0 * (math.cos(math.pi * done) + 1)
        begin = until


def momentum_of(schedule, step, total):
    """The momentum, or the first beta, of an optimizer step; None: the recipe's own."""
    given = schedule["arguments"]
    if schedule["kind"] != "one_cycle" or not given["cycle_momentum"]:
        return None
    high, low = given["max_momentum"], given["base_momentum"]
    return of_cycle(given, step, total, high, low, high)
