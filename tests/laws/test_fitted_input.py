"""[input] mean = "fit": each stream's own numbers, and still the same training (law 3)."""

import json

import amalgam
import models
import numpy
import pytest
import torch
from conftest import (
    Job,
    Task,
    assert_same_state,
    images,
    load_network,
    refused,
    run,
    shards,
    vectors,
)

FIT = 'mean = "fit"\nstd = "fit"\n'
TRAIN = "[train]\nbatch_size = 16\nlr = 0.05\n"
PLAIN = {"batch_size": 16, "arguments": {"lr": 0.05}}


def colour(name, seed, rows=60, **more):
    torch.manual_seed(seed)
    x, y = images((3, 32, 32), rows, 10, seed)
    x[:, 1] //= (
        1 + seed
    )  # so that no two streams, and no two channels, have the same numbers
    return Task(name, models.LeNet5(3, 32), x, y, {**PLAIN, "input": {"scale": 255.0, "mean": "fit", "std": "fit"}}, **more)  # fmt: skip


def table(name, seed, rows=50):
    x, y = vectors((12,), rows, 3, seed)
    x[:, 4] = 7.5  # a column of one value
    x[:, 5] *= 1e6
    torch.manual_seed(seed)
    return Task(name, models.MLP(12, 16, 3), x, y, {**PLAIN, "input": {"mean": "fit", "std": "fit"}})  # fmt: skip


def assert_same_training(job):
    extracted = job.extract(job.train())
    for task in job.tasks:
        assert_same_state(extracted[task.name], job.plain(task))


def numbers_of(job, scale, axes):
    """What NumPy finds in each stream as it stands in the job, beside what the job has."""
    samples, network = shards(job.path), load_network(job.path)
    described = json.loads((job.path / "job.json").read_text())["subnetworks"]
    for sub, entry in zip(network.subnetworks, described, strict=True):
        (x,) = [t for n, t in samples.items() if n.startswith("x.")]
        own = x[:, sub.positions].numpy().astype(numpy.float64) / scale
        own = own.reshape(len(own), *entry["fields"][0]["shape"])
        found = entry["recipe"]["input"]
        assert numpy.allclose(sub.mean.flatten(), found["mean"])
        yield own.mean(axes), own.std(axes), numpy.array(found["mean"]), numpy.array(found["std"])  # fmt: skip


def test_images_are_fitted_by_channel(tmp_path):
    task, guest = colour("mine", 1), colour("guest", 2)
    job = Job(tmp_path, [task], f"{TRAIN}[input]\nscale = 255.0\n{FIT}", [guest], options=("--decoys", 1))  # fmt: skip
    seen = []
    for mean, std, found_mean, found_std in numbers_of(job, 255.0, (0, 2, 3)):
        assert numpy.allclose(mean, found_mean, 1e-6) and numpy.allclose(std, found_std, 1e-6)  # fmt: skip
        seen.append(tuple(found_mean))
    assert len(set(seen)) == 3
    assert "settings of [input]" not in job.output
    assert "'mine' is trained with mean = [0." in job.output
    assert_same_training(job)
    assert "bit-identical" in job.verified("--steps", 2)


def test_columns_are_fitted_and_constant_ones_stay(tmp_path):
    job = Job(tmp_path, [table("mine", 1)], f"{TRAIN}[input]\n{FIT}", [table("guest", 2)])  # fmt: skip
    for mean, std, found_mean, found_std in numbers_of(job, 1, 0):
        std[4] = 1
        assert numpy.allclose(mean, found_mean, 1e-6) and numpy.allclose(std, found_std, 1e-6)  # fmt: skip
    assert_same_training(job)


def test_repeats_and_several_tasks_with_validation(tmp_path):
    """The rows as they stand: a shorter stream's repeats count as often as they are there."""
    x, y = images((3, 32, 32), 20, 10, 9)
    tasks = [colour("one", 1, 40, validation=(x, y)), colour("two", 2, 30)]
    job = Job(tmp_path, tasks, f"{TRAIN}[input]\nscale = 255.0\n{FIT}")
    for mean, _, found, _ in numbers_of(job, 255.0, (0, 2, 3)):
        assert numpy.allclose(mean, found, 1e-6)
    assert_same_training(job)


def test_one_number_of_the_two_and_a_task_of_its_own(tmp_path):
    tasks = [colour("one", 1), colour("two", 2)]
    tasks[1].table = "[here.input]\nmean = [0.5]\n"
    tasks[0].recipe["input"] = {"scale": 255.0, "mean": "fit", "std": [0.25]}
    tasks[1].recipe["input"] = {"scale": 255.0, "mean": [0.5], "std": [0.25]}
    job = Job(tmp_path, tasks, f'{TRAIN}[input]\nscale = 255.0\nmean = "fit"\nstd = [0.25]\n')  # fmt: skip
    assert_same_training(job)


def test_the_same_for_any_number_of_threads(tmp_path):
    job = Job(tmp_path, [table("mine", 1)], f"{TRAIN}[input]\n{FIT}")
    for threads in (1, 3):
        call = job.again(tmp_path, f"j{threads}", f"k{threads}")
        run(*call, "--threads", threads, "--seed", "5eed" * 16)
        for name in ("model.py", "job.json"):
            assert (tmp_path / f"j{threads}" / name).read_bytes() == (job.path / name).read_bytes()  # fmt: skip


@pytest.mark.parametrize("word", ["fitted", "0.5"])
def test_other_words_are_refused(tmp_path, word):
    task = table("mine", 1)
    task.write(tmp_path)
    (tmp_path / "r.toml").write_text(f'{TRAIN}[input]\nmean = "{word}"\n')
    call = ("--model", tmp_path / "mine.pt2", "--data", tmp_path / "mine.npz", "--recipe", tmp_path / "r.toml")  # fmt: skip
    refused("obfuscate", *call, "--job", tmp_path / "j", "--key", tmp_path / "k", says='or "fit"')  # fmt: skip


def test_in_python(tmp_path):
    torch.manual_seed(1)
    x, y = vectors((12,), 40, 3, 1)
    recipe = amalgam.Recipe(lr=0.05, batch_size=16, input={"mean": "fit", "std": "fit"})
    model = models.MLP(12, 16, 3)
    job = amalgam.obfuscate(model, torch.zeros(4, 12), (x, y), recipe=recipe, job=tmp_path / "job", key=tmp_path / "key", progress=False)  # fmt: skip
    own = [e["recipe"]["input"]["mean"] for e in json.loads((job.path / "job.json").read_text())["subnetworks"]]  # fmt: skip
    assert sum(numpy.allclose(one, x.mean(0), 1e-5) for one in own) == 1
