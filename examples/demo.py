"""From a model of one's own to a job and back, in a few minutes on two cores.

python examples/demo.py --amalgam build/amalgam [--out demo-output]

Uses scikit-learn's embedded digits and a small residual network, then text (demo_text.py); needs no download.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy
import plain_training
import torch
from demo_text import text_task
from export_model import export
from safetensors.torch import load_file
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

RECIPE = """[train]
epochs = 6
batch_size = 32
optimizer = "sgd"
lr = 0.05
momentum = 0.9
clip_grad_norm = 1.0
[train.schedule]
kind = "cosine"
warmup_steps = 20
[input]
scale = 16.0
mean = [0.3]
std = [0.37]
"""
PLAIN_RECIPE = {
    "epochs": 6,
    "batch_size": 32,
    "arguments": {"lr": 0.05, "momentum": 0.9},
    "clip_grad_norm": 1.0,
    "schedule": {"kind": "cosine", "arguments": {"warmup_steps": 20}},
    "input": {"scale": 16.0, "mean": [0.3], "std": [0.37]},
}


class ResidualNet(nn.Module):
    """The user's own class: two residual blocks with batch norm, and dropout."""

    def __init__(self, classes):
        super().__init__()
        self.stem = nn.Conv2d(1, 16, 3, padding=1)
        self.convs = nn.ModuleList(
            nn.Conv2d(16, 16, 3, padding=1, bias=False) for _ in range(4)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(16) for _ in range(4))
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(16, classes)

    def forward(self, x):
        x = F.relu(self.stem(x))
        for i in (0, 2):
            y = F.relu(self.norms[i](self.convs[i](x)))
            x = F.relu(x + self.norms[i + 1](self.convs[i + 1](y)))
        return self.head(self.dropout(F.adaptive_avg_pool2d(x, 2).mean([2, 3])))


class Commands:
    """Runs commands as a user would type them, and shows them."""

    def __init__(self, amalgam, folder):
        self.amalgam, self.folder = amalgam, folder

    def amalgam_(self, *arguments):
        self.run(self.amalgam, *arguments, shown="amalgam")

    def train(self, job, out):
        """The cloud's side: nothing but Python and PyTorch."""
        self.run(
            sys.executable,
            f"{job}/train.py",
            "--device",
            "cpu",
            "--out",
            out,
            shown="python",
        )

    def run(self, program, *arguments, shown):
        print("$", shown, *arguments, flush=True)
        command = [str(program), *map(str, arguments)]
        subprocess.run(command, check=True, cwd=self.folder)


def data():
    """Digits 8 by 8, values 0 to 16; every fifth row is held out."""
    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 1, 8, 8).astype(numpy.uint8)
    labels = labels.astype(numpy.int64)
    held_out = numpy.arange(len(labels)) % 5 == 0
    return (images[~held_out], labels[~held_out]), (images[held_out], labels[held_out])


def accuracy(model, rows):
    model.eval()
    x = plain_training.prepare(torch.as_tensor(rows[0]), PLAIN_RECIPE["input"], False)
    with torch.no_grad():
        found = model(x).argmax(1)
    return (found == torch.as_tensor(rows[1])).float().mean().item()


def make_task(folder, name, classes, training, held_out):
    """A model with its initial values, exported, and its data beside it."""
    torch.manual_seed(len(name))
    model = ResidualNet(classes)
    export(model, (1, 8, 8), folder / f"{name}.pt2")
    numpy.savez(folder / f"{name}.npz", x=training[0], y=training[1])
    numpy.savez(folder / f"{name}-valid.npz", x=held_out[0], y=held_out[1])
    return model


def beside_plain(folder, name, model, extracted, training, held_out, plain):
    """Loads the extracted weights into the user's own class, and trains a twin plainly over the same rows."""
    rows = torch.as_tensor(numpy.load(folder / plain / name / "rows.npy"))
    model.load_state_dict(load_file(folder / plain / name / "start.safetensors"))
    plain_training.train(model, *training, rows, PLAIN_RECIPE)
    twin = ResidualNet(model.head.out_features)
    twin.load_state_dict(load_file(extracted))
    same = all(
        torch.equal(a, b)
        for a, b in zip(
            twin.state_dict().values(), model.state_dict().values(), strict=True
        )
    )
    print(
        f"{name}: held-out accuracy {accuracy(twin, held_out):.4f} extracted, {accuracy(model, held_out):.4f} plain; "
        f"all tensors bit-identical: {same}"
    )
    if not same:
        sys.exit("the extracted model is not what plain training gives")


def one_task(commands, folder, training, held_out):
    print("\n== One task among generated decoys ==")
    model = make_task(folder, "task", 10, training, held_out)
    (folder / "recipe.toml").write_text(RECIPE)
    files = ("--model", "task.pt2", "--data", "task.npz", "--recipe", "recipe.toml")
    commands.amalgam_(
        "obfuscate",
        *files,
        "--validation",
        "task-valid.npz",
        "--decoys",
        2,
        "--job",
        "job",
        "--key",
        "home.key",
    )
    commands.train("job", "result")
    commands.amalgam_(
        "extract",
        "--key",
        "home.key",
        "--trained",
        "result/trained.safetensors",
        "--out",
        "task.safetensors",
    )
    commands.amalgam_(
        "verify",
        "--key",
        "home.key",
        "--job",
        "job",
        *files,
        "--python",
        sys.executable,
        "--plain",
        "plain",
    )
    beside_plain(
        folder, "task", model, folder / "task.safetensors", training, held_out, "plain"
    )


def two_tasks(commands, folder, training, held_out):
    print("\n== Two tasks of one's own, each hiding the other ==")

    def part(rows, classes):
        keep = numpy.isin(rows[1], classes)
        return rows[0][keep], rows[1][keep] - classes[0]

    parts = {"low": [0, 1, 2, 3, 4], "high": [5, 6, 7, 8, 9]}
    models, recipe = {}, RECIPE
    for name, classes in parts.items():
        models[name] = make_task(
            folder, name, 5, part(training, classes), part(held_out, classes)
        )
        recipe += f'[[task]]\nname = "{name}"\nmodel = "{name}.pt2"\ndata = "{name}.npz"\nvalidation = "{name}-valid.npz"\n'
    (folder / "two.toml").write_text(recipe)
    commands.amalgam_(
        "obfuscate", "--recipe", "two.toml", "--job", "job-two", "--key", "two.key"
    )
    commands.train("job-two", "result-two")
    commands.amalgam_(
        "extract",
        "--key",
        "two.key",
        "--trained",
        "result-two/trained.safetensors",
        "--out",
        "two",
    )
    verify = ("verify", "--key", "two.key", "--job", "job-two", "--recipe", "two.toml")
    commands.amalgam_(*verify, "--python", sys.executable, "--plain", "plain-two")
    for name, classes in parts.items():
        file = folder / "two" / f"{name}.safetensors"
        beside_plain(
            folder,
            name,
            models[name],
            file,
            part(training, classes),
            part(held_out, classes),
            "plain-two",
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--amalgam", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("demo-output"))
    options = parser.parse_args()
    folder = options.out.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # Bit for bit needs the same number of threads on both sides.
    os.environ["OMP_NUM_THREADS"] = "1"
    torch.set_num_threads(1)
    training, held_out = data()
    commands = Commands(options.amalgam.resolve(), folder)
    one_task(commands, folder, training, held_out)
    two_tasks(commands, folder, training, held_out)
    text_task(commands, folder)
    print(
        f"\nEverything is in {options.out}: job/model.py is what the cloud sees, result/metrics.jsonl how it learned, "
        "the .toml files how it was asked for. What this protects, and what not: SECURITY.md. "
        "The examples of each step: examples/README.md."
    )


if __name__ == "__main__":
    main()
