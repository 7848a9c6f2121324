"""A folder as a machine of a cloud has it: a job, and commands that stand in for those of the cloud."""

import functools
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from command_lines import one_thread
from conftest import ROOT, Job, Task, torchrun, train_job, vectors
from torch import nn
from warm_python import warm_python

CLOUDS = ROOT / "examples" / "clouds"
TRAIN = "[train]\nepochs = 2\nbatch_size = 8\noptimizer = 'adamw'\nlr = 0.01\n"

# What is started with PAUSE waits to be stopped; all else runs at once. Here GPUs are CPUs.
PYTHON = f"""
if [ -n "$PAUSE" ]; then exec {sys.executable} {Path(__file__).with_name("paused.py")} "${{@/#cuda/cpu}}"; fi
exec "$WARM" "${{@/#cuda/cpu}}"
"""
TORCHRUN = f"""
while [[ $1 == -* ]]; do options+=("$1"); shift; done
run={sys.executable}
[ -n "$PAUSE" ] || run=$WARM
exec "$run" -m torch.distributed.run "${{options[@]}}" --no-python python "$@"
"""
# A task on each node, here all on this one; it ends as the worst of them.
SRUN = """
while [[ $1 == -* ]]; do shift; done
for ((node = 0; node < ${SLURM_NNODES:-1}; node++)); do "$@" & tasks+=($!); done
for task in "${tasks[@]}"; do wait "$task" || worst=$?; done
exit ${worst:-0}
"""
SCONTROL = """
if [ "$1" = show ]; then echo localhost; else echo "$@" >> requeued; fi
"""


class Undisturbed:
    """A job, and what is left by runs of it that nothing interrupts."""

    def __init__(self, folder):
        torch.manual_seed(0)
        layers = nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Dropout(0.3), nn.Linear(5, 3)
        x, y = vectors((6,), 40, 3)
        task = Task("mine", nn.Sequential(*layers), x, y, validation=(x[:12], y[:12]))
        self.folder = folder
        self.job = Job(folder, [task], TRAIN).path

    @functools.cache  # noqa: B019 - as long as the process
    def result(self, processes):
        out = self.folder / f"result-{processes}"
        if processes == 1:
            train_job(self.job, out)
        else:
            torchrun(self.job / "train.py", processes, "--device", "cpu", "--out", out, "--parallel", "rows")  # fmt: skip
        return contents(out)


@functools.cache
def undisturbed():
    folder = tempfile.TemporaryDirectory(prefix="amalgam-clouds-")
    made = Undisturbed(Path(folder.name))
    made.keep = folder
    return made


def contents(out):
    """All but the checkpoints, which say how often they were written."""
    found = {p.name: p.read_bytes() for p in out.iterdir()}
    return {n: b for n, b in found.items() if not n.startswith("checkpoint")}


class Sandbox:
    """`folder` has job/; run() and stopped() run a shell's script there."""

    def __init__(self, folder, job):
        self.folder, self.commands = folder, folder / "commands"
        self.pauses = 0
        self.commands.mkdir()
        if job:
            (folder / "job").symlink_to(job)
        for name, body in {"python": PYTHON, "torchrun": TORCHRUN, "srun": SRUN, "scontrol": SCONTROL, "pip": ""}.items():  # fmt: skip
            self.command(name, body)
        (folder / "env" / "bin").mkdir(parents=True)
        (folder / "env" / "bin" / "activate").write_text("")

    def command(self, name, body):
        path = self.commands / name
        path.write_text(f"#!/bin/bash\n{body}\n")
        path.chmod(0o700)

    def start(self, call, **environment):
        path = f"{self.commands}:{os.environ['PATH']}"
        environment = one_thread(PATH=path, WARM=str(warm_python()), **environment)
        return subprocess.Popen([str(part) for part in call], cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)  # fmt: skip

    def run(self, call, **environment):
        """The status, and what was printed."""
        process = self.start(call, **environment)
        printed, _ = process.communicate(timeout=300)
        return process.returncode, printed

    def stopped(self, call, how, processes=1, **environment):
        """The same of a run that is stopped after batch 7 of 10: how(shell's number, processes' numbers, their parents')."""
        self.pauses += 1
        pause = self.folder / f"pause-{self.pauses}"
        pause.mkdir()
        process = self.start(call, PAUSE=str(pause), **environment)
        latest = time.monotonic() + 200
        while len(list(pause.glob("[0-9]"))) < processes:
            if process.poll() is not None or time.monotonic() > latest:
                os.killpg(process.pid, signal.SIGKILL)
                raise AssertionError(process.communicate()[0])
            time.sleep(0.02)
        numbers = [map(int, p.read_text().split()) for p in pause.glob("[0-9]")]
        how(process.pid, *zip(*numbers, strict=True))
        printed, _ = process.communicate(timeout=300)
        return process.returncode, printed

    def requeued(self):
        path = self.folder / "requeued"
        return path.read_text().splitlines() if path.exists() else []
