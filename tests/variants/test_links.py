"""Links: acyclic, detached, only into decoys, and harmless to what is extracted."""

import json

import pytest
import torch
from command_lines import obfuscate_call
from conftest import (
    Job,
    Task,
    assert_same_state,
    images,
    load_network,
    make_task,
    plan_of,
    refused,
    run,
    torchrun,
)
from test_variants import run_all
from zoo import ZOO

TRAIN = "[train]\nbatch_size = 16\nlr = 0.05\nmomentum = 0.9\n"
PLAIN = {"batch_size": 16, "arguments": {"lr": 0.05, "momentum": 0.9}}


@pytest.mark.parametrize("name", ["ResNet18", "Transformer", "Recurrent", "Branches"])
def test_a_network_trains_as_alone_among_links(tmp_path, name):
    torch.manual_seed(0)
    constructor, shape = ZOO[name]
    x, y = images(shape, 48, 10, 0)
    task = Task("task", constructor(), x.astype("float32") / 255, y, PLAIN)
    options = ("--decoys", 4, "--links", 5)
    job = Job(tmp_path, [task], TRAIN, options=options)
    links = job.plan()["links"]
    assert len(links) == 5
    assert all(a < b for a, b in links)
    receivers = {b for _, b in links}
    assert job.subnetwork(task) not in receivers and len(receivers) <= 3
    assert_same_state(job.extract(job.train())["task"], job.plain(task))
    found = json.loads(run("inspect", job.path, "--json", "-").stdout)
    assert found["receives_nothing"] == 5 - len(receivers)


@pytest.mark.parametrize("name", [n for n in ZOO if n != "DenseNet121"] + [pytest.param("DenseNet121", marks=pytest.mark.full)])  # fmt: skip
def test_every_model_can_send_and_receive(tmp_path, name):
    torch.manual_seed(0)
    constructor, shape = ZOO[name]
    x = torch.rand(12, *shape).numpy()
    task = Task("task", constructor(), x, torch.arange(12).numpy() % 10)
    job = Job(
        tmp_path,
        [task],
        "[train]\nbatch_size = 4\n",
        options=("--decoys", 4, "--links", 9),
    )
    run_all(job)


def test_projections_learn_and_nothing_flows_back(tmp_path):
    task = make_task("task", "LeNet5", count=48, recipe=PLAIN)
    job = Job(tmp_path, [task], TRAIN, options=("--decoys", 2, "--links", 1))
    network = load_network(job.path)
    ((sender, receiver),) = job.plan()["links"]
    subnetworks = network.subnetworks
    batch = {"x.uint8": torch.randint(256, (4, 3 * 784), dtype=torch.uint8)}
    batch["y.int64"] = torch.randint(10, (4, 3))
    outputs = network(batch)
    subnetworks[receiver].loss(outputs[receiver], batch).backward()
    assert all(p.grad is not None for p in subnetworks[receiver].parameters())
    assert all(p.grad is None for p in subnetworks[sender].parameters())
    before = outputs[receiver]
    with torch.no_grad():
        for parameter in subnetworks[sender].parameters():
            parameter.mul_(2)
    assert not torch.equal(network(batch)[receiver], before)


def test_the_same_links_again(tmp_path):
    task = make_task("task", "LeNet5", count=48)
    job = Job(tmp_path, [task], TRAIN, options=("--decoys", 2, "--links", 2))
    run(*job.again(tmp_path), "--decoys", 2, "--like", job.key)
    assert plan_of(tmp_path / "k") == job.plan()
    assert (tmp_path / "j" / "model.py").read_text() == (
        job.path / "model.py"
    ).read_text()


def test_links_need_room(tmp_path):
    task = make_task("task", "LeNet5", count=20)
    task.write(tmp_path)
    (tmp_path / "r.toml").write_text(TRAIN)
    call = obfuscate_call(tmp_path, model="task.pt2", data="task.npz")
    refused(*call, "--links", 1, says="--links")


def test_verify_and_like_among_links_and_amounts(tmp_path):
    task = make_task("task", "ResNet18", count=48)
    options = ("--decoys", 3, "--links", 2, "--amount", 1.5, "--model-amount", 1.5)
    job = Job(tmp_path, [task], TRAIN, options=options)
    assert "bit-identical" in job.verified("--steps", 3)
    again = job.again(tmp_path)
    again += ["--decoys", 3, "--amount", 1.5, "--model-amount", 1.5, "--like", job.key]
    refused(*again, "--links", 1, status=2, says="its own 2 links")
    run(*again)
    assert plan_of(tmp_path / "k") == job.plan()


def test_links_in_bf16(tmp_path):
    task = make_task(
        "task", "ResNet18", count=48, recipe={**PLAIN, "precision": "bf16"}
    )
    train = TRAIN.replace("[train]\n", '[train]\nprecision = "bf16"\n')
    job = Job(tmp_path, [task], train, options=("--decoys", 3, "--links", 3))
    assert_same_state(job.extract(job.train())["task"], job.plain(task))


@pytest.mark.parametrize("processes", [2])
def test_links_under_torchrun(tmp_path, processes):
    """The wanted network equals plain DDP's, whatever is linked to it."""
    task = make_task("task", "LeNet5", count=48)
    keep = ("--start", "keep")  # a start depends on its place among others
    plain = Job(tmp_path / "a", [task], TRAIN, options=("--decoys", 0, *keep))
    linked = Job(
        tmp_path / "b", [task], TRAIN, options=("--decoys", 2, "--links", 2, *keep)
    )
    assert plain.stream(task)["rows"] == linked.stream(task)["rows"]
    weights = []
    for job in (plain, linked):
        out = job.folder / "result"
        torchrun(job.path / "train.py", processes, "--out", out, "--device", "cpu", "--parallel", "rows")  # fmt: skip
        weights.append(job.extract(out / "trained.safetensors")["task"])
    assert_same_state(*weights)
