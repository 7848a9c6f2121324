"""Guests of a model, of data, or of both, on any data that the tool reads."""

import itertools
import re
import sys
from pathlib import Path

import models
import numpy
import torch
from command_lines import obfuscate_call
from conftest import (
    DATA,
    Job,
    Task,
    images,
    load_network,
    make_task,
    mnist,
    needs,
    refused,
    run,
    shards,
)
from real_data import cifar_files
from warm_python import warm_python

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "data"))
from image_data import write_images

TRAIN = "[train]\nbatch_size = 16\n"


def wanted(folder, model="LeNet5", **options):
    folder.mkdir(parents=True, exist_ok=True)
    return make_task("mine", model, count=60, **options)


def forms(job):
    """Shapes of the parameters of each sub-network, the wanted one first."""
    modules = list(load_network(job.path).subnetworks)
    own = modules.pop(job.subnetwork(job.tasks[0]))
    return [[tuple(p.shape) for p in m.parameters()] for m in (own, *modules)]


def test_a_variant_on_data_of_another_size_and_class_number(tmp_path):
    task = wanted(tmp_path)
    x, y = images((3, 20, 24), 90, 4, 3)
    numpy.savez(tmp_path / "other.npz", x=x, y=y)
    options = ("--variants", "family", "--decoy", f"@{tmp_path}/other.npz")
    job = Job(tmp_path, [task], TRAIN, options=options)
    own, other = forms(job)
    assert own[-1] == (10,) and other[-1] == (4,)
    assert own[0] != other[0] and own[0][1] == other[0][1]
    assert "were brought from [3, 20, 24] to [1, 28, 28]" in job.output
    labels = shards(job.path)["y.int64"]
    decoy = job.plan()["streams"][1 - job.subnetwork(task)]
    assert set(labels[:, decoy["targets"]].ravel().tolist()) == set(range(4))
    assert job.extract(job.train())["mine"].keys() == task.initial.keys()


def test_a_variant_on_a_folder_of_images(tmp_path):
    task = wanted(tmp_path, "ResNet18")
    write_images(tmp_path / "d", size=(40, 50))
    job = Job(tmp_path, [task], TRAIN, options=("--decoy", f"@{tmp_path}/d"))
    own, other = forms(job)
    assert own[-1] == (10,) and other[-1] == (3,)
    columns = job.plan()["columns"]
    assert columns["x.uint8"] == 2 * 3 * 32 * 32


def test_a_model_on_generated_data(tmp_path):
    task = wanted(tmp_path)
    guest = Task("guest", models.ResNet18(width=4, classes=7), task.x, task.y)
    guest.x = numpy.zeros((2, 3, 32, 32), numpy.uint8)
    guest.write(tmp_path)
    job = Job(tmp_path, [task], TRAIN, options=("--decoy", f"{tmp_path}/guest.pt2@"))
    _, other = forms(job)
    assert other == [tuple(p.shape) for p in guest.model.parameters()]
    labels = shards(job.path)["y.int64"]
    decoy = job.plan()["streams"][1 - job.subnetwork(task)]
    assert labels[:, decoy["targets"]].max() < 7
    job.train()


def test_any_number_of_guests_and_tables(tmp_path):
    task = wanted(tmp_path)
    for name, seed in (("a", 1), ("b", 2)):
        x, y = images((1, 28, 28), 50, 10, seed)
        numpy.savez(tmp_path / f"{name}.npz", x=x, y=y)
    table = f'[[decoy]]\ndata = "{tmp_path}/a.npz"\n'
    options = ("--decoy", f"@{tmp_path}/b.npz", "--decoys", 2)
    same = forms(Job(tmp_path / "same", [task], TRAIN + table, options=options))
    assert len(same) == 5 and len({str(s) for s in same}) == 1
    options += ("--variants", "family")
    shapes = forms(Job(tmp_path / "family", [task], TRAIN + table, options=options))
    assert len(shapes) == len({str(s) for s in shapes}) == 5


def test_two_decoys_of_one_source_are_warned_of(tmp_path):
    task = wanted(tmp_path)
    x, y = images((1, 28, 28), 50, 10, 1)
    numpy.savez(tmp_path / "a.npz", x=x, y=y)
    decoy = ("--decoy", f"@{tmp_path}/a.npz")
    once = Job(tmp_path / "1", [task], TRAIN, options=decoy)
    twice = Job(tmp_path / "2", [task], TRAIN, options=decoy + decoy)
    assert "odd one out" not in once.output
    assert "2 tasks have their data from one source" in twice.output


def test_guests_that_cannot_be(tmp_path):
    task = wanted(tmp_path, "MLP")
    task.write(tmp_path)
    numpy.savez(
        tmp_path / "floats.npz",
        x=numpy.zeros((20, 5), numpy.float32),
        y=numpy.zeros(20, int),
    )
    (tmp_path / "r.toml").write_text(TRAIN)
    call = (*obfuscate_call(tmp_path, model="mine.pt2", data="mine.npz"), "--decoy")
    refused(*call, f"@{tmp_path}/floats.npz", says="[5]")
    refused(*call, f"@{tmp_path}/none.npz", says="none.npz")
    refused(*call, "@", status=2, says="neither")


def cifar_folder(folder, classes, count):
    """Some classes of real CIFAR-10, as class folders."""
    needs(DATA / "cifar10-images.tar.gz")

    def wanted(path):
        first = path.parts[0] == "train" and int(path.stem) < count
        return first and path.parent.name in classes

    files = itertools.islice(cifar_files(DATA, wanted), count * len(classes))
    for path, content in files:
        (folder / path.parent.name).mkdir(parents=True, exist_ok=True)
        (folder / path.parent.name / path.name).write_bytes(content)
    return folder


def test_mnist_with_a_guest_of_gray_cifar(tmp_path):
    cifar = cifar_folder(tmp_path / "cifar", ("cat", "dog", "ship"), 60)
    x, y = mnist(200)
    task = Task("digits", models.LeNet5(), x.reshape(-1, 1, 28, 28), y)
    guest = Task(
        "guest",
        models.LeNet5(size=32, classes=3),
        numpy.zeros((2, 1, 32, 32), numpy.uint8),
        y[:2],
    )
    guest.write(tmp_path)
    job = Job(
        tmp_path, [task], TRAIN, options=("--decoy", f"{tmp_path}/guest.pt2@{cifar}")
    )
    assert job.plan()["columns"]["x.uint8"] == 784 + 1024
    assert "10 of 10 tensors bit-identical" in job.verified("--steps", 6)


def test_half_of_cifar_with_the_other_half_as_guest(tmp_path):
    names = [
        "airplane",
        "bird",
        "cat",
        "deer",
        "dog",
        "automobile",
        "frog",
        "horse",
        "ship",
        "truck",
    ]
    own = cifar_folder(tmp_path / "own", names[:5], 40)
    other = cifar_folder(tmp_path / "other", names[5:], 40)
    model = models.ResNet18(width=4, classes=5)
    torch.manual_seed(0)
    Task("m", model, numpy.zeros((2, 3, 32, 32), numpy.uint8), numpy.arange(2)).write(
        tmp_path
    )
    (tmp_path / "r.toml").write_text(TRAIN)
    call = obfuscate_call(tmp_path, data=own)
    run(*call, "--decoy", f"@{other}")
    text = run("verify", *call[1:], "--steps", 4, "--python", warm_python()).stdout
    total = len(model.state_dict())
    assert f"{total} of {total} tensors bit-identical" in text


def test_the_summary_says_what_the_job_costs(tmp_path):
    task = wanted(tmp_path)
    output = Job(tmp_path, [task], TRAIN, options=("--decoys", 3)).output
    assert "tasks         1 wanted, 0 guests, 3 generated decoys" in output
    assert "sub-networks  4, each of which could be a wanted one" in output
    found = re.search(
        r"memory +about ([0-9.]+) ([kMG])B to train, beside ([0-9.]+) ([kMG])B", output
    )
    scale = {"k": 1e3, "M": 1e6, "G": 1e9}
    whole, alone = (float(found[i]) * scale[found[i + 1]] for i in (1, 3))
    own = 4 * sum(p.numel() for p in task.model.parameters())
    assert 2 * own < alone < whole < 8 * alone
