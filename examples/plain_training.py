"""Plain PyTorch training by the loop that Amalgam's jobs follow, without any of Amalgam's code.

This is the oracle of "same training": what a job trains and `amalgam extract` returns must equal, bit for bit, what
`train` below does to the same model over the same rows.

    from plain_training import train
    train(model, x, y, rows, recipe)                    # an nn.Module, numpy arrays or tensors, row numbers in order

    train(model, x, y, rows, recipe, loss=focal, transform=augment)   # modules or functions of one's own

    python plain_training.py --model model.pt2 --initial start.safetensors --x x.npy --y y.npy --rows rows.npy \
        --recipe recipe.json --out weights.safetensors  # the same for an exported model; torchrun works too

How the learning rate goes is in plain_schedule.py, how fields reach transforms and a loss of one's own in
plain_fields.py, and what runs an exported model in plain_program.py.

A job begins with values that may have been drawn anew: `amalgam extract` of its weights.safetensors gives the start.

`recipe` is a dict; what it lacks takes the defaults below.
"""

import contextlib
import math
import os

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")

import torch
import torch.nn.functional as F
from plain_fields import loss_of_own, named, outputs_by_name, transformed
from plain_schedule import cycle_momentum, learning_rate
from torch.nn.parallel import DistributedDataParallel

DEFAULTS = {
    "epochs": 1,
    "batch_size": 64,
    "precision": "fp32",
    "seed": 0,
    "loss": "cross_entropy",
    "loss_arguments": {},  # of that function; lists are tensors
    "class_dimension": None,  # "first" or "last", where two could be the classes'
    "optimizer": "SGD",  # a class of torch.optim
    "arguments": {},  # its arguments, as {"lr": 0.05, "momentum": 0.9}
    "no_decay": [],  # names of parameters without weight decay
    "clip_grad_norm": 0.0,
    "accumulate": 1,
    "ema": 0.0,  # decay of averaged weights, by optimizer step
    "best": {"metric": "loss", "better": "lower"},  # by which epochs are compared
    "patience": 0,  # epochs without a better one after which training stops; 0: it never does
    "groups": [],  # {"names": [...], "arguments": {...}}: parameters with arguments of their own
    "schedule": {"kind": "constant"},
    "input": {},  # random_crop, horizontal_flip, scale, mean, std ("fit": the rows' own)
    "output": None,  # which of several outputs the loss takes
    "keywords": [],  # names of the last inputs, where the model takes them by name
    "mask": None,  # with the loss next_token: which input's zeros are padding
    "inputs": None,  # names of the fields that the model takes, in its order; None: all features
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


def loss_function(name):
    """A recipe's loss as torch.nn.functional has it."""
    name = {"next_token": "cross_entropy"}.get(name, name)
    if name.startswith("bce"):
        name = name.replace("bce", "binary_cross_entropy")
    return getattr(F, name, None) or getattr(F, f"{name}_loss")


def loss_of(output, y, recipe):
    name = recipe["loss"]
    if name == "model":  # which gives its loss itself
        return output
    arguments = {
        n: torch.tensor(a, device=output.device) if isinstance(a, list) else a
        for n, a in recipe["loss_arguments"].items()
        if a is not None
    }
    if name == "next_token":
        output, y = output[:, :-1].flatten(0, -2), y.flatten()
    elif name not in ("cross_entropy", "nll_loss", "multi_margin"):
        y = y.view(output.shape)
    elif y.is_floating_point():  # probabilities of classes
        arguments.pop("ignore_index", None)
        if recipe["class_dimension"] == "last":
            output, y = output.flatten(0, -2), y.flatten(0, -2)
    else:
        y = y.to(torch.int64)
        last = output.shape[:-1] == y.shape and output.dim() > 2
        if last and recipe["class_dimension"] != "first":
            output, y = output.flatten(0, -2), y.flatten()
    return loss_function(name)(output, y, **arguments)


def named_parameters(model, loss):
    """The model's, and behind them those of a loss of one's own."""
    own = loss.named_parameters() if isinstance(loss, torch.nn.Module) else []
    return [*model.named_parameters(), *((f"loss.{n}", p) for n, p in own)]


def make_optimizer(parameters, recipe):
    """Parameters in the recipe's groups, and all others together; in each, those without weight decay apart."""
    trainable = [(n, p) for n, p in parameters if p.requires_grad]
    groups = []
    named = {n for group in recipe["groups"] for n in group["names"]}
    for group in [None, *recipe["groups"]]:
        own = [(n, p) for n, p in trainable if (n in group["names"] if group else n not in named)]  # fmt: skip
        arguments = group["arguments"] if group else {}
        kept = [p for n, p in own if n not in recipe["no_decay"]]
        spared = [p for n, p in own if n in recipe["no_decay"]]
        groups.append({**arguments, "params": kept})
        groups.append({**arguments, "params": spared, "weight_decay": 0.0})
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


class Totals:
    """Means over rows: of the loss, and how often the highest score was the target's."""

    def __init__(self):
        self.loss, self.rows = 0.0, 0
        self.right, self.targets = 0, 0

    def add(self, output, target, loss, rows, recipe):
        self.loss = self.loss + loss.detach().float() * rows
        self.rows += rows
        if recipe["best"]["metric"] == "accuracy" and not target.is_floating_point():
            last = output.shape[:-1] == target.shape and recipe["class_dimension"] != "first"  # fmt: skip
            ignored = recipe["loss_arguments"].get("ignore_index")
            counts = target != ignored if ignored is not None else target == target
            hits = (output.argmax(-1 if last or output.dim() == 2 else 1) == target) & counts  # fmt: skip
            self.right += int(hits.sum())
            self.targets += int(counts.sum())

    def value(self, metric):
        if metric == "loss":
            return float(self.loss) / max(1, self.rows)
        return self.right / max(1, self.targets)


class Programs:
    """What a task has of its own beside its model; None: nothing."""

    def __init__(self, loss=None, transform=None, eval_transform=None):
        self.loss, self.transform, self.eval_transform = loss, transform, eval_transform

    def modules(self):
        every = (self.loss, self.transform, self.eval_transform)
        return [one for one in every if isinstance(one, torch.nn.Module)]

    def set_training(self, training):
        for one in self.modules():
            one.train(training)


def forward(module, x, y, batch, recipe, dtypes, device, training, own):
    """Output, target and loss of the rows `batch`."""
    features = {n: one[batch].to(device) for n, one in x.items()}
    targets = {n: one[batch].to(device) for n, one in y.items()}
    transform = own.transform if training else own.eval_transform
    if transform is not None:
        features, targets = transformed(transform, features, targets)
    raw = [features[n] for n in recipe["inputs"] or features]
    inputs = [one.to(t) for one, t in zip(raw, dtypes, strict=True)]
    inputs[0] = prepare(raw[0], recipe["input"], training, dtypes[0])
    if recipe["loss"] == "next_token":
        target = next_tokens(raw, recipe)
    else:
        target = next(iter(targets.values()), None)
    context = contextlib.nullcontext()
    if recipe["precision"] != "fp32":
        kind = {"bf16": torch.bfloat16, "fp16": torch.float16}
        context = torch.autocast(device.type, dtype=kind[recipe["precision"]])
    with context:
        first = len(inputs) - len(recipe["keywords"])
        keywords = dict(zip(recipe["keywords"], inputs[first:], strict=True))
        output = module(*inputs[:first], **keywords)
        if own.loss is not None:
            loss = loss_of_own(own.loss, output, targets)
            return next(iter(outputs_by_name(output).values())), target, loss
        output = only_output(output, recipe["output"])
        return output, target, loss_of(output, target, recipe)


@torch.no_grad()
def evaluated(model, x, y, rows, recipe, dtypes, device, own):
    """Over held-out rows, in evaluation; without the fast path of transformers' layers, which rounds otherwise."""
    torch.backends.mha.set_fastpath_enabled(False)
    x, y = named(x, "x"), named(y, "y")
    totals = Totals()
    model.eval()
    own.set_training(False)
    for part in torch.as_tensor(rows).split(recipe["batch_size"]):
        found = forward(model, x, y, part, recipe, dtypes, device, False, own)
        totals.add(*found, len(part), recipe)
    model.train()
    own.set_training(True)
    return totals


def train(model, x, y, rows, recipe, *, loss=None, transform=None, eval_transform=None, max_steps=None, device="cpu", dtypes=None, held_out=None, kept=None):  # fmt: skip
    """Trains `model` in place and returns it.

    x: [N, ...] features as the job holds them, or a list of such arrays, in the order of the model's inputs, or a dict of
    them by name; y: [N] or [N, ...] targets, None for next tokens, or a dict; rows: the dataset's row behind each row of
    the job, in the job's order. `loss`, `transform` and `eval_transform` are modules or functions of one's own
    (plain_fields.py says what they take); a loss's parameters are trained with the model's, as loss.NAME.
    `dtypes` are what the model takes (default: float32, or int64 for int64). `held_out`: x, y and rows like
    those to train on, by which epochs are compared; without them the training's own numbers decide. `kept`: a dict that
    gets the averaged weights, "ema", where the recipe has any, and the state of the best epoch, "best".
    """
    recipe = {**DEFAULTS, **recipe}
    rank, world = (
        int(os.environ.get("RANK", "0")),
        int(os.environ.get("WORLD_SIZE", "1")),
    )
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False
    device = torch.device(device)
    x, y = named(x, "x"), named(y, "y")
    rows = torch.as_tensor(rows)
    taken = [x[n] for n in recipe["inputs"] or x if n in x]
    dtypes = dtypes or [
        torch.int64 if one.dtype == torch.int64 else torch.float32 for one in taken
    ]
    recipe["input"] = fitted(taken[0], rows, recipe["input"])
    own = Programs(loss, transform, eval_transform)
    model.to(device)
    for one in own.modules():
        one.to(device)
    own.set_training(True)
    module = model
    if world > 1:
        module = DistributedDataParallel(model, find_unused_parameters=True)
    parameters = named_parameters(model, loss)
    optimizer = make_optimizer(parameters, recipe)
    rates = [group["lr"] for group in optimizer.param_groups]
    scaler = torch.amp.GradScaler(device.type, enabled=recipe["precision"] == "fp16")
    kept = {} if kept is None else kept
    averages, best = kept.setdefault("ema", {}), None
    if recipe["ema"]:
        averages.update({n: p.detach().clone() for n, p in parameters if p.requires_grad})  # fmt: skip
    spans = batches_of(rows, recipe, world)
    total = recipe["epochs"] * math.ceil(len(spans) / recipe["accumulate"])
    torch.manual_seed(recipe["seed"])
    steps = done = waited = 0
    for epoch in range(recipe["epochs"]):
        generator = torch.Generator().manual_seed(recipe["seed"] + epoch)
        order = torch.randperm(len(rows), generator=generator)
        totals = Totals()
        for index, (first, last) in enumerate(spans):
            if max_steps is not None and done >= max_steps:
                return model
            batch = rows[order[first:last]].tensor_split(world)[rank]
            output, target, found = forward(module, x, y, batch, recipe, dtypes, device, True, own)  # fmt: skip
            totals.add(output, target, found, len(batch), recipe)
            part = found / recipe["accumulate"] if recipe["accumulate"] > 1 else found
            scaler.scale(part).backward()
            done += 1
            if (index + 1) % recipe["accumulate"] and index + 1 < len(spans):
                continue
            if recipe["clip_grad_norm"] > 0:
                scaler.unscale_(optimizer)
                torch.nn.utils.clip_grad_norm_(
                    [p for _, p in parameters], recipe["clip_grad_norm"]
                )
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = learning_rate(recipe["schedule"], rate, steps, total)
                cycle_momentum(recipe["schedule"], group, steps, total)
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad(set_to_none=True)
            steps += 1
            with torch.no_grad():
                for name, parameter in parameters:
                    if name in averages:
                        averages[name].lerp_(parameter, 1.0 - recipe["ema"])
        if held_out is not None:
            totals = evaluated(model, *held_out, recipe, dtypes, device, own)
        value = totals.value(recipe["best"]["metric"])
        higher = recipe["best"]["better"] == "higher"
        better = math.isfinite(value) and (
            best is None or (value > best if higher else value < best)
        )
        if better:
            best, waited = value, 0
            kept["best"] = {n: t.clone() for n, t in model.state_dict().items()}
        else:
            waited += 1
        if recipe["patience"] and waited >= recipe["patience"]:
            return model
    return model


if __name__ == "__main__":
    from plain_program import main

    main()
