"""Datasets and recipes that do not fit: one clear line, exit status 1, nothing written."""

import gzip
import struct

import numpy
import pytest
from command_lines import obfuscate_call
from conftest import refused

X = numpy.zeros((40, 784), numpy.uint8)
Y = numpy.arange(40) % 10


def npz(**arrays):
    def write(folder):
        numpy.savez(folder / "d.npz", **arrays)
        return folder / "d.npz"

    return write


def pair(x, y):
    def write(folder):
        for name, data in (("x", x), ("y", y)):
            if isinstance(data, bytes):
                (folder / f"{name}.npy").write_bytes(data)
            else:
                numpy.save(folder / f"{name}.npy", data)
        return f"{folder}/x.npy,{folder}/y.npy"

    return write


def raw(data, name="d.dat"):
    def write(folder):
        (folder / name).write_bytes(data)
        return folder / name

    return write


def idx(data, dims):
    return bytes([0, 0, 8, len(dims)]) + struct.pack(f">{len(dims)}I", *dims) + data


def idx_pair(images, labels):
    def write(folder):
        (folder / "i").write_bytes(images)
        (folder / "l").write_bytes(labels)
        return f"{folder}/i,{folder}/l"

    return write


GZIPPED = gzip.compress(idx(numpy.random.default_rng(0).bytes(31360), [40, 784]))


def empty_folder(folder):
    (folder / "none").mkdir()
    return folder / "none"


LABELS = idx(bytes(40), [40])
TABLE = {
    "not there": (lambda f: f / "none.npz", "cannot be opened"),
    "a folder": (empty_folder, "folder"),
    "empty": (raw(b""), "is empty"),
    "text": (raw(b"a,b\n1,2\n", "d.csv"), "the model takes real numbers"),
    "no x": (npz(y=Y), "no features"),
    "no y": (npz(x=X), "no targets"),
    "other numbers of rows": (npz(x=X, y=Y[:39]), "39"),
    "no rows": (npz(x=X[:0], y=Y[:0]), "no rows"),
    "a sample of another size": (
        npz(x=X[:, :700], y=Y),
        "but the model's input is [1, 28, 28]",
    ),
    "float64 features": (npz(x=X.astype(float), y=Y), "float32"),
    "complex features": (npz(x=X.astype(complex), y=Y), "float32"),
    "a class too high": (npz(x=X, y=Y + 1), "class 10 is not one of the model's 10"),
    "a negative class": (npz(x=X, y=Y - 1), "class -1"),
    "real targets for classes": (npz(x=X, y=Y.astype(numpy.float32)), "class numbers"),
    "pairs of labels": (npz(x=X, y=numpy.stack([Y, Y], 1)), "cannot compare"),
    "objects": (pair(numpy.array([{}] * 40, dtype=object), Y), "dtype '|O'"),
    "big-endian halves": (pair(X.astype(">f2"), Y), "x.astype('float32')"),
    "HDF5": (raw(b"\x89HDF\r\n\x1a\n" + bytes(99)), "read it with h5py"),
    "a pickle": (raw(b"\x80\x04" + bytes(99)), "never read"),
    "Parquet": (raw(b"PAR1" + bytes(99)), "the Python package"),
    "xz": (raw(b"\xfd7zXZ\0" + bytes(99)), "unpack it (xz -d)"),
    "lrzip": (raw(b"LRZI" + bytes(99)), "no kind"),
    "an npy cut short": (
        pair(b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order'", Y),
        "cut short",
    ),
    "an IDX cut short": (idx_pair(idx(bytes(39), [40, 784]), LABELS), "needs 31360"),
    "an IDX that lies": (
        idx_pair(idx(bytes(40), [2**31, 2**31, 2**31]), LABELS),
        "does not fit",
    ),
    "gzip cut short": (idx_pair(GZIPPED[:-20], LABELS), "cut short"),
    "gzip damaged": (
        idx_pair(GZIPPED[:30] + b"\xff" * 40 + GZIPPED[70:], LABELS),
        "damaged",
    ),
    "a zip of other things": (raw(b"PK\x03\x04" + bytes(40)), "zip"),
    "one file of a pair": (pair(X, Y[:0]), "no rows"),
}


def call(copy, **changed):
    return obfuscate_call(copy, **{"model": "one.pt2", "data": "one.npz", **changed})


@pytest.mark.parametrize("kind", TABLE)
def test_datasets_that_do_not_fit(copy, kind):
    write, says = TABLE[kind]
    data = write(copy)
    refused(*call(copy, data=data), says=says)


def test_validation_data_must_be_alike(copy):
    numpy.savez(copy / "v.npz", x=X.astype(numpy.float32), y=Y)
    refused(*call(copy), "--validation", copy / "v.npz", says="in the training data")
    numpy.savez(copy / "u.npz", x=X.reshape(-1, 1, 28, 28), y=Y + 5)
    refused(*call(copy), "--validation", copy / "u.npz", says="class 10")


RECIPES = {
    "unknown key": ("[train]\nmomentun = 1", "did you mean"),
    "no TOML": ("[train", "not valid TOML"),
    "mean of three numbers": ("[input]\nmean = [1, 2, 3]", "one for each channel"),
    "an unknown output": ('[train]\noutput = "features"', "no output 'features'"),
}


@pytest.mark.parametrize("kind", RECIPES)
def test_recipes_that_do_not_fit(copy, kind):
    text, says = RECIPES[kind]
    (copy / "bad.toml").write_text(text)
    refused(*call(copy, recipe="bad.toml"), says=says)


USAGE = {
    "no command": ([], ""),
    "an unknown command": (["obfuscat"], ""),
    "an unknown option": (["inspect", "--colour"], ""),
    "a missing option": (["extract", "--key", "k"], "--trained"),
    "a full audit and a quick one": (
        ["audit", "--key", "k", "--job", "j", "--full", "--quick"],
        "excludes",
    ),
    "an audit without enough games": (
        ["audit", "--key", "k", "--job", "j", "--games", "1"],
        "--games: must be at least 8",
    ),
    "part": (
        ["obfuscate", *["--recipe", "r", "--job", "j", "--key", "k"], "--part", "1/2"],
        "--part: does not exist yet",
    ),
    "disguise": (
        [
            "obfuscate",
            *["--recipe", "r", "--job", "j", "--key", "k", "--disguise", "letters"],
        ],
        "--disguise",
    ),
    "a seed that is none": (
        ["obfuscate", "FILES", "--seed", "12"],
        "64 hexadecimal digits",
    ),
    "unknown noise": (["obfuscate", "FILES", "--noise", "patches"], "resample"),
    "a guest of nothing": (["obfuscate", "FILES", "--decoy", "@"], "neither"),
    "a guest without an at": (
        ["obfuscate", "FILES", "--decoy", "one.pt2"],
        "MODEL.pt2@DATA",
    ),
}


@pytest.mark.parametrize("kind", USAGE)
def test_wrong_usage(copy, kind):
    arguments, says = USAGE[kind]
    if arguments[1:2] == ["FILES"]:
        arguments = [*call(copy), *arguments[2:]]
    refused(*arguments, status=2, says=says)


def test_tasks_named_twice_over(copy, good):
    refused(*call(copy, recipe=good.recipe), status=2, says="[[task]]")
