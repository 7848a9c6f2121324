"""What lies beside classes and images never shifts a class number in silence: it is refused with the cure, or counted."""

import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile

import numpy
import pytest
from conftest import AMALGAM, refused, run
from damage import cut, damaged
from image_data import archived, pillow_pixels, write_images
from PIL import Image
from test_images import Reading, png, tar_of

CLASSES = ("cat", "dog", "emu")


def made(folder):
    write_images(folder, CLASSES, count=3)
    return folder


def hidden_beside(d):
    (d / ".ipynb_checkpoints").mkdir()
    shutil.copy(d / "cat" / "000.png", d / ".ipynb_checkpoints" / "000.png")


def hidden_inside(d):
    (d / "dog" / ".ipynb_checkpoints").mkdir()
    shutil.copy(d / "dog" / "000.png", d / "dog" / ".ipynb_checkpoints" / "000.png")


def left_by_systems(d):
    (d / "__MACOSX" / "cat").mkdir(parents=True)
    (d / "__MACOSX" / "cat" / "._000.png").write_bytes(b"x")
    for name in (".DS_Store", "Thumbs.db", "dog/Desktop.ini", "cat/.DS_Store"):
        (d / name).write_bytes(b"x")


def other_files(d):
    (d / "cat" / "notes.txt").write_text("x")
    Image.open(d / "cat" / "000.png").save(d / "cat" / "9.gif")
    (d / "labels.csv").write_text("x")


SAME = {  # what changes no class number: what is noted
    "nothing": (lambda d: None, ""),
    "hidden beside the classes": (hidden_beside, "1 image in hidden folders"),
    "hidden in a class": (hidden_inside, "1 image in hidden folders"),
    "what systems leave": (left_by_systems, ""),
    "other files": (other_files, "2 files in class folders"),
    "a hidden folder above": (lambda d: None, ""),
}


@pytest.mark.parametrize("kind", SAME)
@pytest.mark.parametrize("archive", ["", "d.tar", "d.zip"])
def test_what_shifts_no_class(tmp_path, kind, archive):
    change, note = SAME[kind]
    data = made(tmp_path / (".cache" if "above" in kind else "data") / "d")
    change(data)
    if archive:
        data = archived(data, tmp_path / archive)
    reading = Reading(tmp_path / "a", data).run()
    assert reading.samples()[1].tolist() == [0] * 3 + [1] * 3 + [2] * 3
    classes = "3 classes: 0 'cat' (3 rows), 1 'dog' (3 rows), 2 'emu' (3 rows)."
    assert classes in reading.output
    assert note in reading.output and ("left out" in reading.output) == bool(note)
    shown = run("inspect", data).stdout
    assert classes.split(": ")[1][:-1] in shown


def sub_folder(d):
    (d / "dog" / "puppy").mkdir()
    shutil.move(d / "dog" / "000.png", d / "dog" / "puppy" / "000.png")


def split(first, second):
    def change(d):
        for name in (first, second):
            shutil.copytree(d, d.parent / "n" / name)
        shutil.rmtree(d)
        shutil.move(d.parent / "n", d)

    return change


def test_parts_of_the_same_classes_are_one_dataset(tmp_path):
    data = made(tmp_path / "d")
    split("train", "val")(data)
    reading = Reading(tmp_path / "a", data).run()
    assert sorted(reading.samples()[1].tolist()) == [0] * 6 + [1] * 6 + [2] * 6
    assert "9 of 'train', 9 of 'val'" in reading.output


def uneven(first, second):
    def change(d):
        split(first, second)(d)
        shutil.rmtree(d / second / "cat")

    return change


def inner_folder(d):
    for name in ("cat", "dog"):
        (d / name / "images").mkdir()
        for path in list((d / name).glob("*.png")):
            shutil.move(path, d / name / "images")


def deeper(d):
    (d / "dog" / "puppies").mkdir()
    for path in list((d / "dog").glob("*.png")):
        shutil.move(path, d / "dog" / "puppies")


def of_another_kind(ending):
    def change(d):
        for path in list((d / "cat").glob("*.png")):
            Image.open(path).save(path.with_suffix(ending))
            path.unlink()

    return change


SHIFTED = {
    "classes inside classes": (sub_folder, "'dog' and in 'dog/puppy' inside it"),
    "train beside val with other classes": (uneven("train", "val"), "--data train --validation val"),
    "images of each class in a folder of one name": (inner_folder, "do not lie beside each other"),
    "classes at two depths": (deeper, "do not lie beside each other"),
    "a class of .tif": (of_another_kind(".tif"), "'cat' lies beside classes and holds 3 files"),
    "a class of .gif": (of_another_kind(".gif"), "as cat/000.gif: convert them"),
    "a class of .ppm": (of_another_kind(".ppm"), "none of a kind that is read"),
    "an empty class": (lambda d: (d / "ant").mkdir(), "'ant' lies beside classes and holds no images"),
}  # fmt: skip


@pytest.mark.parametrize("kind", SHIFTED)
@pytest.mark.parametrize("archive", ["", "d.tar", "d.zip"])
def test_what_would_shift_classes_is_refused(tmp_path, kind, archive):
    change, says = SHIFTED[kind]
    data = made(tmp_path / "d")
    change(data)
    if archive == "d.tar":
        with tarfile.open(tmp_path / archive, "w") as tar:
            tar.add(data, ".")
        data = tmp_path / archive
    elif archive:
        data = shutil.make_archive(str(tmp_path / "d"), "zip", data)
    reading = Reading(tmp_path / "a", data)
    assert len(refused(*reading.command, says=says)) == 1


def test_a_class_of_damaged_images_keeps_its_number(tmp_path):
    data = made(tmp_path / "d")
    for path in (data / "cat").glob("*.png"):
        damaged(path, cut(20))
    reading = Reading(tmp_path / "a", data, options=["--skip-damaged"]).run()
    assert reading.samples()[1].tolist() == [1] * 3 + [2] * 3
    assert "0 'cat' (0 rows)" in reading.output


def test_many_classes_are_counted_not_listed(tmp_path):
    write_images(tmp_path / "d", [f"c{i:02}" for i in range(30)], count=1)
    shown = run("inspect", tmp_path / "d").stdout
    assert "19 'c19' (1 row), and 10 more" in shown


def entries(*names):
    return [(name, png()) for name in names]


def link(kind, target):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name in ("a/0.png", "b/0.png"):
            info = tarfile.TarInfo(name)
            info.size = len(png())
            tar.addfile(info, io.BytesIO(png()))
        info = tarfile.TarInfo("b/1.png")
        info.type, info.linkname = kind, target
        tar.addfile(info)
    return raw.getvalue()


def sparse():
    """A file of 5 GiB that is a hole, in a few bytes, as GNU tar stores it."""
    info = tarfile.TarInfo("a/0.png")
    info.type, info.size = tarfile.GNUTYPE_SPARSE, 0
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    block[483:495] = b"%011o\0" % (5 << 30)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block[:512])
    return bytes(block) + bytes(1024)


ARCHIVES = {
    "out of it": (tar_of(entries("a/0.png", "../b/0.png")), "leads out of the archive"),
    "out of the middle": (tar_of(entries("a/0.png", "a/../../b/0.png")), "leads out of the archive"),
    "a hard link": (link(tarfile.LNKTYPE, "a/0.png"), "is a link or a device"),
    "a symbolic link": (link(tarfile.SYMTYPE, "/etc/passwd"), "--dereference"),
    "a device": (link(tarfile.CHRTYPE, ""), "is a link or a device"),
    "a pipe": (link(tarfile.FIFOTYPE, ""), "is a link or a device"),
    "deep": (tar_of(entries("a/" * 50 + "0.png")), "lies too deep"),
    "a hole": (sparse(), ""),
}  # fmt: skip


@pytest.mark.parametrize("kind", ARCHIVES)
def test_archives_that_reach_out_are_refused(tmp_path, kind):
    content, says = ARCHIVES[kind]
    (tmp_path / "d.tar").write_bytes(content)
    refused(*Reading(tmp_path / "a", tmp_path / "d.tar").command, says=says)


def test_concatenated_archives_are_read_whole(tmp_path):
    first, second = (tar_of(entries(f"{c}/0.png", f"{c}/1.png")) for c in "ab")
    (tmp_path / "d.tar.gz").write_bytes(first + second)
    assert "[4, 3, 16, 16]" in run("inspect", tmp_path / "d.tar.gz").stdout


def test_a_name_that_an_archive_has_twice_is_refused(tmp_path):
    """Unpacking would leave one of the two; a row more would be silent."""
    (tmp_path / "d.tar").write_bytes(tar_of([("a/0.png", png()), ("b/0.png", png()), ("a/0.png", png())]))  # fmt: skip
    refused(*Reading(tmp_path / "a", tmp_path / "d.tar").command, says="has 'a/0.png' twice")  # fmt: skip


def test_other_programs_are_never_started(tmp_path):
    """libarchive would start lrzip, grzip and others for files that begin as theirs."""
    (tmp_path / "bin").mkdir()
    for name in ("lrzip", "grzip", "lzop", "uudecode", "zstd", "xz", "bzip2", "lz4"):
        path = tmp_path / "bin" / name
        path.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
        path.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    for magic in (
        b"LRZI",
        b"GRZipII\0\2\4:)",
        b"\x89LZO\0\r\n\x1a\n",
        b"begin 644 a\n",
    ):
        (tmp_path / "d.tar").write_bytes(magic + bytes(4096))
        result = run("inspect", tmp_path / "d.tar", check=False, env=environment)
        assert result.returncode == 1, result.stdout
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize("kind", ["gnu", "pax", "zip"])
def test_names_in_any_encoding_keep_their_classes(tmp_path, encoding, kind):
    if kind == "zip":
        with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
            for name in ("café" if encoding == "utf-8" else "cafXX", "zoo"):
                archive.writestr(f"{name}/0.png", png())
        data = tmp_path / "d.zip"
        data.write_bytes(data.read_bytes().replace(b"cafXX", b"caf\xe9\xe9"))
    else:
        form = tarfile.GNU_FORMAT if kind == "gnu" else tarfile.PAX_FORMAT
        data = tmp_path / "d.tar"
        with tarfile.open(data, "w", format=form, encoding=encoding) as archive:
            for name in ("café", "zoo"):
                info = tarfile.TarInfo(f"{name}/0.png")
                info.size = len(png())
                archive.addfile(info, io.BytesIO(png()))
    reading = Reading(tmp_path / "a", data).run()
    assert reading.samples()[1].tolist() == [0, 1]
    run("inspect", data, "--json", "-")


def test_one_name_in_two_forms_of_unicode(tmp_path):
    write_images(tmp_path / "d", ("caf\u00e9", "zoo"), count=1)
    write_images(tmp_path / "v", ("cafe\u0301", "zoo"), count=1)
    call = Reading(tmp_path / "a", tmp_path / "d").command
    refused(*call, "--validation", tmp_path / "v", says="NFC and NFD")
    write_images(tmp_path / "d", ("cafe\u0301",), count=1)
    for command in (call, ("inspect", tmp_path / "d")):
        refused(*command, says="has the classes 'cafe\\u0301' and 'caf\\u00e9', which look the same")  # fmt: skip


@pytest.mark.parametrize("command", ["obfuscate", "inspect"])
def test_a_damaged_image_is_answered_with_what_a_command_can_do(tmp_path, command):
    data = made(tmp_path / "d")
    damaged(data / "dog" / "001.png", cut(20))
    call = Reading(tmp_path / "a", data).command if command == "obfuscate" else (command, data)  # fmt: skip
    (line,) = refused(*call, says="dog/001.png: ")
    assert line.endswith("mend or remove it; obfuscate leaves such images out with --skip-damaged")  # fmt: skip


def saved_as(image, ending, **options):
    raw = io.BytesIO()
    image.save(raw, ending, **options)
    return raw.getvalue()


NOISE = Image.fromarray(
    numpy.random.default_rng(0).integers(0, 256, (16, 16, 3), numpy.uint8)
)
READ = {  # as Pillow's convert("RGB") has them
    "gray": saved_as(NOISE.convert("L"), "PNG"),
    "alpha": saved_as(Image.merge("RGBA", [*NOISE.split(), NOISE.getchannel(0)]), "PNG"),
    "gray with alpha": saved_as(NOISE.convert("LA"), "PNG"),
    "palette": saved_as(NOISE.convert("P"), "PNG"),
    "transparent palette": saved_as(NOISE.convert("P"), "PNG", transparency=3),
    "one bit": saved_as(NOISE.convert("1"), "PNG"),
    "gray JPEG": saved_as(NOISE.convert("L"), "JPEG"),
    "EXIF": saved_as(NOISE, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"),
    "WebP with alpha": saved_as(Image.merge("RGBA", [*NOISE.split(), NOISE.getchannel(0).point(lambda v: v | 1)]), "WEBP", lossless=True),
    "PNG named otherwise": saved_as(NOISE, "PNG"),
}  # fmt: skip


@pytest.mark.parametrize("kind", READ)
def test_kinds_of_images_are_read_as_pillow_does(tmp_path, kind):
    path = tmp_path / "d" / "a" / "0.jpg"
    path.parent.mkdir(parents=True)
    path.write_bytes(READ[kind])
    (tmp_path / "d" / "a" / "1.png").write_bytes(png())
    x, _ = Reading(tmp_path / "a", tmp_path / "d").run().samples()
    numpy.testing.assert_array_equal(x, pillow_pixels([path, path.with_name("1.png")]))


DEEP = Image.fromarray(numpy.arange(256, dtype=numpy.uint16).reshape(16, 16) * 200)
FRAMES = [NOISE.rotate(90 * i) for i in range(3)]
TOLD = {
    "16 bits": (saved_as(DEEP, "PNG"), "16 bits a channel"),
    "animated WebP": (saved_as(NOISE, "WEBP", save_all=True, append_images=FRAMES), "animated WebP"),
    "animated PNG": (saved_as(NOISE, "PNG", save_all=True, append_images=FRAMES), "animated PNG"),
    "TIFF": (saved_as(NOISE, "TIFF"), "begins as TIFF"),
    "GIF": (saved_as(NOISE, "GIF"), "begins as GIF"),
    "PPM": (saved_as(NOISE, "PPM"), "portable pixmap"),
    "JPEG 2000": (saved_as(NOISE, "JPEG2000"), "begins as JPEG 2000"),
    "OpenEXR": (b"v/1\x01\x02\0\0\0" + bytes(200), "begins as OpenEXR"),
    "Radiance": (b"#?RADIANCE\n" + bytes(200), "begins as Radiance"),
    "AVIF": (b"\0\0\0\x1cftypavif" + bytes(200), "begins as AVIF"),
    "HTML": (b"<!DOCTYPE html><html>not found</html>" + bytes(99), "begins as HTML"),
}  # fmt: skip


@pytest.mark.parametrize("kind", TOLD)
def test_other_images_are_refused_in_one_line(tmp_path, kind):
    content, says = TOLD[kind]
    (tmp_path / "d" / "a").mkdir(parents=True)
    (tmp_path / "d" / "a" / "0.png").write_bytes(content)
    (line,) = refused(*Reading(tmp_path / "a", tmp_path / "d").command, says=says)
    assert "a/0.png" in line


def test_images_of_another_size_are_refused_before_they_are_decoded(tmp_path):
    """64 images of 48 million pixels each, in a few kilobytes: nothing is decoded, and with a size one at a time."""
    side = 7000
    raw = saved_as(Image.new("1", (side, side)), "PNG")
    (tmp_path / "d.tar.gz").write_bytes(tar_of([(f"{c}/{i}.png", raw) for c in "ab" for i in range(32)]))  # fmt: skip
    reading = Reading(tmp_path / "a", tmp_path / "d.tar.gz")
    # From a small process: one that forks counts as the child until that is another program.
    script = "import resource, subprocess, sys; found = subprocess.run(sys.argv[1:], capture_output=True, text=True); print(found.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, found.stderr)"  # fmt: skip
    call = [sys.executable, "-c", script, AMALGAM, *map(str, reading.command)]
    found = subprocess.run(call, capture_output=True, text=True, check=True).stdout
    status, kilobytes, said = found.split(" ", 2)
    assert status == "1" and "the model takes 16 x 16; give [input] size" in said
    assert int(kilobytes) <= 500_000
