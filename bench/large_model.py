"""A model with a gigabyte of weights: peak memory and time of obfuscate, beside copying the file in the same run.

python bench/large_model.py --amalgam build/amalgam [--megabytes 1024]
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy
from torch import nn

sys.path.extend(str(Path(__file__).resolve().parent.parent / n) for n in ("examples", "tests"))  # fmt: skip
from command_lines import obfuscate_call
from export_model import export


class Wide(nn.Module):
    def __init__(self, megabytes):
        super().__init__()
        width = int((megabytes * 2**20 / 4 / 4) ** 0.5)
        self.first = nn.Linear(16, width)
        self.layers = nn.Sequential(*[nn.Linear(width, width) for _ in range(4)])
        self.last = nn.Linear(width, 4)

    def forward(self, x):
        return self.last(self.layers(self.first(x)))


def memory(pid):
    """Resident bytes: anonymous (ours) and of mapped files."""
    found = {}
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith(("RssAnon", "RssFile")):
                found[line.split(":")[0]] = int(line.split()[1]) * 1024
    return found


def measured(command):
    """Seconds and the peak of resident memory that is not mapped from files."""
    peak = 0
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        try:
            peak = max(peak, memory(process.pid).get("RssAnon", 0))
        except (FileNotFoundError, ProcessLookupError):
            break
        time.sleep(0.02)
    process.wait()
    assert process.returncode == 0, command
    return time.perf_counter() - start, peak


def copied(source, target):
    start = time.perf_counter()
    subprocess.run(["cp", "--reflink=never", source, target], check=True)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--amalgam", type=Path, required=True)
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--repetitions", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export(Wide(options.megabytes), (16,), folder / "m.pt2")
        x = numpy.random.default_rng(0).random((100, 16), numpy.float32)
        numpy.savez(folder / "d.npz", x=x, y=numpy.arange(100) % 4)
        (folder / "r.toml").write_text("")
        good = True
        for decoys, limit in ((0, 3.0), (1, None)):
            times, copies, peak = [], [], 0
            for _ in range(options.repetitions):
                copies.append(copied(folder / "m.pt2", folder / "copy"))
                os.remove(folder / "copy")
                call = obfuscate_call(folder, "--decoys", str(decoys))
                seconds, used = measured([options.amalgam, *call])
                times.append(seconds)
                peak = max(peak, used)
                shutil.rmtree(folder / "job")
                os.remove(folder / "key")
            ratio = statistics.median(times) / statistics.median(copies)
            ok = peak < 300e6 and (limit is None or ratio < limit)
            good = good and ok
            size = (folder / "m.pt2").stat().st_size / 1e6
            print(
                f"{size:.0f} MB of weights, {decoys} decoys: {statistics.median(times):.2f} s, "
                f"{ratio:.2f} of copying the file ({statistics.median(copies):.2f} s), "
                f"peak {peak / 1e6:.0f} MB above the mapped file  {'ok' if ok else 'MISSED'}"
            )
    sys.exit(not good)


if __name__ == "__main__":
    main()
