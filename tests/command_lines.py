"""Command lines of amalgam and of a job's trainer, for tests and benchmarks."""

import importlib.util
import os
import sys


def obfuscate_call(folder, *more, model="m.pt2", data="d.npz", recipe="r.toml", job="job", key="key"):  # fmt: skip
    """Arguments of obfuscate. Paths that are relative are the folder's; None leaves an option out."""
    paths = {"model": model, "data": data, "recipe": recipe, "job": job, "key": key}
    given = [(f"--{name}", folder / p) for name, p in paths.items() if p is not None]
    return ["obfuscate", *(part for pair in given for part in pair), *more]


def extract_call(key, trained, out, *more):
    return ["extract", "--key", key, "--trained", trained, "--out", out, *more]


def one_thread(**more):
    """The environment of a process that computes on one thread, as bit for bit needs it."""
    return {**os.environ, "OMP_NUM_THREADS": "1", **more}


def train_call(job, out, *more, python=sys.executable):
    """Of a process for the job's own train.py."""
    call = [python, job / "train.py", "--device", "cpu", "--out", out, *more]
    return [str(part) for part in call]


def import_from(path, name):
    """A module by its file, whatever is imported under its name already."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load_network(job):
    """A job's network, with its initial values."""
    return import_from(job / "model.py", "model").load(job / "weights.safetensors")
