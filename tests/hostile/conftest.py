"""One good job, and copies of its files to break."""

import shutil

import pytest
from conftest import Job, make_task


@pytest.fixture(scope="session")
def good(tmp_path_factory):
    """A job of two tasks that all tests of a process share; they only read it."""
    folder = tmp_path_factory.mktemp("good")
    tasks = [
        make_task("one", "MLP", count=40),
        make_task("two", "LeNet5", count=40, seed=2),
    ]
    return Job(folder, tasks, "")


@pytest.fixture
def copy(good, tmp_path):
    """Copies of the good inputs, to break."""
    for name in ("one.pt2", "one.npz", "home.key"):
        shutil.copy(good.folder / name, tmp_path / name)
    shutil.copy(good.path / "weights.safetensors", tmp_path / "trained.safetensors")
    (tmp_path / "r.toml").write_text("[train]\nlr = 0.1\n")
    return tmp_path
