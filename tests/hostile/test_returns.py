"""A file that comes back is this key's job's; what is odd about it is said (that no reaction tells which is wanted: laws/test_8)."""

import shutil

import pytest
import torch
from command_lines import extract_call
from conftest import Job, job_digest, make_task, plan_of, refused, run, same_bits
from damage import edit_tensors
from returned import TRAIN, notes, of, small_job, small_jobs, small_task
from safetensors.torch import load_file, save_file
from torch import nn


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    return small_jobs(tmp_path_factory.mktemp("returns"))


def test_a_whole_training_is_extracted_without_a_note(jobs, tmp_path):
    for job, trained in jobs:
        lines, printed = notes(job, trained, tmp_path / "out")
        assert lines == []
        for one in job.tasks:
            # Of 13 names the frozen one, the constant and the mask stay.
            assert f"{one.name}: 13 tensors in " in printed
            assert ", 10 changed by training" in printed


def test_the_untrained_job_is_said(jobs, tmp_path):
    job, _ = jobs[0]
    lines, printed = notes(job, job.path / "weights.safetensors", tmp_path / "out")
    assert len(lines) == 1 and "equals the untrained job" in lines[0]
    assert ", 0 changed by training" in printed


def test_a_run_that_was_stopped_is_said(jobs, tmp_path):
    job, _ = jobs[0]
    trained = job.train("stopped", "--max-steps", "4")
    lines, _ = notes(job, trained, tmp_path / "out")
    # A tensor that did not move in so few batches may be said, too.
    (line,) = (line for line in lines if "counts 4 batches" in line)
    assert "the recipe gives 10: training was stopped early" in line


def test_another_jobs_file_is_refused(tmp_path):
    """All pairs of key and job of the same form: only their own go together."""
    made = [
        small_job(tmp_path / str(i), 1 + (i % 2), 2 - (i % 2), f"{i:064x}")
        for i in range(3)
    ]
    files = [job.path / "weights.safetensors" for job in made]
    for a, job in enumerate(made):
        for b, file in enumerate(files):
            call = extract_call(job.key, file, tmp_path / f"out-{a}-{b}")
            if a == b:
                run(*call)
                continue
            refused(*call, says="was not made from this key's job")


def test_another_jobs_file_is_said_in_one_line(jobs, tmp_path):
    """Not by each of its tensors, where the file itself says whose it is."""
    other = Job(tmp_path, [make_task("task", "MLP", count=40)], "[train]\nlr = 0.1\n")
    call = extract_call(other.key, jobs[0][1], tmp_path / "out")
    assert len(refused(*call, says="take the key that was written with that job")) == 1


def test_metadata_names_the_job(jobs, tmp_path):
    job, trained = jobs[0]
    tensors = load_file(trained)
    paths = ("extract", "--key", job.key, "--out", tmp_path / "out", "--trained")
    for name, says in (("0" * 64, "this key's job"), ("\x1b[2J", "this key's job")):
        save_file(tensors, tmp_path / "t", {"format": "pt", "job": name})
        lines = refused(*paths, tmp_path / "t", says=says)
        assert len(lines) == 1 and "\x1b" not in lines[0]
    save_file(tensors, tmp_path / "t", {"format": "pt", "kind": "checkpoint"})
    refused(*paths, tmp_path / "t", says="is a checkpoint; result/trained.safetensors")
    renamed = {f"network.{name}": tensor for name, tensor in tensors.items()}
    save_file(renamed, tmp_path / "t")
    refused(*paths, tmp_path / "t", says="is a checkpoint; result/trained.safetensors")
    save_file(tensors, tmp_path / "t", {"job": job_digest(job.path)})
    run(*paths, tmp_path / "t")


def test_a_result_folder_and_its_metrics(jobs, tmp_path):
    job, trained = jobs[0]
    result = tmp_path / "result"
    result.mkdir()
    refused(*extract_call(job.key, result, tmp_path / "o"), says="without trained.safetensors")  # fmt: skip
    shutil.copy(trained, result / "trained.safetensors")
    number = plan_of(job.key)["wanted"]["one"]["subnetwork"]
    line = '{"split": "%s", "epoch": %d, "step": 5, "sub-network": %d, "loss": %s, "lr": 0.1, "accuracy": 0.5}\n'
    text = "".join(
        line % ("valid", epoch, k, f"0.{epoch}{k + 1}")
        for epoch in (1, 2)
        for k in range(3)
    )
    metrics = result / "metrics.jsonl"
    metrics.write_text(text + line % ("train", 2, number, "0.9"))
    lines, printed = notes(job, result, tmp_path / "out")
    assert lines == [] and f"loss 0.2{number + 1}, accuracy 0.5 (epoch 2)" in printed
    metrics.write_text(line % ("valid", 1, number, "null"))
    assert "loss none, accuracy 0.5" in notes(job, result, tmp_path / "out")[1]
    for bad in ("[" * 100000, '{"split": 3}', "\x00", '{"a": 1e999}', "x" * 5000, line % ("valid", 1, 99, "1"), line % ("valid", 1, 0, '"a"')):  # fmt: skip
        metrics.write_text(bad.strip() + "\n" + text)
        lines, printed = notes(job, result, tmp_path / "out")
        assert len(lines) == 1 and "1 line is not what train.py writes" in lines[0]
        assert "(epoch 2)" in printed
    metrics.write_text("{}\n" * 2_000_000 + text)
    assert "1000 lines are not" in notes(job, result, tmp_path / "out")[0][0]
    metrics.unlink()
    metrics.mkdir()
    assert "was not read" in notes(job, result, tmp_path / "out")[0][0]


class Walks(nn.Module):
    """Buffers that are written through views, in ways that no table names, and counted oddly."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(6, 5)
        self.register_buffer("rows", torch.zeros(3, 5))
        self.register_buffer("queue", torch.zeros(4))
        self.register_buffer("total", torch.zeros(()))
        self.register_buffer("twos", torch.zeros((), dtype=torch.int64))
        self.register_buffer("doubled", torch.ones((), dtype=torch.int64))
        self.register_buffer("fixed", torch.ones(5))

    def forward(self, x):
        y = self.layer(x) * self.fixed
        if self.training:
            with torch.no_grad():
                self.rows[1].add_(y.mean(0))
                self.queue.copy_(torch.roll(self.queue, 1, 0))
                self.queue[0] = y.mean()
                self.total += y.sum()
                self.twos += 2
                self.doubled.mul_(2)
        return y + self.rows[1] * 0


def test_buffers_that_training_writes_come_back_as_they_are(tmp_path):
    job = Job(tmp_path, [small_task("one", 0, Walks)], TRAIN)
    trained = job.train()
    lines, _ = notes(job, trained, tmp_path / "out")
    assert lines == []
    back = job.extract(trained)["one"]
    assert back["twos"].item() == 20 and back["doubled"].item() == 2**10
    assert not same_bits(back["rows"], torch.zeros(3, 5))
    tensors = load_file(trained)
    for k in range(2):
        (fixed,) = (n for n in of(tensors, k, "buffer") if tensors[n].shape == (5,))
        bad = edit_tensors(trained, lambda t, n=fixed: t.update({n: t[n] * 2}), tmp_path / "bad")  # fmt: skip
        refused(*extract_call(job.key, bad, tmp_path / "o"), says="does not change it")
