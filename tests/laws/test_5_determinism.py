"""Law 5: same inputs, options and seed give the same job; cuts and threads change nothing but where files end."""

import pytest
import torch
from conftest import MNIST_INPUT, Job, digests, make_task, plan_of, run
from safetensors.torch import load_file


def obfuscate(folder, name, *options, seed="5eed" * 16):
    paths = ("--job", folder / name, "--key", folder / f"{name}.key")
    run(
        "obfuscate",
        "--recipe",
        folder / "recipe.toml",
        *paths,
        "--seed",
        seed,
        *options,
    )
    return folder / name


@pytest.fixture
def folder(tmp_path):
    task = make_task("mine", "LeNet5", count=500)
    job = Job(
        tmp_path,
        [task],
        MNIST_INPUT,
        guests=[make_task("guest", "ResNet18", count=300, seed=4)],
    )
    assert job.path.exists()
    return tmp_path


@pytest.mark.parametrize(
    "options", [("--threads", 1), ("--threads", 2), ("--threads", 7)]
)
@pytest.mark.parametrize("decoys", [0, 2])
def test_threads(folder, options, decoys):
    first = obfuscate(folder, "first", "--decoys", decoys, "--threads", 1)
    again = obfuscate(folder, "again", "--decoys", decoys, *options)
    assert digests(first) == digests(again)
    # Salt and nonce come from the system; the plan behind them is the same.
    keys = [folder / f"{name}.key" for name in ("first", "again")]
    assert keys[0].read_bytes() != keys[1].read_bytes()
    assert plan_of(keys[0]) == plan_of(keys[1])


def test_another_seed_is_another_job(folder):
    first, other = (
        obfuscate(folder, "first"),
        obfuscate(folder, "other", seed="07" * 32),
    )
    assert (
        digests(first)["weights.safetensors"] != digests(other)["weights.safetensors"]
    )
    assert plan_of(folder / "first.key") != plan_of(folder / "other.key")


def test_without_a_seed_every_job_differs(folder):
    for name in ("first", "other"):
        run(
            "obfuscate",
            "--recipe",
            folder / "recipe.toml",
            "--job",
            folder / name,
            "--key",
            folder / f"{name}.key",
        )
    assert plan_of(folder / "first.key") != plan_of(folder / "other.key")


def test_shards_only_cut(folder):
    whole = obfuscate(folder, "whole")
    cut = obfuscate(folder, "cut", "--shard-bytes", 200_000)
    parts = [load_file(path) for path in sorted((cut / "data").iterdir())]
    assert len(parts) > 3
    for name, tensor in load_file(next((whole / "data").iterdir())).items():
        assert torch.equal(tensor, torch.cat([part[name] for part in parts]))
    left, right = digests(whole), digests(cut)
    for name in ("model.py", "weights.safetensors", "train.py"):
        assert left[name] == right[name]


def test_row_order_does_not_depend_on_the_other_tasks(tmp_path):
    tasks = [
        make_task(name, name, count=100, seed=i)
        for i, name in enumerate(("MLP", "LeNet5", "ResNet18"))
    ]
    alone = Job(tmp_path / "alone", tasks[:1], "", options=("--rows", 100))
    among = Job(tmp_path / "among", tasks[::-1], "", options=("--rows", 100))
    assert alone.stream(tasks[0])["rows"] == among.stream(tasks[0])["rows"]
