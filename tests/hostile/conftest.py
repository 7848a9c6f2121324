"""One good job, and the tools to break copies of its files."""

import json
import shutil
import struct
import zipfile

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


def read_header(data):
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def write_header(header, body):
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + body


def edit_archive(source, target, edit, compress=False):
    """Copies a zip, passing each entry through edit(name, data) -> data, or None to leave it out."""
    method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", method) as new:
        for name in old.namelist():
            data = edit(name, old.read(name))
            if data is not None:
                new.writestr(name, data)


def edit_program(source, target, edit):
    """Copies a .pt2 with its model.json changed in place by edit(program)."""

    def change(name, data):
        if not name.endswith("models/model.json"):
            return data
        program = json.loads(data)
        edit(program)
        return json.dumps(program)

    edit_archive(source, target, change)


@pytest.fixture
def copy(good, tmp_path):
    """Copies of the good inputs, to break."""
    for name in ("one.pt2", "one.npz", "home.key"):
        shutil.copy(good.folder / name, tmp_path / name)
    shutil.copy(good.path / "weights.safetensors", tmp_path / "trained.safetensors")
    (tmp_path / "recipe.toml").write_text("[train]\nlr = 0.1\n")
    return tmp_path
