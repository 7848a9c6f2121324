"""A dataset's fields by name, through transforms to a model, and to a loss of one's own."""

import inspect
from collections.abc import Mapping

import torch


def named(arrays, name):
    """A dict of tensors: of one array under `name`, of several under name0, name1, ...; a dict stays one."""
    if arrays is None:
        return {}
    if isinstance(arrays, Mapping):
        return {n: torch.as_tensor(a) for n, a in arrays.items()}
    if isinstance(arrays, (list, tuple)) and len(arrays) != 1:
        return {f"{name}{i}": torch.as_tensor(a) for i, a in enumerate(arrays)}
    one = arrays[0] if isinstance(arrays, (list, tuple)) else arrays
    return {name: torch.as_tensor(one)}


def arguments_of(function):
    """Names of what a module or function takes, those that may be left out aside; None: any."""
    known = getattr(function, "arguments", None)  # an exported program's
    if known is not None:
        return list(known)
    parameters = inspect.signature(getattr(function, "forward", function)).parameters
    kinds = [p.kind for p in parameters.values()]
    if inspect.Parameter.VAR_KEYWORD in kinds:
        return None
    return [n for n, p in parameters.items() if p.default is p.empty]


def transformed(transform, features, targets):
    """Features and targets as a transform leaves them.

    It takes fields by the names of its arguments ("y" is the only target, any other name the only feature), and gives a
    dict, as many tensors as it took, or one for the first. What is new is a target where no feature is called so.
    """
    fields = {**features, **targets}
    names = arguments_of(transform)
    takes = {}
    for name in list(fields) if names is None else names:
        if name in fields:
            takes[name] = name
        else:
            takes[name] = next(iter(targets if name == "y" and targets else features))
    given = transform(**{name: fields[field] for name, field in takes.items()})
    if not isinstance(given, Mapping):
        values = [given] if isinstance(given, torch.Tensor) else list(given)
        given = dict(zip(takes, values, strict=False))
    found = {takes.get(name, name): value for name, value in given.items()}
    return (
        {n: found.get(n, t) for n, t in features.items()},
        {**targets, **{n: t for n, t in found.items() if n not in features}},
    )


def outputs_by_name(output):
    if isinstance(output, torch.Tensor):
        return {"": output}
    found = output.items() if isinstance(output, Mapping) else enumerate(output)
    return {str(n): t for n, t in found if isinstance(t, torch.Tensor)}


def loss_of_own(loss, output, targets):
    """A loss of one's own: each argument is the target of its name, the only output, the output of its name, or the next
    that has none."""
    outputs = outputs_by_name(output)
    unnamed = iter([n for n in outputs if n.isdigit()])
    taken = {}
    for name in arguments_of(loss):
        if name in targets:
            taken[name] = targets[name]
        elif name == "y" and len(targets) == 1:
            taken[name] = next(iter(targets.values()))
        elif len(outputs) == 1:
            taken[name] = next(iter(outputs.values()))
        else:
            taken[name] = outputs[name] if name in outputs else outputs[next(unnamed)]
    return loss(**taken)
