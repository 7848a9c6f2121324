"""Kills train.py at chosen moments and continues it: a program, so that PyTorch is loaded once for hundreds of runs.

python killing.py JOB FOLDER SAVES CALLS [train.py's options]

A moment is a file operation (each open, write, half-done write, flush, fsync, rename, truncation, removal) or a call of a
function of train.py. SAVES of the first kind and CALLS of the second are tried, spread over the whole run; every rename and
fsync is among the first where SAVES allows. Each killed run is continued with --resume, every fourth one is killed once
more before that. Prints a line of JSON for each: the moment, and what differs from the undisturbed run.
"""

import importlib.util
import json
import os
import signal
import sys
import traceback
from pathlib import Path


def die():
    os.kill(os.getpid(), signal.SIGKILL)


class Moments:
    """Counts moments in a run, and ends the process at the chosen one."""

    def __init__(self, kind, number):
        self.kind, self.number = kind, number
        self.names = []  # of the file operations, in order
        self.calls = 0

    def operation(self, name):
        self.names.append(name)
        if self.kind == "save" and len(self.names) - 1 == self.number:
            die()

    def call(self, _frame):
        if self.kind == "call" and self.calls == self.number:
            die()
        self.calls += 1

    def watch(self, trainer):
        for name in ("fsync", "replace", "truncate", "unlink", "mkdir"):
            setattr(os, name, self._before(name, getattr(os, name)))
        trainer.open = self._open

        def profile(frame, event, _):
            if event == "call" and frame.f_code.co_filename == trainer.__file__:
                self.call(frame)

        sys.setprofile(profile)

    def _before(self, name, function):
        def wrapped(*arguments, **options):
            self.operation(name)
            return function(*arguments, **options)

        return wrapped

    def _open(self, path, mode="r", **options):
        if mode == "rb":
            return open(path, mode, **options)
        self.operation("open")
        return File(open(path, mode, **options), self)


class File:
    """A file whose writes may end half-way."""

    def __init__(self, file, moments):
        self.file, self.moments = file, moments

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def __getattr__(self, name):
        return getattr(self.file, name)

    def write(self, data):
        self.moments.operation("write")
        half = memoryview(data).cast("B")
        half = half[: len(half) // 2]
        moments = self.moments
        if moments.kind == "save" and len(moments.names) == moments.number:
            self.file.write(half)
            self.file.flush()
        moments.operation("half a write")
        return self.file.write(data)

    def flush(self):
        self.moments.operation("flush")
        self.file.flush()


def load_what_torch_loads_late():
    """Hundreds of modules with the first step of an optimizer: once here, not in each child."""
    import torch

    parameter = torch.nn.Parameter(torch.zeros(2))
    parameter.grad = torch.zeros(2)
    torch.optim.AdamW([parameter]).step()


def run(trainer, arguments, log, kind=None, number=None):
    """train.py in a child. Returns its status (negative: killed) and what it counted."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 1)
        os.dup2(1, 2)
        status = 1
        moments = Moments(kind, number)
        try:
            sys.argv = ["train.py", "--device", "cpu", *arguments]
            moments.watch(trainer)
            trainer.main()
            status = 0
        except SystemExit as end:
            print(end, flush=True)
        except BaseException:
            traceback.print_exc()
        sys.setprofile(None)
        os.write(writer, json.dumps([moments.names, moments.calls]).encode())
        os._exit(status)
    os.close(writer)
    counted = b"".join(iter(lambda: os.read(reader, 1 << 16), b""))
    os.close(reader)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), counted


def contents(out):
    """All but the checkpoints, which say how often they were written."""
    files = sorted(out.iterdir()) if out.exists() else []
    return {
        p.name: p.read_bytes()
        for p in files
        if p.is_file() and not p.name.startswith("checkpoint")
    }


def spread(numbers, count):
    numbers = list(numbers)
    if len(numbers) <= count:
        return numbers
    return [numbers[i * (len(numbers) - 1) // (count - 1)] for i in range(count)]


def chosen(names, saves):
    """Every rename, fsync and truncation first, then writes."""
    rare = [i for i, name in enumerate(names) if "write" not in name and name != "open"]
    rare = spread(rare, max(2, saves // 2))
    others = [i for i in range(len(names)) if i not in set(rare)]
    return sorted(rare + spread(others, saves - len(rare)))


def kill_and_continue(trainer, out, options, expected, kind, number, again):
    log = out.with_suffix(".log")
    call = ["--out", str(out), *options]
    killed, _ = run(trainer, call, log, kind, number)
    begun = out.exists() and any(out.iterdir())
    call += ["--resume"] if begun else []
    if again and begun:
        run(trainer, call, log, kind, number)
    status, _ = run(trainer, call, log)
    found = contents(out)
    names = sorted({*found, *expected})
    different = [n for n in names if found.get(n) != expected.get(n)]
    if status or different:
        different.append(log.read_text()[-500:])
    return {
        "killed": killed == -signal.SIGKILL,
        "status": status,
        "different": different,
    }


def main():
    job, folder = Path(sys.argv[1]), Path(sys.argv[2])
    saves, calls = int(sys.argv[3]), int(sys.argv[4])
    options = sys.argv[5:]
    spec = importlib.util.spec_from_file_location("job_trainer", job / "train.py")
    trainer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(trainer)
    load_what_torch_loads_late()
    undisturbed = folder / "undisturbed"
    log = folder / "undisturbed.log"
    status, counted = run(trainer, ["--out", str(undisturbed), *options], log)
    if status:
        sys.exit(log.read_text())
    names, all_calls = json.loads(counted)
    expected = contents(undisturbed)
    moments = [("save", i, names[i]) for i in chosen(names, saves)]
    moments += [("call", i, "call") for i in spread(range(all_calls), calls)]
    for i, (kind, number, name) in enumerate(moments):
        out = folder / f"{i}"
        found = kill_and_continue(trainer, out, options, expected, kind, number, i % 4 == 3)  # fmt: skip
        print(json.dumps({"moment": name, "number": number, **found}), flush=True)


if __name__ == "__main__":
    main()
