"""What obfuscate says a training step will cost, beside what it costs: the ratio of a job's step to that of the wanted
task alone, for the examples' models with three variants each.

python bench/predicted_cost.py --amalgam build/amalgam [--seeds 3] [--threads 1]
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy
import torch
from training_cost import job_stepper

sys.path.extend(str(Path(__file__).resolve().parent.parent / n) for n in ("examples", "tests"))  # fmt: skip
from command_lines import obfuscate_call
from example_models import example_models
from export_model import export

# The C library gives large pieces of memory back at each step, and page faults then take as long as the computation on
# virtual machines, or not, as the addresses fall; a process that keeps its memory can be measured.
KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(1 << 32),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 35),
    "MALLOC_TOP_PAD_": str(1 << 28),
}
ROWS, BATCH = 2048, 64
WARM_UP, LEAST_STEPS, SECONDS, TRIES = 2, 4, 2, 3
MODELS = example_models(resnet=16, vgg=32, growth=12, mobile=0.5)


def make_job(options, folder, decoys, seed):
    name = f"{decoys}-{seed}"
    more = ("--decoys", str(decoys), "--seed", f"{seed:064x}")
    call = obfuscate_call(folder, *more, job=f"job-{name}", key=f"key-{name}")
    text = subprocess.run([options.amalgam, *call], capture_output=True, text=True, check=True).stdout  # fmt: skip
    predicted = float(re.search(r"step takes about ([\d.]+) times", text)[1])
    return folder / f"job-{name}", predicted


def ratio_of_steps(whole, alone):
    """Of the medians, interleaved step by step, for some seconds."""
    steppers = [job_stepper(whole), job_stepper(alone)]
    times = [[], []]
    end = None
    while end is None or time.perf_counter() < end or len(times[0]) < LEAST_STEPS:
        for stepper, found in zip(steppers, times, strict=True):
            start = time.perf_counter()
            stepper()
            found.append(time.perf_counter() - start)
        if end is None and len(times[0]) == WARM_UP:
            times = [[], []]
            end = time.perf_counter() + SECONDS
    return statistics.median(times[0]) / statistics.median(times[1])


def measured_ratio(whole, alone):
    """The median of several tries: where its memory happens to lie changes a network's time by a tenth."""
    return statistics.median(ratio_of_steps(whole, alone) for _ in range(TRIES))


def errors_of(options, name, constructor, shape):
    errors = []
    for seed in range(1, options.seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            torch.manual_seed(seed)
            export(constructor(), shape, folder / "m.pt2")
            x = numpy.random.default_rng(0).integers(
                0, 256, (ROWS, *shape), numpy.uint8
            )
            numpy.savez(folder / "d.npz", x=x, y=numpy.arange(ROWS) % 10)
            (folder / "r.toml").write_text(
                f"[train]\nbatch_size = {BATCH}\nlr = 0.001\n"
            )
            whole, predicted = make_job(options, folder, 3, seed)
            alone, _ = make_job(options, folder, 0, seed)
            found = measured_ratio(whole, alone)
        errors.append(predicted / found - 1)
        print(
            f"{name:<12} seed {seed}: predicted {predicted:.2f}, measured {found:.2f} ({errors[-1]:+.0%})",
            flush=True,
        )
    return errors


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--amalgam", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--models", nargs="+", default=list(MODELS), choices=MODELS)
    options = parser.parse_args()
    if not KEEP_MEMORY.items() <= os.environ.items():
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | KEEP_MEMORY)
    options.amalgam = options.amalgam.resolve()
    torch.set_num_threads(options.threads)
    every, medians = [], []
    for name in options.models:
        errors = [abs(error) for error in errors_of(options, name, *MODELS[name])]
        every += errors
        print(f"{name:<12} median error {statistics.median(errors):.0%}")
        medians.append(statistics.median(errors))
    near = sum(error <= 0.1 for error in every)
    good = max(medians) <= 0.1
    print(
        f"all          median error {statistics.median(every):.0%}, of each model at most 10%; "
        f"{near} of {len(every)} jobs within 10%  {'ok' if good else 'MISSED'}"
    )
    sys.exit(not good)


if __name__ == "__main__":
    main()
