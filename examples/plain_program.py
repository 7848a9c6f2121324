"""plain_training.py for an exported model and data in files: python plain_training.py --model model.pt2 ..."""

import argparse
import contextlib
import importlib
import json
import os
import re
import sys
import zipfile
from pathlib import Path

import numpy
import torch
import torch.distributed as dist
from plain_training import train


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


class Own(torch.nn.Module):
    """A loss or a transform, exported: it takes tensors under the names of its inputs."""

    def __init__(self, path):
        super().__init__()
        import_types(path)
        program = torch.export.load(path)
        self.arguments = program.graph_signature.user_inputs
        keywords = program.example_inputs[1] if program.example_inputs else {}
        self.keywords = list(keywords)
        self.module = load_exported(path, [])

    def forward(self, **given):
        values = [given[name] for name in self.arguments]
        first = len(values) - len(self.keywords)
        found = self.module(
            *values[:first], **dict(zip(self.keywords, values[first:], strict=True))
        )
        named = found.items() if isinstance(found, dict) else None
        return {n.lower(): t for n, t in named} if named else found

    def train(self, mode=True):
        return self  # a program is of the mode that it was exported in

    def named_parameters(self, *args, **options):
        return self.module.named_parameters(*args, **options)


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
    parser.add_argument("--y", type=Path, action="append", default=[], help="none for next tokens")  # fmt: skip
    for name in ("loss", "transform", "eval-transform"):
        parser.add_argument(f"--{name}", type=Path, help="a program of one's own")
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
    for name, parameter in module.named_parameters():
        if name in recipe.get("frozen", []):
            parameter.requires_grad_(False)
    start = load_file(options.initial) if options.initial else {}
    begin(module, start)
    own = {n: Own(p) for n, p in (("loss", options.loss), ("transform", options.transform), ("eval_transform", options.eval_transform)) if p}  # fmt: skip
    if options.loss:
        begin(own["loss"].module, {n[5:]: t for n, t in start.items() if n.startswith("loss.")})  # fmt: skip
    if exported.example_inputs:
        recipe["keywords"] = list(exported.example_inputs[1])
    if "WORLD_SIZE" in os.environ:
        dist.init_process_group("gloo")
    several = len(options.x) > 1
    names = [f"x{i}" if several else "x" for i in range(len(options.x))]
    names += ["y" if i == 0 else f"y{i}" for i in range(len(options.y))]
    names = recipe.get("fields", names)  # of x and y, in this order
    x = [numpy.load(path) for path in options.x]
    y = dict(zip(names[len(x) :], map(numpy.load, options.y), strict=True))
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
        dict(zip(names, x, strict=False)),
        y,
        rows,
        recipe,
        max_steps=options.max_steps,
        device=options.device,
        dtypes=dtypes,
        **own,
    )
    # The module lacks what the graph never uses; that keeps its initial values.
    weights = {**exported.state_dict, **start, **module.state_dict(keep_vars=True)}
    if options.loss:
        weights.update({f"loss.{n}": t for n, t in own["loss"].module.state_dict(keep_vars=True).items() if f"loss.{n}" in start and f"loss.{n}" not in exported.state_dict})  # fmt: skip
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
