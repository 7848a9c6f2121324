"""What the Python package costs over the command line: the same job of a gigabyte of arrays, made by both in turn.

python bench/python_overhead.py --amalgam build/amalgam [--megabytes 1024]
"""

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import amalgam
import numpy
import torch

sys.path.extend(str(Path(__file__).resolve().parent.parent / n) for n in ("examples", "tests"))  # fmt: skip
import models
from command_lines import obfuscate_call
from export_model import export

TRIES, MOST = 5, 1.1


def clear(folder):
    for name in ("job", "key"):
        path = folder / name
        shutil.rmtree(path, ignore_errors=True)
        path.unlink(missing_ok=True)


def through_command(options, folder):
    call = obfuscate_call(folder, data=f"{folder}/x.npy,{folder}/y.npy")
    start = time.perf_counter()
    subprocess.run([options.amalgam, *call], check=True, capture_output=True)
    return time.perf_counter() - start


def through_package(folder, arrays):
    start = time.perf_counter()
    amalgam.obfuscate(
        folder / "m.pt2",
        None,
        arrays,
        recipe=folder / "r.toml",
        job=folder / "job",
        key=folder / "key",
        progress=False,
    )
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--amalgam", type=Path, required=True)
    parser.add_argument("--megabytes", type=int, default=1024)
    options = parser.parse_args()
    options.amalgam = options.amalgam.resolve()
    rows = options.megabytes * (1 << 20) // (3 * 32 * 32)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        torch.manual_seed(0)
        export(models.ResNet18(width=8), (3, 32, 32), folder / "m.pt2")
        random = numpy.random.default_rng(0)
        x = random.integers(0, 256, (rows, 3, 32, 32), numpy.uint8)
        numpy.save(folder / "x.npy", x)
        del x
        numpy.save(folder / "y.npy", numpy.arange(rows) % 10)
        (folder / "r.toml").write_text("[input]\nscale = 255.0\n")
        arrays = tuple(numpy.load(folder / f"{n}.npy", mmap_mode="r") for n in "xy")
        times = {"command": [], "package": []}
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(TRIES):
            times["command"].append(through_command(options, folder))
            clear(folder)
            times["package"].append(through_package(folder, arrays))
            clear(folder)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    middle = {name: statistics.median(found) for name, found in times.items()}
    ratio = middle["package"] / middle["command"]
    print(
        f"{options.megabytes} MB of arrays: command {middle['command']:.2f} s, package {middle['package']:.2f} s, "
        f"ratio {ratio:.2f} (at most {MOST}), {grown:.0f} MB of memory more, of which the arrays are mapped  "
        f"{'ok' if ratio <= MOST else 'MISSED'}"
    )
    sys.exit(ratio > MOST)


if __name__ == "__main__":
    main()
