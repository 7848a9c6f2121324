"""A model with a gigabyte of weights: peak memory and time of obfuscate, beside copying the file in the same run.

All starts are drawn anew, uniform or normal ones; both times are until the bytes are on the disk. A decoy has as
many weights again.

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
    def __init__(self, megabytes, normal=False):
        super().__init__()
        width = int((megabytes * 2**20 / 4 / 4) ** 0.5)
        self.first = nn.Linear(16, width)
        self.layers = nn.Sequential(*[nn.Linear(width, width) for _ in range(4)])
        self.last = nn.Linear(width, 4)
        for parameter in self.parameters() if normal else ():
            nn.init.normal_(parameter, std=0.02) if parameter.dim() > 1 else nn.init.zeros_(parameter)  # fmt: skip

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
    file = os.open(target, os.O_RDWR)
    os.fsync(file)
    os.close(file)
    return time.perf_counter() - start


def compared(folder, options, starts, decoys, limit):
    """Whether a job of the model and its decoys takes at most `limit` times what copying the model takes."""
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
    ok = peak < 300e6 and ratio < limit
    size = (folder / "m.pt2").stat().st_size / 1e6
    print(
        f"{size:.0f} MB of {starts} weights, {decoys} decoys: {statistics.median(times):.2f} s, "
        f"{ratio:.2f} of copying the file ({statistics.median(copies):.2f} s; at most {limit}), "
        f"peak {peak / 1e6:.0f} MB above the mapped file  {'ok' if ok else 'MISSED'}",
        flush=True,
    )
    return ok


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--amalgam", type=Path, required=True)
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--repetitions", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        x = numpy.random.default_rng(0).random((100, 16), numpy.float32)
        numpy.savez(folder / "d.npz", x=x, y=numpy.arange(100) % 4)
        (folder / "r.toml").write_text("")
        good = True
        for starts in ("uniform", "normal"):
            export(Wide(options.megabytes, starts == "normal"), (16,), folder / "m.pt2")
            for decoys, limit in ((0, 3.0), (1, 5.0)):
                good = compared(folder, options, starts, decoys, limit) and good
    sys.exit(not good)


if __name__ == "__main__":
    main()
