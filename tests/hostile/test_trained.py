"""Law 8: what comes back is read as hostile. Each row of the table breaks a trained file in one way."""

import pickle
import struct

import numpy
import pytest
import torch
from command_lines import extract_call
from conftest import refused
from damage import cut, damaged, read_header, write_header


def edit(change):
    def apply(data):
        header, body = read_header(data)
        names = [name for name in header if name != "__metadata__"]
        changed = change(header, bytearray(body), names)
        return write_header(header, bytes(body if changed is None else changed))

    return apply


def rename(header, body, names):
    header["subnetworks.9.other"] = header.pop(names[0])


def drop_last(header, body, names):
    last = max(names, key=lambda n: header[n]["data_offsets"][1])
    begin, _ = header.pop(last)["data_offsets"]
    return body[:begin]


def add_one(header, body, names):
    header["extra"] = {
        "dtype": "U8",
        "shape": [4],
        "data_offsets": [len(body), len(body) + 4],
    }
    return body + b"1234"


def other_dtype(header, body, names):
    name = next(n for n in names if header[n]["dtype"] == "F32")
    header[name]["dtype"] = "I32"


def other_shape(header, body, names):
    name = next(n for n in names if len(header[n]["shape"]) == 2)
    header[name]["shape"].reverse()


def flat_shape(header, body, names):
    name = next(n for n in names if len(header[n]["shape"]) == 2)
    header[name]["shape"] = [header[name]["shape"][0] * header[name]["shape"][1]]


def overlap(header, body, names):
    a, b = (n for n in names if header[n]["shape"] == [10])
    header[b]["data_offsets"] = header[a]["data_offsets"]


def hole(header, body, names):
    for name in names[-1:]:
        header[name]["data_offsets"] = [
            offset + 8 for offset in header[name]["data_offsets"]
        ]
    return body + bytes(8)


def huge_shape(header, body, names):
    header[names[0]]["shape"] = [2**63, 2**63]


def many_dimensions(header, body, names):
    header[names[0]]["shape"] = [1] * 1_000_000


def wrapped_shape(header, body, names):
    header[names[0]]["shape"] = [2**32, 2**32, 1]
    header[names[0]]["data_offsets"] = [0, 0]


def negative_shape(header, body, names):
    header[names[0]]["shape"] = [-1]


def offsets_backwards(header, body, names):
    header[names[0]]["data_offsets"] = header[names[0]]["data_offsets"][::-1]


def offsets_beyond(header, body, names):
    header[names[0]]["data_offsets"] = [2**62, 2**62 + 8]


def text_offsets(header, body, names):
    header[names[0]]["data_offsets"] = ["0", "8"]


def unknown_dtype(header, body, names):
    header[names[0]]["dtype"] = "P32"


def extra_field(header, body, names):
    header[names[0]]["code"] = "import os"


def put(value, dtype="F32"):
    def change(header, body, names):
        for name in names:
            if header[name]["dtype"] == dtype:
                at = header[name]["data_offsets"][0]
                body[at : at + 4] = struct.pack("<f", value)
        return body

    return change


def duplicate_key(data):
    (length,) = struct.unpack("<Q", data[:8])
    text = data[8 : 8 + length].rstrip()
    entry = text[
        text.index(b'"subnetworks') : text.index(b"}", text.index(b'"subnetworks')) + 1
    ]
    text = text[:-1] + b"," + entry + b"}"
    return struct.pack("<Q", len(text)) + text + data[8 + length :]


def pickled(data):
    return pickle.dumps({"w": numpy.ones(3)})


def torch_saved(data, path="/dev/null"):
    import io

    buffer = io.BytesIO()
    torch.save({"w": torch.ones(3)}, buffer)
    return buffer.getvalue()


TABLE = {
    "empty": (lambda d: b"", "too short"),
    "seven bytes": (lambda d: d[:7], "too short"),
    "header cut short": (lambda d: d[:40], "header"),
    "data cut short": (cut(1), "cut short"),
    "half the data": (lambda d: d[: len(d) // 2], "cut short"),
    "bytes appended": (lambda d: d + b"x", "the file holds"),
    "header length overflows": (lambda d: b"\xff" * 8 + d[8:], "header"),
    "header length zero": (lambda d: bytes(8) + d[8:], "JSON"),
    "header is no JSON": (lambda d: d[:8] + b"}" + d[9:], "JSON"),
    "header is a list": (
        lambda d: struct.pack("<Q", 8) + b"[]      ",
        "not a JSON object",
    ),
    "bracket bomb": (
        lambda d: struct.pack("<Q", 80000) + b"[" * 80000,
        "in one another",
    ),
    "random bytes": (lambda d: numpy.random.default_rng(1).bytes(4096), ""),
    "a name twice": (duplicate_key, "stands twice"),
    "pickle": (pickled, "pickle"),
    "torch.save": (torch_saved, "pickle"),
    "a tensor renamed": (edit(rename), "lacks the tensor"),
    "a tensor missing": (edit(drop_last), "lacks the tensor"),
    "a tensor too many": (edit(add_one), "which the job does not"),
    "another dtype": (edit(other_dtype), "expected float32"),
    "another shape": (edit(other_shape), "expected float32"),
    "another number of dimensions": (edit(flat_shape), "expected float32"),
    "tensors overlap": (edit(overlap), ""),
    "a hole": (edit(hole), "hole"),
    "a shape that overflows": (edit(huge_shape), "does not fit"),
    "a shape of a million dimensions": (
        edit(many_dimensions),
        "dimensions of an array",
    ),
    "a shape that wraps to zero": (edit(wrapped_shape), "does not fit"),
    "a negative shape": (edit(negative_shape), "not negative"),
    "offsets backwards": (edit(offsets_backwards), "do not match"),
    "offsets beyond the file": (edit(offsets_beyond), ""),
    "offsets that are text": (edit(text_offsets), "whole number"),
    "an unknown dtype": (edit(unknown_dtype), "unknown dtype"),
    "a field too many": (edit(extra_field), "fields other than"),
    "not a number": (edit(put(float("nan"))), "not finite"),
    "infinite": (edit(put(float("inf"))), "not finite"),
}


@pytest.mark.parametrize("kind", TABLE)
def test_damaged_trained_files(copy, kind):
    damage, says = TABLE[kind]
    trained = damaged(copy / "trained.safetensors", damage)
    refused(*extract_call(copy / "home.key", trained, copy / "out"), says=says)
    assert not [p for p in copy.iterdir() if "incomplete" in p.name]


def test_an_existing_output_is_never_touched(copy):
    out = copy / "out"
    out.write_text("precious")
    files = copy / "home.key", copy / "trained.safetensors"
    refused(*extract_call(*files, out), says="already there")
    assert out.read_text() == "precious"
    refused(*extract_call(*files, copy / "no" / "out"), says="not a folder")
    refused(*extract_call(*files, copy / "new"), "--task", "three", says="'one', 'two'")
    none = extract_call(copy / "none.key", files[1], copy / "new")
    refused(*none, says="cannot be opened")
