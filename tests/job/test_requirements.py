"""A job trains where its requirements.txt is installed and nothing else."""

import importlib.metadata
import os
import subprocess
import venv
from pathlib import Path

import pytest
from command_lines import train_call
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from trainer_runs import contents, run, small_job


def closure(lines):
    """The distributions that pip would install for these requirements, by name."""
    found, waiting = {}, [Requirement(line) for line in lines]
    while waiting:
        wanted = waiting.pop()
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            continue
        name = canonicalize_name(wanted.name)
        if name not in found:
            found[name] = importlib.metadata.distribution(name)
            assert found[name].version in wanted.specifier
            waiting += [Requirement(line) for line in found[name].requires or []]
    return found


def tops(distribution):
    """What it has in site-packages: packages, modules, libraries, its metadata."""
    names = {file.parts[0] for file in distribution.files}
    return {n for n in names if n not in ("..", "__pycache__") and not n.endswith(".pth")}  # fmt: skip


def bare_environment(folder):
    venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
    return folder / "bin" / "python", next(folder.glob("lib/python3*/site-packages"))


def train(python, job, out):
    environment = {n: v for n, v in os.environ.items() if not n.startswith("PYTHON")}
    environment["OMP_NUM_THREADS"] = "1"
    command = train_call(job, out, python=python)
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stderr == "" and "finished" in done.stdout


def test_nothing_but_the_requirements(tmp_path):
    job = small_job(tmp_path)
    python, site = bare_environment(tmp_path / "bare")
    found = closure((job / "requirements.txt").read_text().split())
    assert {"torch", "numpy", "safetensors", "tqdm", "sympy"} <= set(found)
    for distribution in found.values():
        for name in tops(distribution):
            source = Path(distribution.locate_file(name))
            if not (site / name).exists():
                (site / name).symlink_to(source)
    for other in ("amalgam", "pytest", "sklearn"):
        absent = subprocess.run([python, "-c", f"import {other}"], capture_output=True)
        assert absent.returncode == 1
    train(python, job, tmp_path / "r")
    run(job, tmp_path / "here")
    assert contents(tmp_path / "r") == contents(tmp_path / "here")


@pytest.mark.full
def test_installed_by_pip(tmp_path):
    job = small_job(tmp_path)
    venv.EnvBuilder(with_pip=True, symlinks=True).create(tmp_path / "fresh")
    python = tmp_path / "fresh" / "bin" / "python"
    # An open range would fetch gigabytes of CUDA libraries.
    version = importlib.metadata.version("torch").partition("+")[0]
    (tmp_path / "constraints.txt").write_text(f"torch=={version}\n")
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", job / "requirements.txt", "-c", tmp_path / "constraints.txt"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    train(python, job, tmp_path / "r")
    assert (tmp_path / "r" / "trained.safetensors").exists()
