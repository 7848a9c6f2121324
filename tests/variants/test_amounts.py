"""Amounts as in the paper: values and parameters inserted, relative to the wanted tasks'."""

import numpy
import pytest
from command_lines import obfuscate_call
from conftest import (
    Job,
    assert_same_state,
    images,
    load_network,
    make_task,
    plan_of,
    refused,
    run,
    shards,
)

TRAIN = "[train]\nbatch_size = 16\nlr = 0.05\n"
PLAIN = {"batch_size": 16, "arguments": {"lr": 0.05}}


def job_of(folder, model, *options, count=48):
    task = make_task("task", model, count=count, recipe=PLAIN)
    return Job(folder, [task], TRAIN, options=options), task


def columns(job):
    return job.plan()["columns"]["x.uint8"]


def sizes(job):
    """Parameters of the wanted sub-network, and of all others together."""
    found = [
        sum(p.numel() for p in s.parameters())
        for s in load_network(job.path).subnetworks
    ]
    own = found.pop(job.subnetwork(job.tasks[0]))
    return own, sum(found)


@pytest.mark.parametrize("amount", [0.25, 0.5, 0.75, 1.0, 1.5, 2.0])
def test_amounts_of_values_are_exact_where_columns_are_shared(tmp_path, amount):
    job, task = job_of(tmp_path, "LeNet5", "--amount", amount)
    assert columns(job) == 784 + 784 * amount
    assert_same_state(job.extract(job.train())["task"], job.plain(task))


@pytest.mark.parametrize("model", ["ResNet18", "DenseNet121", "MobileNetV2"])
@pytest.mark.parametrize("amount", [0.25, 0.5])
def test_global_pooling_allows_smaller_images(tmp_path, model, amount):
    job, _ = job_of(tmp_path, model, "--amount", amount, count=20)
    assert columns(job) == pytest.approx(3072 * (1 + amount), rel=0.02)
    streams = job.plan()["streams"]
    reads = [set(s["positions"][0]) for s in streams]
    assert not reads[0] & reads[1]
    job.train()


def test_shared_columns_hold_the_other_tasks_values(tmp_path):
    job, task = job_of(tmp_path, "MLP", "--amount", 0.5)
    own = job.stream(task)
    (decoy,) = [s for s in job.plan()["streams"] if s != own]
    shared = set(decoy["positions"][0]) & set(own["positions"][0])
    assert len(shared) == 392 and len(decoy["fills"][0]) == 392
    samples = shards(job.path)["x.uint8"].numpy()
    flat = task.x.reshape(len(task.x), -1)
    assert numpy.array_equal(samples[:, own["positions"][0]], flat[own["rows"]])


@pytest.mark.parametrize("amount", [0.25, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("model", ["LeNet5", "ResNet18"])
def test_amounts_of_parameters(tmp_path, model, amount):
    job, _ = job_of(tmp_path, model, "--model-amount", amount, "--decoys", 2, count=20)
    own, others = sizes(job)
    assert others / own == pytest.approx(amount, rel=0.05)
    job.train()


def test_guests_count(tmp_path):
    x, y = images((1, 28, 28), 50, 10, 2)
    tmp_path.mkdir(exist_ok=True)
    numpy.savez(tmp_path / "other.npz", x=x, y=y)
    guest = ("--decoy", f"@{tmp_path}/other.npz")
    job, _ = job_of(tmp_path / "a", "LeNet5", *guest, "--amount", 1.5)
    assert columns(job) == 784 * 2.5 and len(job.plan()["streams"]) == 3
    job, _ = job_of(
        tmp_path / "b", "LeNet5", *guest, "--amount", 1, "--model-amount", 0.5
    )
    own, others = sizes(job)
    assert others / own == pytest.approx(0.5, rel=0.05)


def test_the_papers_scheme(tmp_path):
    job, task = job_of(tmp_path, "LeNet5", "--preset", "paper", "--amount", 0.5)
    assert "research" in job.output
    plan = job.plan()
    assert plan["columns"] == {"x.uint8": 784 * 1.5, "y.int64": 1}
    assert len(plan["streams"]) == 3 and len(plan["links"]) == 1
    own = job.stream(task)
    decoys = [s for s in plan["streams"] if s != own]
    for decoy in decoys:
        assert decoy["targets"] == own["targets"] == [0]
        reads, fills = set(decoy["positions"][0]), set(decoy["fills"][0])
        assert len(reads) == 784 and len(fills) == 196
        # A random subset of all columns: its own, the other decoy's and the wanted task's.
        assert fills - reads and reads & set(own["positions"][0])
    assert_same_state(job.extract(job.train())["task"], job.plain(task))


def test_amounts_that_cannot_be(tmp_path):
    task = make_task("task", "LeNet5", count=20)
    task.write(tmp_path)
    (tmp_path / "r.toml").write_text(TRAIN)
    call = obfuscate_call(tmp_path, model="task.pt2", data="task.npz")
    other = dict(numpy.load(tmp_path / "task.npz"))
    numpy.savez(tmp_path / "other.npz", x=other["x"][::-1], y=other["y"])
    guest = ("--decoy", f"{tmp_path}/task.pt2@{tmp_path}/other.npz")
    refused(*call, "--amount", 1.5, "--decoys", 1, says="at least 2 generated decoys")
    refused(*call, *guest, "--amount", 0.5, says="guests alone")
    refused(*call, *guest, "--model-amount", 0.5, says="--model-amount")
    refused(*call, *guest, "--model-amount", 0.5, "--decoys", 1, says="guests' own")
    for bad in ("0", "-1", "x"):
        refused(*call, "--amount", bad, status=2)
    refused(*call, "--preset", "thesis", status=2)


def test_amounts_repeat_under_like(tmp_path):
    job, _ = job_of(tmp_path, "LeNet5", "--amount", 0.5)
    run(*job.again(tmp_path), "--like", job.key, "--amount", 0.5)
    assert plan_of(tmp_path / "k") == job.plan()
    refused(*job.again(tmp_path, "j2", "k2"), "--like", job.key, says="not in the old job")  # fmt: skip
