"""What weaving costs in training: a step of the job beside plain PyTorch's, interleaved in one process, one thread.

python bench/training_cost.py --amalgam build/amalgam [--models LeNet5 ResNet18]
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import numpy
import torch

sys.path.extend(str(Path(__file__).resolve().parent.parent / n) for n in ("examples", "tests"))  # fmt: skip
import plain_training
from command_lines import import_from, load_network, obfuscate_call
from example_models import example_models
from export_model import export

torch.set_num_threads(1)
ROWS, BATCH = 2048, 64
MODELS = {n: m for n, m in example_models(resnet=16).items() if n in ("LeNet5", "ResNet18")}  # fmt: skip


def job_stepper(job):
    """A function that trains one more batch of the job, by the job's own trainer."""
    trainer = import_from(job / "train.py", "trainer")
    network = load_network(job).train()
    options = SimpleNamespace(compile=False, fast=False, tensorboard=None, out=job)
    placement = trainer.Placement("cpu", compiled=False)
    run = trainer.Trainer(trainer.Job(job), network, options, placement)
    order = torch.randperm(ROWS)
    index = 0

    def step():
        nonlocal index
        run.train_batch(order, index)
        index = (index + 1) % len(run.batches)

    return step


def plain_stepper(model, x, y):
    """One more batch of plain PyTorch: the loop of plain_training, opened up."""
    recipe = {**plain_training.DEFAULTS, "arguments": {"lr": 0.01, "momentum": 0.9}}
    optimizer = plain_training.make_optimizer([*model.named_parameters()], recipe)
    settings = {"scale": 255.0, "mean": [0.5], "std": [0.25]}
    x, y = torch.as_tensor(x), torch.as_tensor(y)
    order = torch.randperm(ROWS)
    index = 0

    def step():
        nonlocal index
        rows = order[index * BATCH : (index + 1) * BATCH]
        output = model(plain_training.prepare(x[rows], settings, True))
        plain_training.loss_of(output, y[rows], recipe).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        index = (index + 1) % (ROWS // BATCH)

    return step


def ratios(step, plain, repetitions):
    """Times interleaved step by step: the ratio of the medians."""
    ours, theirs = [], []
    for i in range(repetitions + 5):
        for function, times in ((step, ours), (plain, theirs)):
            start = time.perf_counter()
            function()
            if i >= 5:
                times.append(time.perf_counter() - start)
    return statistics.median(ours), statistics.median(theirs)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--amalgam", type=Path, required=True)
    parser.add_argument("--models", nargs="*", default=list(MODELS))
    parser.add_argument("--repetitions", type=int, default=150)
    options = parser.parse_args()
    good = True
    for name in options.models:
        constructor, shape = MODELS[name]
        for kinds in (1, 2, 4):
            with tempfile.TemporaryDirectory() as folder:
                folder = Path(folder)
                model = constructor()
                export(model, shape, folder / "m.pt2")
                x = numpy.random.default_rng(0).integers(
                    0, 256, (ROWS, *shape), numpy.uint8
                )
                y = numpy.arange(ROWS) % 10
                numpy.savez(folder / "d.npz", x=x, y=y)
                recipe = "[train]\nlr = 0.01\nmomentum = 0.9\n[input]\nscale = 255.0\nmean = [0.5]\nstd = [0.25]\n"
                (folder / "r.toml").write_text(recipe)
                # Equal sub-networks: generated decoys would be of other widths.
                guests = ["--decoy", f"{folder}/m.pt2@{folder}/d.npz"] * (kinds - 1)
                call = obfuscate_call(folder, "--decoys", "0", *guests)
                subprocess.run([options.amalgam, *call], check=True, stdout=subprocess.DEVNULL)  # fmt: skip
                ours, plain = ratios(
                    job_stepper(folder / "job"),
                    plain_stepper(model, x, y),
                    options.repetitions,
                )
            ok = ours / plain <= 1.05 * kinds
            good = good and ok
            print(
                f"{name}, K = {kinds}: {1000 * ours:.2f} ms a step, plain {1000 * plain:.2f} ms, "
                f"{ours / plain:.3f} of plain (at most {1.05 * kinds:.2f})  {'ok' if ok else 'MISSED'}"
            )
    sys.exit(not good)


if __name__ == "__main__":
    main()
