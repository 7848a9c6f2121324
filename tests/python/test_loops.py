"""Loops of others over a job: each trains it, and what it saves is taken back."""

import subprocess
import sys

import pytest
import torch
from command_lines import one_thread
from conftest import ROOT, Job, make_task, same_bits

LOOPS = {
    "bare_loop": (None, []),
    "accelerate_loop": ("accelerate", []),
    "lightning_loop": ("lightning", []),
    "trainer_loop": ("transformers", []),
}


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    task = make_task("mine", "LeNet5", count=200, seed=1)
    return Job(tmp_path_factory.mktemp("loops"), [task], "[input]\nscale = 255.0\n")


@pytest.mark.parametrize("loop", LOOPS)
def test_loops_of_others(tmp_path, job, loop):
    package, options = LOOPS[loop]
    if package:
        pytest.importorskip(package)
    script = ROOT / "examples" / "loops" / f"{loop}.py"
    out = tmp_path / "trained.safetensors"
    environment = one_thread(CUDA_VISIBLE_DEVICES="", ACCELERATE_USE_CPU="1")
    call = [sys.executable, *options, script, job.path, out]
    subprocess.run([str(a) for a in call], check=True, capture_output=True, env=environment, cwd=tmp_path)  # fmt: skip
    state = job.extract(out, f"w-{loop}")["mine"]
    initial = job.tasks[0].initial
    assert sorted(state) == sorted(initial)
    assert all(torch.isfinite(tensor).all() for tensor in state.values())
    assert not any(same_bits(state[name], initial[name]) for name in state)
