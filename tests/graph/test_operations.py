"""The table of operations that may stand in a model, with PyTorch's own schemas as the oracle."""

import re
import subprocess
import sys

import pytest
import torch
from conftest import ROOT

TABLE = (ROOT / "src/graph/allowed_operations.txt").read_text()


def names():
    for line in TABLE.splitlines():
        name, *overloads = line.split()
        yield from (f"{name}.{overload}" for overload in overloads)


def test_the_table_is_what_pytorch_says():
    if not torch.__version__.startswith("2.13"):
        pytest.skip("the table is written with PyTorch 2.13")
    # In a process of its own: what other tests import of torch adds operations.
    script = "import allowed_operations; print(allowed_operations.table(), end='')"
    call = [sys.executable, "-c", script]
    found = subprocess.run(call, cwd=ROOT / "scripts", capture_output=True, text=True, check=True)  # fmt: skip
    assert found.stdout == TABLE


def test_nothing_in_it_writes_but_to_itself_or_its_result():
    """A second look at each, by PyTorch's own text of its schema."""
    for name in names():
        space, operation, overload = name.split(".")
        packet = getattr(getattr(torch.ops, space), operation)
        schema = str(getattr(packet, overload)._schema)
        arguments = schema[: schema.index(" -> ")]
        for written in re.findall(r"\([a-z]+! ?[^)]*\)\S* (\w+)", arguments):
            assert written in ("self", "out"), schema


@pytest.mark.parametrize(
    "name",
    [
        *(
            "aten.save",
            "aten.from_file",
            "aten.set_",
            "aten.resize_",
            "aten.manual_seed",
        ),
        *("aten.requires_grad_", "aten.backward", "aten.print", "aten.record_stream"),
        *("aten.set_data", "prims.resize", "aten._cuda_getCurrentRawStream"),
    ],
)
def test_what_has_effects_is_not_in_it(name):
    assert not any(known.startswith(name + ".") for known in names())


def test_what_the_library_writes_by_name_is_in_it():
    known = set(names())
    folder = ROOT / "src"
    for path in (*folder.glob("graph/ops/*.cpp"), *folder.glob("variants/*_rules.cpp")):
        for name in re.findall(r'"([a-z_0-9]+\.[A-Za-z_]+)"', path.read_text()):
            if name.split(".")[0] not in ("torch", "F"):
                assert "aten." + name in known, name
