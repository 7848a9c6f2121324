"""What examples/clouds has for each cloud is run here: stopped as that cloud stops it, the very same script ends as if nothing had been."""

import os
import signal

import pytest
import yaml
from sandbox import CLOUDS, Sandbox, contents, undisturbed

SLURM = {"SLURM_JOB_ID": "7", "SLURM_CPUS_PER_TASK": "1"}
NODES = {**SLURM, "SLURM_NNODES": "2", "SLURM_GPUS_ON_NODE": "1", "SLURM_JOB_NODELIST": "n[1-2]"}  # fmt: skip


@pytest.fixture
def machine(tmp_path):
    return Sandbox(tmp_path, undisturbed().job)


@pytest.fixture
def empty(tmp_path):
    return Sandbox(tmp_path, None)


def terminate_steps(_shell, processes, _parents):
    """As --signal does: what srun runs, and not the script."""
    for one in processes:
        os.kill(one, signal.SIGTERM)


def terminate_torchruns(_shell, _processes, parents):
    for one in set(parents):
        os.kill(one, signal.SIGTERM)


def terminate_first(shell, _processes, _parents):
    """As a pod's end does: the container's first process alone."""
    os.kill(shell, signal.SIGTERM)


def take_away(shell, _processes, _parents):
    os.killpg(shell, signal.SIGKILL)


def ends_undisturbed(machine, call, out, processes=1, **environment):
    status, printed = machine.run(call, **environment)
    assert status == 0, printed
    assert "finished; send back" in printed
    assert contents(machine.folder / out) == undisturbed().result(processes)
    return printed


def test_slurm(machine):
    call = ["bash", CLOUDS / "train.sbatch", "job"]
    status, printed = machine.stopped(call, terminate_steps, **SLURM)
    assert (status, machine.requeued()) == (143, ["requeue 7"]), printed
    assert "after batch 7 of 10; all is saved" in printed
    assert "epoch 2" in ends_undisturbed(machine, call, "job-result", **SLURM)
    assert "epoch" not in ends_undisturbed(machine, call, "job-result", **SLURM)
    assert machine.requeued() == ["requeue 7"]


def test_slurm_on_nodes(machine):
    call = ["bash", CLOUDS / "nodes.sbatch", "job", "--parallel", "rows"]
    status, printed = machine.stopped(call, terminate_torchruns, 2, **NODES)
    assert (status, machine.requeued()) == (1, ["requeue 7"]), printed
    assert "after batch 7 of 10; all is saved" in printed
    ends_undisturbed(machine, call, "job-result", 2, **NODES)
    assert machine.requeued() == ["requeue 7"]


def test_slurm_on_failures(empty):
    """A failure is not repeated; on nodes, where its status says nothing, once where something was saved."""
    once = ["bash", CLOUDS / "train.sbatch", "job"]
    empty.command("python", "exit 1")
    assert empty.run(once, **SLURM)[0] == 1
    nodes = ["bash", CLOUDS / "nodes.sbatch", "job"]
    empty.command("torchrun", "exit 1")
    assert empty.run(nodes, **NODES)[0] == 1
    (empty.folder / "job-result").mkdir()
    (empty.folder / "job-result" / "checkpoint.safetensors").touch()
    assert empty.run(nodes, **NODES)[0] == 1
    assert empty.requeued() == []
    empty.command("torchrun", "touch job-result/checkpoint-2.safetensors; exit 1")
    assert empty.run(nodes, **NODES)[0] == 1
    assert empty.requeued() == ["requeue 7"]


def test_slurm_array(empty):
    empty.command("srun", 'echo "$@"')
    call = ["bash", CLOUDS / "train.sbatch", "a", "b"]
    for number, job in enumerate("ab"):
        status, printed = empty.run(call, SLURM_ARRAY_TASK_ID=str(number), **SLURM)
        assert (status, printed.split()[1:]) == (0, ["python", f"{job}/train.py", "--device", "cuda", "--out", f"{job}-result"])  # fmt: skip
    status, printed = empty.run(call, SLURM_ARRAY_TASK_ID="2", **SLURM)
    assert status != 0 and "sbatch train.sbatch JOB" in printed


def test_kubernetes(machine):
    job = yaml.safe_load((CLOUDS / "kubernetes" / "train.yaml").read_text())
    (container,) = job["spec"]["template"]["spec"]["containers"]
    call = [*container["command"], *container["args"]]
    status, printed = machine.stopped(call, terminate_first)
    assert status == 143 and "all is saved" in printed, printed
    ends_undisturbed(machine, call, "result")
    machine.command("pip", "exit 1")
    rules = job["spec"]["podFailurePolicy"]["rules"]
    assert machine.run(call)[0] not in rules[1]["onExitCodes"]["values"]


def test_skypilot(machine):
    task = yaml.safe_load((CLOUDS / "sky.yaml").read_text())
    machine.folder.joinpath("train.py").symlink_to(undisturbed().job / "train.py")
    out = {"OUT": str(machine.folder / "result")}
    call = ["bash", "-c", task["setup"] + task["run"]]
    status, _ = machine.stopped(call, take_away, **out)
    assert status == -signal.SIGKILL
    ends_undisturbed(machine, call, "result", **out)
