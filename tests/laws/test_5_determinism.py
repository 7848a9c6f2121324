"""Law 5: same inputs, options and seed give the same job; cuts and threads change nothing but where files end."""

import pytest
import torch
from conftest import MNIST_INPUT, SEED, Job, digests, make_task, plan_of, run, shards


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    tasks = make_task("mine", "LeNet5", count=500), make_task("guest", "ResNet18", count=300, seed=4)  # fmt: skip
    return Job(tmp_path_factory.mktemp("made"), tasks[:1], MNIST_INPUT, tasks[1:])


def again(made, folder, name, *options):
    """Another job of the same recipe, by the same seed if no options say otherwise."""
    seed = () if "--seed" in options else ("--seed", SEED)
    run(*made.again(folder, name, f"{name}.key"), *seed, *options)
    return folder / name


@pytest.mark.parametrize(
    "options", [("--threads", 1), ("--threads", 2), ("--threads", 7)]
)
@pytest.mark.parametrize("decoys", [0, 2])
def test_threads(made, tmp_path, options, decoys):
    first = again(made, tmp_path, "first", "--decoys", decoys, "--threads", 1)
    second = again(made, tmp_path, "second", "--decoys", decoys, *options)
    assert digests(first) == digests(second)
    # Salt and nonce come from the system; the plan behind them is the same.
    keys = [tmp_path / f"{name}.key" for name in ("first", "second")]
    assert keys[0].read_bytes() != keys[1].read_bytes()
    assert plan_of(keys[0]) == plan_of(keys[1])


def test_another_seed_is_another_job(made, tmp_path):
    other = again(made, tmp_path, "other", "--seed", "07" * 32)
    weights = [digests(path)["weights.safetensors"] for path in (made.path, other)]
    assert weights[0] != weights[1]
    assert made.plan() != plan_of(tmp_path / "other.key")


def test_without_a_seed_every_job_differs(made, tmp_path):
    for name in ("first", "other"):
        run(*made.again(tmp_path, name, f"{name}.key"))
    assert plan_of(tmp_path / "first.key") != plan_of(tmp_path / "other.key")


def test_shards_only_cut(made, tmp_path):
    whole, cut = made.path, again(made, tmp_path, "cut", "--shard-bytes", 200_000)
    assert len(list((whole / "data").iterdir())) == 1
    assert len(list((cut / "data").iterdir())) > 3
    parts = shards(cut)
    for name, tensor in shards(whole).items():
        assert torch.equal(tensor, parts[name])
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
