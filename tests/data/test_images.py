"""Class folders of images, in folders and archives, against Pillow; CIFAR's binary files."""

import io
import tarfile

import models
import numpy
import pytest
import torch
from command_lines import obfuscate_call
from conftest import DATA, SEED, needs, plan_of, refused, run, shards
from damage import damaged
from export_model import export
from image_data import archived, pillow_pixels, write_images
from PIL import Image
from warm_python import warm_python

FORMATS = {
    "png": {},
    "bmp": {},
    "jpg": {"quality": 90},
    "jpeg": {"quality": 60, "progressive": True},
    "webp": {"lossless": True},
}


class Reading:
    """An obfuscated job of one task without decoys, and the samples that the job holds of it."""

    def __init__(self, folder, data, shape=(3, 16, 16), recipe="", options=()):
        folder.mkdir(parents=True, exist_ok=True)
        model = folder / "m.pt2"
        torch.manual_seed(0)
        export(models.MLP(int(numpy.prod(shape))), shape, model)
        (folder / "r.toml").write_text(recipe)
        self.job, self.key = folder / "job", folder / "key"
        self.paths = obfuscate_call(folder, data=data)
        self.command = [*self.paths, "--decoys", 0, "--seed", SEED, *options]
        self.shape = shape

    def run(self):
        self.output = run(*self.command).stdout
        return self

    def samples(self):
        """x [N, C, H, W] and y [N], in the dataset's order."""
        stream = plan_of(self.key)["streams"][0]
        shard = shards(self.job)
        x, y = shard["x.uint8"].numpy(), shard["y.int64"].numpy()
        back = numpy.argsort(stream["rows"])
        x = x[:, stream["positions"][0]][back].reshape(-1, *self.shape)
        return x, y[:, stream["targets"]][back].ravel()


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_pixels_are_those_of_pillow(tmp_path, ending, mode):
    paths = write_images(tmp_path / "d", ending=ending, **FORMATS[ending])
    if mode == "L":
        for path in paths:
            Image.open(path).convert("L").save(path, **FORMATS[ending])
    shape = (3 if mode == "RGB" else 1, 16, 16)
    x, y = Reading(tmp_path / "a", tmp_path / "d", shape).run().samples()
    numpy.testing.assert_array_equal(x, pillow_pixels(paths, mode))
    assert y.tolist() == [0] * 6 + [1] * 6 + [2] * 6


@pytest.mark.parametrize("name", ["d.tar", "d.Tar.GZ", "d.tar.gz", "d.zip"])
def test_a_folder_and_its_archive_give_the_same_job(tmp_path, name):
    write_images(tmp_path / "d", ending="jpg")
    (tmp_path / "d" / "notes.txt").write_text("no image")
    (tmp_path / "d" / "ant" / "._000.jpg").write_text("what some systems leave")
    folder = Reading(tmp_path / "a", tmp_path / "d").run()
    other = Reading(tmp_path / "b", archived(tmp_path / "d", tmp_path / name)).run()
    for path in sorted(p for p in folder.job.rglob("*") if p.is_file()):
        same = other.job / path.relative_to(folder.job)
        assert path.read_bytes() == same.read_bytes(), path.name


def test_more_images_than_one_batch_come_in_order(tmp_path):
    paths = write_images(tmp_path / "d", classes=("a", "b"), count=150)
    x, _ = Reading(tmp_path / "a", tmp_path / "d").run().samples()
    numpy.testing.assert_array_equal(x, pillow_pixels(paths))


def test_images_are_scaled_to_cover_and_cut_in_the_middle(tmp_path):
    (tmp_path / "d" / "c").mkdir(parents=True)
    wide = numpy.zeros((8, 24, 3), numpy.uint8)
    wide[:, 8:16] = 255  # the middle third
    Image.fromarray(wide).save(tmp_path / "d" / "c" / "wide.png")
    Image.fromarray(wide.transpose(1, 0, 2)).save(tmp_path / "d" / "c" / "tall.png")
    reading = Reading(
        tmp_path / "a", tmp_path / "d", recipe="[input]\nsize = [16, 16]\n"
    )
    x, _ = reading.run().samples()
    # Only what interpolates with the black thirds is not white.
    assert (x[:, :, 1:-1, 1:-1] == 255).all()


def test_images_of_several_sizes_need_a_size(tmp_path):
    write_images(tmp_path / "d", classes=("a",))
    write_images(tmp_path / "d", classes=("b",), size=(16, 20))
    refused(*Reading(tmp_path / "a", tmp_path / "d").command, says="give [input] size")
    refused(
        *Reading(
            tmp_path / "b", tmp_path / "d", recipe="[input]\nsize = [16]\n"
        ).command,
        says="for [height, width]",
    )


@pytest.mark.parametrize("ending", FORMATS)
def test_a_damaged_image_is_named_or_left_out(tmp_path, ending):
    paths = write_images(
        tmp_path / "d", size=(64, 64), ending=ending, **FORMATS[ending]
    )
    damaged(paths[3], lambda whole: whole[: len(whole) // 2])
    shape = (3, 64, 64)
    lines = refused(
        *Reading(tmp_path / "a", tmp_path / "d", shape).command, says="--skip-damaged"
    )
    assert f"ant/003.{ending}" in lines[0]
    left = Reading(
        tmp_path / "b", tmp_path / "d", shape, options=["--skip-damaged"]
    ).run()
    x, _ = left.samples()
    numpy.testing.assert_array_equal(x, pillow_pixels(paths[:3] + paths[4:]))
    assert f"1 damaged image of {tmp_path}/d was left out" in left.output
    proof = ["--steps", "1", "--python", warm_python()]
    assert "bit-identical" in run("verify", *left.paths[1:], *proof).stdout


def test_validation_keeps_the_training_classes(tmp_path):
    write_images(tmp_path / "d")
    write_images(tmp_path / "v", classes=("bee", "cow"), count=2)
    reading = Reading(
        tmp_path / "a", tmp_path / "d", options=["--validation", tmp_path / "v"]
    )
    reading.run()
    stream = plan_of(reading.key)["streams"][0]
    held_out = shards(reading.job, "valid")["y.int64"][:, stream["targets"]]
    assert sorted(held_out.ravel().tolist()) == [1, 1, 2, 2]
    write_images(tmp_path / "v", classes=("dog",), count=1)
    reading = Reading(
        tmp_path / "b", tmp_path / "d", options=["--validation", tmp_path / "v"]
    )
    refused(*reading.command, says="the class 'dog', which the training data lacks")


def test_no_class_name_is_in_the_job(tmp_path):
    write_images(tmp_path / "d", classes=("verysecretant", "verysecretbee"))
    job = Reading(tmp_path / "a", tmp_path / "d").run().job
    for path in (p for p in job.rglob("*") if p.is_file()):
        assert b"verysecret" not in path.read_bytes()


def tar_of(entries):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as archive:
        for name, content in entries:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return raw.getvalue()


def png(width=16, height=16):
    raw = io.BytesIO()
    Image.new("RGB", (width, height)).save(raw, "PNG")
    return raw.getvalue()


def huge_png():
    """A header that promises more pixels than memory has."""
    return png()[:16] + (2**31 - 1).to_bytes(4, "big") * 2 + png()[24:]


HOSTILE = {
    "cut.tar.gz": (tar_of([(f"a/{i}.png", png() + numpy.random.default_rng(i).bytes(999)) for i in range(99)])[:-3000], "damaged archive"),
    "noclass.tar.gz": (tar_of([("0.png", png())]), "lies in no class folder"),
    "empty.tar.gz": (tar_of([("a/readme.txt", b"x")]), "has no images"),
    "bomb.tar.gz": (tar_of([("a/0.png", huge_png())]), "pixels"),
    "text.tar.gz": (tar_of([("a/0.png", b"no image at all")]), "damaged image"),
    "nothing.tar.gz": (tar_of([("a/0.jpg", b"")]), "damaged image"),
    "no.bin": (b"\0" * 3000, "no CIFAR-10 or CIFAR-100"),
    "labels.bin": (b"\xff" * 3073, "no CIFAR-10 or CIFAR-100"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archives_are_refused(tmp_path, name):
    content, says = HOSTILE[name]
    (tmp_path / name).write_bytes(content)
    reading = Reading(tmp_path / "a", tmp_path / name)
    refused(*reading.command, says=says)


@pytest.mark.parametrize("labels", [1, 2])
def test_cifar_binary_files(tmp_path, labels):
    random = numpy.random.default_rng(labels)
    records = random.integers(0, 256, (30, labels + 3072), numpy.uint8)
    records[:, labels - 1] = random.integers(0, 10, 30)
    records[:, 0] %= 10 if labels == 1 else 20
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "data_batch_1.bin").write_bytes(records[:10].tobytes())
    (tmp_path / "d" / "data_batch_2.bin").write_bytes(records[10:].tobytes())
    x, y = Reading(tmp_path / "a", tmp_path / "d", (3, 32, 32)).run().samples()
    numpy.testing.assert_array_equal(x, records[:, labels:].reshape(-1, 3, 32, 32))
    assert y.tolist() == records[:, labels - 1].tolist()


def test_cifar_as_60000_files():
    path = DATA / "cifar10-images.tar.gz"
    needs(path)
    lines = run("inspect", path).stdout
    assert "[60000, 3, 32, 32]" in lines
    assert (
        "airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck" in lines
    )
