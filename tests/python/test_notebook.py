"""The notebook of a job runs from top to bottom."""

import nbclient
import nbformat
from conftest import Job, make_task


def test_the_notebook_of_a_job(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    task = make_task("mine", "MLP", count=80)
    job = Job(tmp_path, [task], "[input]\nscale = 255.0\n")
    notebook = nbformat.read(job.path / "train.ipynb", as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(job.path)}}
    )
    client.execute()
    shown = "".join(o.get("text", "") for o in notebook.cells[-1].outputs)
    assert "sub-network 0: loss" in shown and "sub-network 1: loss" in shown
    state = job.extract(job.path / "result" / "trained.safetensors")["mine"]
    assert sorted(state) == sorted(task.initial)
