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


TARGETS = ("y", "target", "targets", "label", "labels")  # names of the only target


def arguments_of(function):
    """Names of what a module or function takes, and whether each has a default; None: any."""
    known = getattr(function, "arguments", None)  # an exported program's
    if known is not None:
        return dict.fromkeys(known, False)
    parameters = inspect.signature(getattr(function, "forward", function)).parameters
    if inspect.Parameter.VAR_KEYWORD in [p.kind for p in parameters.values()]:
        return None
    return {n: p.default is not p.empty for n, p in parameters.items()}


def transformed(transform, features, targets):
    """Features and targets as a transform leaves them.

    It takes fields by the names of its arguments ("y" is the only target, any other name the only feature), and gives a
    dict, as many tensors as it took, or one for the first. What is new is a target where no feature is called so.
    """
    fields = {**features, **targets}
    names = arguments_of(transform)
    takes = {}
    for name, optional in (dict.fromkeys(fields, False) if names is None else names).items():  # fmt: skip
        if name in fields:
            takes[name] = name
        elif not optional:
            only = targets if name in TARGETS and len(targets) == 1 else features
            takes[name] = next(iter(only))
    given = transform(**{name: fields[field] for name, field in takes.items()})
    if not isinstance(given, Mapping):
        values = [given] if isinstance(given, torch.Tensor) else list(given)
        given = dict(zip(takes, values, strict=False))
    found = {takes.get(name, name): value for name, value in given.items()}
    return (
        {n: found.get(n, t) for n, t in features.items()},
        {**targets, **{n: t for n, t in found.items() if n not in features}},
    )


def _leaves(output, name):
    if isinstance(output, torch.Tensor):
        return [(name, output)]
    if isinstance(output, Mapping):
        return [leaf for key, one in output.items() for leaf in _leaves(one, str(key))]
    if isinstance(output, (list, tuple)):
        return [leaf for one in output for leaf in _leaves(one, name)]
    return []


def outputs_by_name(output):
    """Tensors by the key of the dict that holds them, in small letters, else by their place; "" for a single one."""
    if isinstance(output, torch.Tensor):
        return {"": output}
    found = {}
    for place, (name, tensor) in enumerate(_leaves(output, "")):
        found.setdefault(name.lower() or str(place), tensor)
    return found


def loss_of_own(loss, output, targets):
    """A loss of one's own: each argument is the target of its name, the output of its name, the only target where it is
    called so, the only output, or the next that has no name. What has a default is left out where nothing is called so."""
    outputs = outputs_by_name(output)
    unnamed = iter([n for n in outputs if n.isdigit()])
    taken = {}
    for name, optional in arguments_of(loss).items():
        if name in targets:
            taken[name] = targets[name]
        elif name.lower() in outputs:
            taken[name] = outputs[name.lower()]
        elif optional:
            continue
        elif name in TARGETS and len(targets) == 1:
            taken[name] = next(iter(targets.values()))
        elif len(outputs) == 1:
            taken[name] = next(iter(outputs.values()))
        else:
            taken[name] = outputs[next(unnamed)]
    return loss(**taken)
