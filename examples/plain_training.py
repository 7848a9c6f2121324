"""Plain PyTorch training by the loop that Amalgam's jobs follow, without any of Amalgam's code.

This is the oracle of "same training": what a job trains and `amalgam extract` returns must equal, bit for bit, what
`train` below does to the same model over the same rows.

    from plain_training import train
    train(model, x, y, rows, recipe)                    # an nn.Module, numpy arrays or tensors, row numbers in order

    python plain_training.py --model model.pt2 --initial start.safetensors --x x.npy --y y.npy --rows rows.npy \
        --recipe recipe.json --out weights.safetensors  # the same for an exported model; torchrun works too

A job begins with values that may have been drawn anew: `amalgam extract` of its weights.safetensors gives the start.

`recipe` is a dict; what it lacks takes the defaults below.
"""

import argparse
import contextlib
import importlib
import json
import math
import os
import re
import sys
import zipfile
from pathlib import Path

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")

import numpy
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch.nn.parallel import DistributedDataParallel

DEFAULTS = {
    "epochs": 1,
    "batch_size": 64,
    "precision": "fp32",
    "seed": 0,
    "loss": "cross_entropy",
    "label_smoothing": 0.0,
    "optimizer": "SGD",  # a class of torch.optim
    "arguments": {},  # its arguments, as {"lr": 0.05, "momentum": 0.9}
    "no_decay": [],  # names of parameters without weight decay
    "clip_grad_norm": 0.0,
    "accumulate": 1,
    "schedule": {"kind": "constant", "warmup_steps": 0, "step_size": 1, "gamma": 0.1},
    "input": {},  # random_crop, horizontal_flip, scale, mean, std ("fit": the rows' own)
    "output": None,  # which of several outputs the loss takes
    "keywords": [],  # names of the last inputs, where the model takes them by name
    "mask": None,  # with the loss next_token: which input's zeros are padding
}


def random_crop(x, padding):
    """Shifts each image of [N, C, H, W] by up to `padding` pixels, filling with zeros."""
    n, c, h, w = x.shape
    top = torch.randint(0, 2 * padding + 1, (n, 1), device=x.device)
    left = torch.randint(0, 2 * padding + 1, (n, 1), device=x.device)
    rows = top + torch.arange(h, device=x.device)
    columns = left + torch.arange(w, device=x.device)
    sample = torch.arange(n, device=x.device)[:, None, None, None]
    channel = torch.arange(c, device=x.device)[None, :, None, None]
    x = F.pad(x, (padding, padding, padding, padding))
    return x[sample, channel, rows[:, None, :, None], columns[:, None, None, :]]


def random_flip(x):
    """Mirrors each image of [N, C, H, W] left to right with probability 1/2."""
    flip = torch.rand(x.shape[0], device=x.device) < 0.5
    return torch.where(flip[:, None, None, None], x.flip(-1), x)


def prepare(x, settings, training, dtype=torch.float32):
    """Crop, flip, then scale and normalise; without settings values are only cast."""
    if training and settings.get("random_crop"):
        x = random_crop(x, settings["random_crop"])
    if training and settings.get("horizontal_flip"):
        x = random_flip(x)
    if any(settings.get(name) for name in ("scale", "mean", "std")):
        x = x.to(torch.float32)
        view = [-1] + [1] * (x.dim() - 2)
        if settings.get("scale"):
            x = x.div(settings["scale"])
        if settings.get("mean"):
            x = x.sub(torch.tensor(settings["mean"], device=x.device).view(view))
        if settings.get("std"):
            x = x.div(torch.tensor(settings["std"], device=x.device).view(view))
    return x.to(dtype)


def fitted(x, rows, settings):
    """`settings` with numbers in the place of "fit": of x over the rows, in float64; per channel of [N, C, H, W], per
    column of [N, D] up to 4096, else of all values. Values that are all equal have a deviation of 1."""
    if "fit" not in (settings.get("mean"), settings.get("std")):
        return settings
    single = x.dim() == 4 or (x.dim() == 2 and x.shape[1] <= 4096)
    axes = [d for d in range(x.dim()) if d != 1 or not single]

    def parts():
        for part in rows.split(1024):
            values = x[part].to(torch.float32).to(torch.float64)
            yield values.div(settings.get("scale") or 1.0)

    count = len(rows) * math.prod(x.shape[1:]) // (x.shape[1] if single else 1)
    mean = sum(values.sum(axes, keepdim=True) for values in parts()) / count
    squares = sum((v - mean).square().sum(axes, keepdim=True) for v in parts())
    least = torch.stack([v.amin(axes) for v in parts()]).amin(0)
    most = torch.stack([v.amax(axes) for v in parts()]).amax(0)
    std = (squares / count).sqrt().flatten().float()
    std[(least == most).flatten() | (std == 0)] = 1.0
    found = {"mean": mean.flatten().float().tolist(), "std": std.tolist()}
    fit = {name: found[name] for name in found if settings.get(name) == "fit"}
    return {**settings, **fit}


def next_tokens(inputs, recipe):
    """What "next_token" predicts: the first input's tokens but the first; padding is ignored."""
    y = inputs[0][:, 1:].to(torch.int64)
    if recipe["mask"] is None:
        return y
    return y.masked_fill(inputs[recipe["mask"]][:, 1:] == 0, -100)


def loss_of(output, y, recipe):
    if recipe["loss"] == "next_token":
        output = output[:, :-1]
    if recipe["loss"] == "mse":
        return F.mse_loss(output, y.view(output.shape))
    if recipe["loss"] == "bce_with_logits":
        return F.binary_cross_entropy_with_logits(output, y.view(output.shape))
    if y.dim() > 1:
        output, y = output.flatten(0, -2), y.flatten()
    return F.cross_entropy(output, y, label_smoothing=recipe["label_smoothing"])


def schedule_factor(schedule, step, total):
    """What the learning rate is multiplied with in optimizer step `step` of `total`."""
    warmup = schedule.get("warmup_steps", 0)
    if step < warmup:
        return (step + 1) / warmup
    step, total = step - warmup, max(1, total - warmup)
    if schedule["kind"] == "cosine":
        return 0.5 * (1.0 + math.cos(math.pi * min(1.0, step / total)))
    if schedule["kind"] == "linear":
        return 1.0 - min(1.0, step / total)
    if schedule["kind"] == "step":
        return schedule["gamma"] ** (step // schedule["step_size"])
    return 1.0


def make_optimizer(model, recipe):
    trainable = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    spared = [p for n, p in trainable if n in recipe["no_decay"]]
    groups = [{"params": [p for n, p in trainable if n not in recipe["no_decay"]]}]
    if spared:
        groups.append({"params": spared, "weight_decay": 0.0})
    groups = [group for group in groups if group["params"]]
    return getattr(torch.optim, recipe["optimizer"])(groups, **recipe["arguments"])


def only_output(output, name):
    if isinstance(output, torch.Tensor):
        return output
    if isinstance(output, (tuple, list)):
        tensors = [t for t in output if isinstance(t, torch.Tensor)]
        return tensors[int(name) if name else 0]
    return output[name or "logits"]


def batches_of(rows, recipe, world):
    size, count = recipe["batch_size"], len(rows)
    spans = [(first, min(first + size, count)) for first in range(0, count, size)]
    return [span for span in spans if span[1] - span[0] >= 2 * world]


def train(model, x, y, rows, recipe, *, max_steps=None, device="cpu", dtypes=None):
    """Trains `model` in place and returns it.

    x: [N, ...] features as the job holds them, or a list of such arrays, in the order of the model's inputs; y: [N] or
    [N, ...] targets, None for next tokens; rows: the dataset's row behind each row of the job, in the job's order.
    `dtypes` are what the model takes (default: float32, or int64 for int64).
    """
    recipe = {**DEFAULTS, **recipe}
    rank, world = (
        int(os.environ.get("RANK", "0")),
        int(os.environ.get("WORLD_SIZE", "1")),
    )
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False
    device = torch.device(device)
    x = [torch.as_tensor(one) for one in (x if isinstance(x, (list, tuple)) else [x])]
    rows = torch.as_tensor(rows)
    dtypes = dtypes or [
        torch.int64 if one.dtype == torch.int64 else torch.float32 for one in x
    ]
    recipe["input"] = fitted(x[0], rows, recipe["input"])
    model.to(device)
    module = model
    if world > 1:
        module = DistributedDataParallel(model, find_unused_parameters=True)
    optimizer = make_optimizer(model, recipe)
    rates = [group["lr"] for group in optimizer.param_groups]
    spans = batches_of(rows, recipe, world)
    total = recipe["epochs"] * math.ceil(len(spans) / recipe["accumulate"])
    torch.manual_seed(recipe["seed"])
    steps = done = 0
    for epoch in range(recipe["epochs"]):
        generator = torch.Generator().manual_seed(recipe["seed"] + epoch)
        order = torch.randperm(len(rows), generator=generator)
        for index, (first, last) in enumerate(spans):
            if max_steps is not None and done >= max_steps:
                return model
            batch = rows[order[first:last]].tensor_split(world)[rank]
            raw = [one[batch].to(device) for one in x]
            inputs = [one.to(t) for one, t in zip(raw, dtypes, strict=True)]
            inputs[0] = prepare(raw[0], recipe["input"], True, dtypes[0])
            if recipe["loss"] == "next_token":
                target = next_tokens(raw, recipe)
            else:
                target = torch.as_tensor(y)[batch].to(device)
            context = contextlib.nullcontext()
            if recipe["precision"] == "bf16":
                context = torch.autocast(device.type, dtype=torch.bfloat16)
            with context:
                first = len(inputs) - len(recipe["keywords"])
                named = dict(zip(recipe["keywords"], inputs[first:], strict=True))
                output = only_output(module(*inputs[:first], **named), recipe["output"])
                loss = loss_of(output, target, recipe)
            (
                loss / recipe["accumulate"] if recipe["accumulate"] > 1 else loss
            ).backward()
            done += 1
            if (index + 1) % recipe["accumulate"] and index + 1 < len(spans):
                continue
            if recipe["clip_grad_norm"] > 0:
                torch.nn.utils.clip_grad_norm_(
                    model.parameters(), recipe["clip_grad_norm"]
                )
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * schedule_factor(recipe["schedule"], steps, total)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            steps += 1
    return model


def import_types(path):
    """Imports what defines the classes of the model's outputs (transformers has its own), so that it can be loaded."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.endswith(".json"):
                continue
            text = archive.read(name).decode("utf-8", "replace").replace("\\", "")
            for module in set(re.findall(r'"type": ?"([\w.]+)\.\w+"', text)):
                with contextlib.suppress(ImportError):
                    importlib.import_module(module)


def graphs_of(module):
    """A module's graph and those inside it."""
    return [m for m in module.modules() if isinstance(m, torch.fx.GraphModule)]


def load_exported(path, tied):
    """An exported model as a module. torch.export.load parts tied weights; they are joined again.

    Its checks of dtypes go: they hold what was true without autocast, and would refuse bf16.
    """
    module = torch.export.load(path).module()
    for names in tied:
        first = module.get_parameter(names[0]) if names else None
        for name in names[1:]:
            owner, _, last = name.rpartition(".")
            setattr(module.get_submodule(owner), last, first)
    checks = torch.ops.aten._assert_tensor_metadata.default
    for part in graphs_of(module):
        for node in list(part.graph.nodes):
            if node.op == "call_function" and node.target is checks:
                part.graph.erase_node(node)
        part.recompile()
    return module


def begin(module, start):
    """Takes over the values of `start`, by name; what the graph never uses is not in the module."""
    own = module.state_dict(keep_vars=True)
    with torch.no_grad():
        for name, value in start.items():
            if name in own:
                own[name].copy_(value)


def number_anew(module, names, numbers):
    """Row i of the parameters `names` becomes row numbers[i], and so does the embeddings' padding."""
    parameters = [module.get_parameter(name) for name in names]
    with torch.no_grad():
        for parameter in parameters:
            parameter[numbers] = parameter.clone()
    for part in graphs_of(module):
        for node in part.graph.nodes:
            if node.target is not torch.ops.aten.embedding.default:
                continue
            weight, padding = node.args[0], node.args[2] if len(node.args) > 2 else -1
            own = weight.op == "get_attr" and part.get_parameter(weight.target)
            if padding >= 0 and any(own is parameter for parameter in parameters):
                node.update_arg(2, int(numbers[padding]))
        part.recompile()


def main():
    parser = argparse.ArgumentParser(
        description="Trains an exported model in plain PyTorch."
    )
    for name in ("model", "rows", "recipe", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument(
        "--x", type=Path, required=True, action="append", help="once for each input"
    )
    parser.add_argument("--y", type=Path, help="none for next tokens")
    parser.add_argument(
        "--initial",
        type=Path,
        help="the values to begin with, a state dict in safetensors (default: the model's own)",
    )
    parser.add_argument("--max-steps", type=int)
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--numbers",
        type=Path,
        help="the new number of each token, undone at the end",
    )
    options = parser.parse_args()
    from safetensors.torch import load_file, save_file

    recipe = json.loads(options.recipe.read_text())
    import_types(options.model)
    exported = torch.export.load(options.model)
    module = load_exported(options.model, recipe.get("tied", []))
    start = load_file(options.initial) if options.initial else {}
    begin(module, start)
    if exported.example_inputs:
        recipe["keywords"] = list(exported.example_inputs[1])
    if "WORLD_SIZE" in os.environ:
        dist.init_process_group("gloo")
    x = [numpy.load(path) for path in options.x]
    y = numpy.load(options.y) if options.y else None
    rows = numpy.load(options.rows)
    dtypes = [getattr(torch, name) for name in recipe.get("dtypes", [])]
    numbers = numpy.load(options.numbers) if options.numbers else None
    if numbers is not None:
        numbered = recipe[
            "numbered"
        ]  # inputs that take tokens, and parameters by token
        number_anew(module, numbered["parameters"], torch.as_tensor(numbers))
        for i in numbered["inputs"]:
            x[i] = numbers[x[i]].astype(x[i].dtype)
    train(
        module,
        x,
        y,
        rows,
        recipe,
        max_steps=options.max_steps,
        device=options.device,
        dtypes=dtypes,
    )
    # The module lacks what the graph never uses; that keeps its initial values.
    weights = {**exported.state_dict, **start, **module.state_dict(keep_vars=True)}
    if numbers is not None:
        for name in recipe["numbered"]["parameters"]:
            weights[name] = weights[name][torch.as_tensor(numbers)]
    for names in recipe.get("tied", []):
        weights.update({name: weights[names[0]] for name in names})
    if int(os.environ.get("RANK", "0")) == 0:
        save_file(
            {n: t.detach().cpu().contiguous().clone() for n, t in weights.items()},
            options.out,
        )
    if dist.is_initialized():
        dist.barrier()  # a process that leaves while another works would take it down
        dist.destroy_process_group()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(
            0
        )  # gloo's threads may outlive the group, and make an ordinary exit abort


if __name__ == "__main__":
    main()
