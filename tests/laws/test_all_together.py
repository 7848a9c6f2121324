"""Laws 1 to 9 with guests, several wanted tasks, variants, links and amounts together: random plans, models and options.

Each case is drawn from its number, so a failure repeats itself.
"""

import filecmp
import random
import sys
from pathlib import Path

import numpy
import pytest
import torch
from command_lines import extract_call
from conftest import (
    OPTIMIZERS,
    Job,
    Task,
    assert_start_of,
    images,
    load_network,
    refused,
    run,
    same_bits,
    shards,
)
from damage import edit_tensors
from safetensors.torch import load_file
from test_1_round_trip import gathered
from test_3_same_training import assert_same_training

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "variants"))
from zoo import ZOO

KINDS = ["MLP", "LeNet5", "Branches", "Recurrent", "Grouped", "Transformer", "Attended"]
BATCH = 12


def draw_task(draw, name, kinds, plain=True):
    kind = draw.choice(kinds)
    constructor, shape = ZOO[kind]
    torch.manual_seed(draw.randrange(1 << 30))
    dtype = numpy.uint8 if draw.random() < 0.7 else numpy.float32
    rows = draw.randrange(24, 50)
    x, y = images(shape, rows, 10, draw.randrange(1 << 30), dtype)
    toml, recipe = OPTIMIZERS[draw.choice(list(OPTIMIZERS))]
    clip = draw.choice([0.0, 0.5])
    recipe = {**recipe, "batch_size": BATCH, "clip_grad_norm": clip}
    table = f"[here.train]\nclip_grad_norm = {clip}\n{toml}"
    validation = None
    if plain and draw.random() < 0.4:
        validation = images(shape, 14, 10, draw.randrange(1 << 30), dtype)
    return Task(name, constructor(), x, y, recipe, validation, table), kind


def draw_job(folder, number):
    draw = random.Random(number)
    folder.mkdir()
    pairs = [
        draw_task(draw, f"mine{i}", KINDS) for i in range(draw.choice([1, 1, 2, 3]))
    ]
    tasks = [task for task, _ in pairs]
    guests = [
        draw_task(draw, f"guest{i}", KINDS, False)[0]
        for i in range(draw.choice([0, 0, 1]))
    ]
    options = ["--decoys", draw.randrange(1, 4), "--threads", draw.choice([1, 2])]
    if draw.random() < 0.5:
        x, y = images(
            tasks[0].x.shape[1:], 40, draw.choice([4, 10]), number, tasks[0].x.dtype
        )
        numpy.savez(folder / "strange.npz", x=x, y=y)
        options += ["--decoy", f"@{folder}/strange.npz"]
    elif not guests and draw.random() < 0.5:
        wanted = len(tasks)
        options[1] = wanted  # each is imitated once
        options += ["--amount", draw.choice([0.25, 0.5, 0.75, 1.0])]
    networks = len(tasks) + len(guests) + options[1] + ("--decoy" in options)
    if networks > 2 and draw.random() < 0.7:
        options += ["--links", draw.randrange(1, 5)]
    if not guests and draw.random() < 0.3:
        options += ["--model-amount", 3.0]
    noises = ["resample", "uniform", "gaussian", "spectrum", "likeness", "leaves"]
    options += [
        "--noise",
        draw.choice(noises),
        "--shard-bytes",
        draw.choice([50_000, 1 << 20]),
    ]
    train = f"[train]\nbatch_size = {BATCH}\n"
    return Job(folder, tasks, train, guests, options, seed_of(number)), options


def seed_of(number):
    return f"{number + 1:064x}"


def assert_round_trip(job):
    for task in job.tasks:
        rows = job.stream(task)["rows"]
        x, y = gathered(job, task)
        assert x.numpy().tobytes() == task.x[rows].tobytes()
        assert y.numpy().tobytes() == task.y[rows].tobytes()


def assert_deterministic(job, options, number):
    """The same options and seed, on another number of threads."""
    again = dict(zip(options[::2], options[1::2], strict=True))
    again["--threads"] = 3 - again["--threads"]
    flat = [part for pair in again.items() for part in pair]
    run(*job.again(job.folder, "again"), "--seed", seed_of(number), *flat)
    assert_same_folder(job.path, job.folder / "again")


def assert_same_folder(one, two):
    same = filecmp.dircmp(one, two)
    assert not same.left_only and not same.right_only and not same.diff_files
    for name in same.subdirs:
        assert_same_folder(one / name, two / name)


def assert_no_trace(job):
    for path in (p for p in job.path.rglob("*") if p.is_file()):
        content = path.read_bytes()
        for word in (b"mine0", b"guest", b"strange", str(job.folder).encode()):
            assert word not in content, (path, word)


def assert_only_decoys_receive(job):
    links = job.plan()["links"]
    receivers = {to for _, to in links}
    assert all(a < b for a, b in links)
    assert not receivers & {job.subnetwork(task) for task in job.tasks}
    assert len(job.plan()["streams"]) - len(receivers) >= 2 or not links


def assert_nothing_trusted(job, trained):
    own = f"subnetworks.{job.subnetwork(job.tasks[0])}."
    names = load_file(trained)
    name = sorted(n for n in names if n.startswith(own) and n.endswith("weight"))[0]
    bad = edit_tensors(trained, lambda state: state.update({name: state[name] * float("nan")}), job.folder / "bad.safetensors")  # fmt: skip
    refused(*extract_call(job.key, bad, job.folder / "bad-out"), says=name)
    says = "never overwritten; choose another name, or move it away"
    refused(*job.again(job.folder, "job"), says=says)


@pytest.fixture(autouse=True)
def same_kernels():
    """In eval mode PyTorch replaces whole encoder layers by a fused kernel, which no export contains."""
    torch.backends.mha.set_fastpath_enabled(False)
    yield
    torch.backends.mha.set_fastpath_enabled(True)


def assert_same_function(job):
    batch = first_rows(job)
    network = load_network(job.path).eval()
    outputs = network(batch)
    for task in job.tasks:
        task.model.load_state_dict(job.start(task))
        task.model.eval()
        rows = job.stream(task)["rows"][: len(outputs[0])]
        x = torch.as_tensor(task.x[rows]).to(torch.float32)
        assert same_bits(outputs[job.subnetwork(task)], task.model(x))
        task.model.train()


def first_rows(job):
    return {name: tensor[:BATCH] for name, tensor in shards(job.path).items()}


def assert_laws(folder, number):
    job, options = draw_job(folder / "it", number)
    # Before Python imports the model and leaves its bytecode, paths and all, in the folder.
    assert_no_trace(job)
    assert_deterministic(job, options, number)
    assert_round_trip(job)
    with torch.no_grad():
        assert_same_function(job)
    for task in job.tasks:
        assert_start_of(job.start(task), task)
    assert_only_decoys_receive(job)
    trained = job.train()
    assert_same_training(job, trained)
    assert_nothing_trusted(job, trained)


@pytest.mark.parametrize("number", range(12))
def test_random_jobs(tmp_path, number):
    assert_laws(tmp_path, number)


@pytest.mark.full
@pytest.mark.parametrize("number", range(12, 100))
def test_many_random_jobs(tmp_path, number):
    assert_laws(tmp_path, number)
