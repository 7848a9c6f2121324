"""Damaged copies of files: a bit elsewhere, an end that is missing, a tensor, a field or an entry that is another."""

import json
import struct
import zipfile

from safetensors import safe_open
from safetensors.torch import load_file, save_file


def damaged(path, change, to=None):
    """Writes change(bytes of the file) in its place, or to another; returns where."""
    data = change(path.read_bytes())
    (to or path).write_bytes(data)
    return to or path


def flipped(at):
    """One bit of the byte at this place is another; or of the first of these bytes."""

    def change(data):
        data = bytearray(data)
        data[data.index(at) if isinstance(at, bytes) else at] ^= 1
        return bytes(data)

    return change


def cut(count):
    """The last bytes are missing."""
    return lambda data: data[:-count]


def edited_json(edit):
    """edit(value) changes what the JSON text says, in place."""

    def change(data):
        value = json.loads(data)
        edit(value)
        return json.dumps(value).encode()

    return change


def edit_tensors(path, edit, to=None):
    """edit(tensors) changes a safetensors file's dict of them, in place; metadata stays."""
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    tensors = load_file(path)
    edit(tensors)
    to = to or path
    to.unlink(missing_ok=True)  # the tensors are its old bytes, mapped
    save_file({n: t.contiguous() for n, t in tensors.items()}, to, metadata)
    return to


def read_header(data):
    """A safetensors file's header, and the bytes behind it."""
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def write_header(header, body):
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + body


def edit_archive(source, target, edit):
    """Copies a zip, passing each entry through edit(name, data) -> data, or None to leave it out."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = edit(name, old.read(name))
            if data is not None:
                new.writestr(name, data)


def edit_program(source, target, edit):
    """Copies a .pt2 with its model.json changed in place by edit(program)."""
    change = edited_json(edit)
    edit_archive(source, target, lambda name, data: change(data) if name.endswith("models/model.json") else data)  # fmt: skip
