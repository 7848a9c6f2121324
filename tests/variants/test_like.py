"""Another job of the same tasks has the same decoys, plan and order; everything else is refused."""

import models
import numpy
import pytest
import torch
from command_lines import obfuscate_call
from conftest import Task, images, plan_of, refused, run, shards
from warm_python import warm_python

RECIPE = "[train]\nbatch_size = 16\nlr = {lr}\nepochs = {epochs}\n"


@pytest.fixture
def first(tmp_path):
    torch.manual_seed(0)
    x, y = images((1, 28, 28), 60, 10, 1)
    Task("mine", models.LeNet5(), x, y).write(tmp_path)
    for name, seed in (("other", 2), ("new", 3)):
        x, y = images((1, 28, 28), 60, 10, seed)
        numpy.savez(tmp_path / f"{name}.npz", x=x, y=y)
    (tmp_path / "r.toml").write_text(RECIPE.format(lr=0.1, epochs=1))
    (tmp_path / "r2.toml").write_text(RECIPE.format(lr=0.01, epochs=3))
    run(*command(tmp_path, "1"))
    return tmp_path


def command(folder, number, data="mine.npz", recipe="r.toml", decoys=2, options=()):
    guest = ("--decoy", f"@{folder}/other.npz", "--decoys", decoys)
    return obfuscate_call(folder, *guest, *options, model="mine.pt2", data=data, recipe=recipe, job=f"job{number}", key=f"key{number}")  # fmt: skip


def like(folder, number="1"):
    return ("--like", folder / f"key{number}")


def samples(folder, number):
    return shards(folder / f"job{number}")


def test_another_recipe_changes_nothing_else(first):
    run(*command(first, "2", recipe="r2.toml", options=like(first)))
    assert plan_of(first / "key1") == plan_of(first / "key2")
    for name in ("weights.safetensors", "model.py"):
        one, two = (first / job / name for job in ("job1", "job2"))
        assert one.read_bytes() == two.read_bytes()
    for name, tensor in samples(first, 1).items():
        assert torch.equal(tensor, samples(first, 2)[name])
    assert '"lr": 0.01' in (first / "job2" / "job.json").read_text()


def test_new_data_takes_the_old_place_and_can_be_verified(first):
    run(*command(first, "2", data="new.npz", options=like(first)))
    plan = plan_of(first / "key2")
    assert plan == plan_of(first / "key1")
    one, two = samples(first, 1)["x.uint8"], samples(first, 2)["x.uint8"]
    own = plan["wanted"]["task"]["subnetwork"]
    stream = plan["streams"][own]
    new = numpy.load(first / "new.npz")["x"].reshape(60, -1)
    assert (
        two[:, stream["positions"][0]].numpy().tobytes()
        == new[stream["rows"]].tobytes()
    )
    # The guest's stream is the old one; the generated ones imitate the task's data.
    same = [
        torch.equal(one[:, s["positions"][0]], two[:, s["positions"][0]])
        for s in plan["streams"]
    ]
    assert sum(same) == 1 and not same[own]
    files = obfuscate_call(first, model="mine.pt2", data="new.npz", job="job2", key="key2")[1:]  # fmt: skip
    told = run("verify", *files, "--steps", 3, "--python", warm_python()).stdout
    assert "10 of 10 tensors bit-identical" in told
    # A third job may be made like the second.
    run(*command(first, "3", options=like(first, "2")))
    assert plan_of(first / "key3") == plan


def test_what_differs_is_refused(first):
    x, y = images((1, 28, 28), 50, 10, 4)
    numpy.savez(first / "fewer.npz", x=x, y=y)
    refused(*command(first, "2", data="fewer.npz", options=like(first)), says="50 rows")
    refused(
        *command(first, "2", decoys=1, options=like(first)),
        says="4 tasks, this one has 3",
    )
    noise = (*like(first), "--noise", "uniform")
    refused(*command(first, "2", options=noise), says="is not in the old job")
    numpy.savez(first / "other.npz", x=x, y=y)
    refused(
        *command(first, "2", options=like(first)),
        says="other.npz' is not in the old job",
    )
    seed = (*like(first), "--seed", "1" * 64)
    refused(*command(first, "2", options=seed), status=2, says="--like")
    refused(*command(first, "2", options=("--like", first / "r.toml")), says="r.toml")
