"""The table of operations that may stand in a model, with PyTorch's own schemas as the oracle."""

import json
import re
import subprocess
import sys

import pytest
import torch
from conftest import BUILD, ROOT

TABLE = (ROOT / "src/graph/operations/allowed_operations.txt").read_text()


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


# Words that mean something else where they stand.
OTHERWISE = {
    "audit/report_json.cpp": {"full"},  # how thorough an audit was
    "audit/tables/input.cpp": {"mean"},  # of [input]
    "audit/tells/published.cpp": {"embedding"},  # what a tensor of the job is called
    "audit/tells/recipe.cpp": {"mean"},  # of [input]
    "formats/training_log.cpp": {"split"},  # of rows: training or validation
    "formats/recipe.cpp": {"mean"},  # of [input]
    "formats/recipe_json.cpp": {"mean"},  # of [input]
    "formats/losses.cpp": {"mean", "sum", "full"},  # arguments of losses
    "formats/recipe_keys.cpp": {"mean"},  # of [input]
    "formats/recipe_values.cpp": {"softmax", "full", "linear"},  # what is mistaken for a value
    "formats/schedules.cpp": {"cos", "linear"},  # schedules
    "formats/tabular_fit.cpp": {"mean"},  # of a column
    "formats/tabular_json.cpp": {"mean"},  # of a column
    "formats/recipe_train.cpp": {"linear"},  # a schedule
    "graph/export_notes.cpp": {"dropout"},  # in a sentence
    "graph/read_arguments.cpp": {"real"},  # of a complex number
    "graph/switched_off.cpp": {"dropout"},  # an argument's name
    "job/subnetwork_py.cpp": {"mean"},  # of [input]
    "obfuscate/summary.cpp": {"mean"},  # of [input]
    "task/check.cpp": {"mean"},  # of [input]
}  # fmt: skip


def test_no_operation_is_named_outside_the_table():
    rows = json.loads(subprocess.check_output([BUILD / "tests" / "print_operations"]))
    names = {row["name"] for row in rows}
    names |= {n.split(".")[1 if r["python"] else 0] for r in rows for n in [r["name"]]}
    found = {}
    for path in (ROOT / "src").rglob("*"):
        inside = path.is_relative_to(ROOT / "src/graph/operations")
        if path.suffix not in (".cpp", ".h") or inside:
            continue
        text = re.sub(r"//.*", "", path.read_text())
        literals = set(re.findall(r'"((?:[^"\\\n]|\\.)*)"', text))
        if words := literals & names:
            found[str(path.relative_to(ROOT / "src"))] = words
    unknown = {name: words - OTHERWISE.get(name, set()) for name, words in found.items()}  # fmt: skip
    assert not any(unknown.values()), unknown
