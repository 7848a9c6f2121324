"""The notebook of a job where it lies, on Colab and on Kaggle: what an earlier session left is continued."""

import ast
import json
import shutil
import subprocess

import pytest
from command_lines import one_thread
from conftest import ROOT, train_job
from run_cells import sources
from sandbox import contents, undisturbed
from warm_python import warm_python

NOTEBOOK = ROOT / "src" / "job" / "templates" / "train.ipynb"
RUN_CELLS = ROOT / "tests" / "clouds" / "run_cells.py"


def run_cells(folder, root, *how):
    call = [warm_python(), RUN_CELLS, NOTEBOOK, root, *how]
    done = subprocess.run([str(part) for part in call], cwd=folder, env=one_thread(), capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "epoch 2 of 2" in done.stdout and "epoch 1 of 2" not in done.stdout
    assert "finished; send back" in done.stdout and "sub-network 1: loss" in done.stdout
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def place(tmp_path):
    """place(job, out): puts the job there, and what 7 of 10 batches leave."""

    def put(job, out):
        shutil.copytree(undisturbed().job, job)
        train_job(job, out, "--max-steps", 7)
        return job

    return put


def test_where_the_job_lies(tmp_path, place):
    job = place(tmp_path / "job", tmp_path / "job" / "result")
    found = run_cells(job, tmp_path)
    assert found == {"folder": str(job), "out": "result", "threads": "1", "hours": None}
    assert contents(job / "result") == undisturbed().result(1)


def test_colab(tmp_path, place):
    job = tmp_path / "content" / "drive" / "MyDrive" / "job"
    place(job, job / "result")
    found = run_cells(tmp_path, tmp_path, "colab")
    assert (found["folder"], found["threads"]) == (str(job), "2")
    assert contents(job / "result") == undisturbed().result(1)


def test_kaggle(tmp_path, place):
    inputs = tmp_path / "kaggle" / "input"
    job = place(inputs / "anything" / "job", inputs / "earlier" / "result")
    before = contents(inputs / "earlier" / "result")
    (tmp_path / "kaggle" / "working").mkdir()
    found = run_cells(tmp_path, tmp_path)
    out = tmp_path / "kaggle" / "working" / "result"
    assert found == {"folder": str(job), "out": str(out), "threads": "2", "hours": 11}
    assert contents(out) == undisturbed().result(1)
    assert contents(inputs / "earlier" / "result") == before


def test_the_cells_are_python():
    cells = sources(NOTEBOOK)
    assert len(cells) == 4
    for source in cells:
        ast.parse("".join(f"#{line}\n" if line.startswith("%") else f"{line}\n" for line in source.splitlines()))  # fmt: skip
