"""What training sub-networks apart costs and saves, beside side by side and beside plain PyTorch; one thread a process.

python bench/apart.py --amalgam build/amalgam [--width 64] [--steps 6] [--pairs 3]

Memory: K = 4 ResNet-18 with Adam: the peak of `train.py --one-at-a-time`, of the usual order, and of plain training of one.
Time: K = 2 under `torchrun --nproc-per-node 2 train.py --parallel subnetworks` beside one of them alone, in pairs.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy
import torch

sys.path.extend(str(Path(__file__).resolve().parent.parent / n) for n in ("examples", "tests"))  # fmt: skip
import models
from command_lines import obfuscate_call, one_thread, train_call
from export_model import export

BATCH, SHAPE = 64, (3, 32, 32)
ROOT = Path(__file__).resolve().parent.parent


def measured(command):
    """(seconds, peak of resident memory in MB) of a process."""
    start = time.perf_counter()
    process = subprocess.Popen([str(a) for a in command], env=one_thread(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)  # fmt: skip
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{command}: {said.decode()[-2000:]}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def make_job(amalgam, folder, channels, rows, decoys):
    folder.mkdir()
    random = numpy.random.default_rng(0)
    x, y = random.integers(0, 256, (rows, *SHAPE), dtype=numpy.uint8), random.integers(0, 10, rows)  # fmt: skip
    torch.manual_seed(0)
    export(models.ResNet18(width=channels), SHAPE, folder / "m.pt2")
    numpy.savez(folder / "d.npz", x=x, y=y)
    for name, array in (("x", x), ("y", y), ("rows", numpy.arange(rows))):
        numpy.save(folder / f"{name}.npy", array)
    (folder / "r.toml").write_text(f'[train]\nlr = 0.001\noptimizer = "adam"\nbatch_size = {BATCH}\n[input]\nscale = 255.0\n')  # fmt: skip
    (folder / "plain.json").write_text(f'{{"optimizer": "Adam", "arguments": {{"lr": 0.001}}, "batch_size": {BATCH}, "input": {{"scale": 255.0}}}}')  # fmt: skip
    call = obfuscate_call(folder, "--decoys", decoys)
    subprocess.run([str(a) for a in [amalgam, *call]], check=True, stdout=subprocess.DEVNULL)  # fmt: skip
    return folder / "job"


def plain_call(folder):
    files = [f"--{n}={folder}/{n}.npy" for n in ("x", "y", "rows")]
    return [sys.executable, ROOT / "examples" / "plain_training.py", f"--model={folder}/m.pt2", *files, f"--recipe={folder}/plain.json", f"--out={folder}/plain.safetensors"]  # fmt: skip


def weights(out):
    return (out / "trained.safetensors").read_bytes()


def memory(amalgam, work, channels, steps):
    job = make_job(amalgam, work / "four", channels, BATCH * steps, 3)
    plain = measured(plain_call(work / "four"))
    usual = measured(train_call(job, work / "usual", "--keep", "last=1"))
    apart = measured(train_call(job, work / "apart", "--keep", "last=1", "--one-at-a-time"))  # fmt: skip
    print(f"K = 4, {steps} steps      seconds   peak MB")
    for name, found in (("plain, one task", plain), ("side by side", usual), ("one at a time", apart)):  # fmt: skip
        print(f"{name:18} {found[0]:9.1f} {found[1]:9.0f}")
    print(f"one at a time: {apart[1] / plain[1]:.2f} of plain's memory ({usual[1] / plain[1]:.2f} side by side), {apart[0] / usual[0]:.2f} of the usual order's time, the same bytes: {weights(work / 'apart') == weights(work / 'usual')}")  # fmt: skip


def parallel(amalgam, work, channels, steps, pairs):
    both = make_job(amalgam, work / "two", channels, BATCH * steps, 1)
    one = make_job(amalgam, work / "one", channels, BATCH * steps, 0)
    found = []
    for pair in range(pairs):
        alone, _ = measured(train_call(one, work / f"one-{pair}", "--keep", "last=1"))
        torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", 2]  # fmt: skip
        together, _ = measured([*torchrun, *train_call(both, work / f"two-{pair}", "--keep", "last=1", "--parallel", "subnetworks")[1:]])  # fmt: skip
        found.append(together / alone)
        print(f"pair {pair}: alone {alone:.1f} s, two at once {together:.1f} s: {found[-1]:.3f}")  # fmt: skip
    print(f"two sub-networks on two processes: {min(found):.3f} to {max(found):.3f} of one alone")  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--amalgam", type=Path, required=True)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--pairs", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as work:
        memory(options.amalgam.resolve(), Path(work), options.width, options.steps)
        parallel(options.amalgam.resolve(), Path(work), options.width, 3 * options.steps, options.pairs)  # fmt: skip


if __name__ == "__main__":
    main()
