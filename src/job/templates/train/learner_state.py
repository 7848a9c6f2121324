def pack_learner(learner, tensors):
    """What a checkpoint holds of a learner beside its weights: its tensors go into `tensors`, its note is returned."""
    prefix = f"learner.{learner.index}"
    tensors[f"{prefix}.cpu_state"] = learner.state.cpu_state
    if learner.state.cuda:
        tensors[f"{prefix}.cuda_state"] = learner.state.cuda_state
    tensors[f"{prefix}.loss_sum"] = learner.loss_sum
    for place, one in enumerate(learner.ratio.tensors()):
        tensors[f"{prefix}.metric.{place}"] = one
    for name, parameter in learner.module.named_parameters():
        if parameter.grad is not None:  # half-way through an accumulation
            tensors[f"{prefix}.grad.{name}"] = parameter.grad
    for name, average in learner.averages.items():
        tensors[f"{prefix}.average.{name}"] = average
    note = {"steps": learner.steps, "rows": learner.rows}
    note["judge"] = learner.judge.state()
    if learner.scaler:
        note["scaler"] = learner.scaler.state_dict()
    if learner.optimizer is not None:
        state = learner.optimizer.state_dict()
        note["groups"] = state["param_groups"]
        note["plain"] = {}
        for number, values in state["state"].items():
            for key, value in values.items():
                if isinstance(value, torch.Tensor):
                    tensors[f"{prefix}.optimizer.{number}.{key}"] = value
                else:
                    note["plain"].setdefault(str(number), {})[key] = value
    return note


def unpack_learner(learner, note, tensors):
    """Restores in place what pack_learner() took."""
    prefix = f"learner.{learner.index}"
    learner.state.cpu_state = tensors[f"{prefix}.cpu_state"]
    if learner.state.cuda:
        learner.state.cuda_state = tensors[f"{prefix}.cuda_state"]
    learner.loss_sum.copy_(tensors[f"{prefix}.loss_sum"])
    sums = [tensors[name] for name in (f"{prefix}.metric.0", f"{prefix}.metric.1") if name in tensors]
    learner.ratio.load([one.to(learner.device) for one in sums])
    learner.steps, learner.rows = note["steps"], note["rows"]
    learner.judge.load(note["judge"])
    for name, parameter in learner.module.named_parameters():
        grad = tensors.get(f"{prefix}.grad.{name}")
        if grad is not None:
            parameter.grad = torch.empty_like(parameter).copy_(grad)
    for name, average in learner.averages.items():
        average.copy_(tensors[f"{prefix}.average.{name}"])
    if learner.scaler:
        learner.scaler.load_state_dict(note["scaler"])
    if learner.optimizer is None:
        return
    state = {int(number): dict(values) for number, values in note["plain"].items()}
    front = f"{prefix}.optimizer."
    for name, value in tensors.items():
        if name.startswith(front):
            number, key = name[len(front) :].split(".", 1)
            state.setdefault(int(number), {})[key] = value
    learner.optimizer.load_state_dict({"state": state, "param_groups": note["groups"]})
    for parameter, values in learner.optimizer.state.items():
        for key, value in values.items():  # in the parameter's order of memory: kernels may round by it
            if isinstance(value, torch.Tensor) and value.shape == parameter.shape:
                values[key] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)
