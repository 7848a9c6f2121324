"""Time is linear in a program's nodes, whatever its shape."""

import py_compile
import resource

import numpy
import pytest
from archives import Archive, ints, number, tensor, tensors
from command_lines import obfuscate_call
from conftest import run, vectors


def chain(nodes):
    """One value after another, with weights at both ends alone."""
    archive = Archive()
    x = archive.linear("first", archive.input("x", [8]), [8], 8)
    for i in range(nodes):
        x = archive.unary("relu.default", x, f"v{i}", [8])
    return archive, archive.linear("last", x, [8], 3)


def wide(nodes):
    """One value that all the others read, and one node that reads all of them."""
    archive = Archive()
    x = archive.linear("first", archive.input("x", [8]), [8], 8)
    parts = [archive.unary("tanh.default", x, f"v{i}", [8]) for i in range(nodes)]
    joined = [("tensors", tensors(parts)), ("dim", number(1))]
    x = archive.node("cat.default", joined, "cat", [8 * nodes])
    view = [("self", tensor(x)), ("size", ints([-1, nodes, 8]))]
    x = archive.node("view.default", view, "view", [nodes, 8])
    mean = [("self", tensor(x)), ("dim", ints([1]))]
    x = archive.node("mean.dim", mean, "mean", [8])
    return archive, archive.linear("last", x, [8], 3)


def parameters(nodes):
    """A parameter for each node, whose sizes all become one."""
    archive = Archive()
    x = archive.linear("first", archive.input("x", [8]), [8], 8)
    for i in range(nodes):
        scale = archive.parameter(f"layer{i}.scale", numpy.zeros(8))
        x = archive.add(x, scale, f"v{i}", [8])
    return archive, archive.linear("last", x, [8], 3)


def sums(nodes):
    """Values that live long: all are made before the first is added."""
    archive = Archive()
    x = archive.linear("first", archive.input("x", [8]), [8], 8)
    parts = [archive.unary("tanh.default", x, f"v{i}", [8]) for i in range(nodes // 2)]
    x = parts[0]
    for i, part in enumerate(parts[1:]):
        x = archive.add(x, part, f"s{i}", [8])
    return archive, archive.linear("last", x, [8], 3)


def dense(nodes):
    """Each layer reads all before it, so that sizes are long sums."""
    archive = Archive()
    x, width = archive.input("x", [8]), 8
    for i in range(nodes // 2):
        more = archive.linear(f"layer{i}", x, [width], 1)
        width += 1
        joined = [("tensors", tensors([x, more])), ("dim", number(1))]
        x = archive.node("cat.default", joined, f"cat{i}", [width])
    return archive, archive.linear("last", x, [width], 3)


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def job_of(folder, shape, nodes):
    """Seconds of a processor that a job with a decoy takes."""
    archive, output = shape(nodes)
    archive.save(folder / "m.pt2", output)
    x, y = vectors((8,), 12, 3)
    numpy.savez(folder / "d.npz", x=x, y=y)
    (folder / "r.toml").write_text("[train]\nbatch_size = 4\n")
    begun = processor_seconds()
    run(*obfuscate_call(folder))
    return processor_seconds() - begun


@pytest.mark.parametrize("shape", [chain, wide, parameters, sums, dense])
def test_ten_thousand_nodes_are_printed(tmp_path, shape):
    nodes = 1_000 if shape is dense else 10_000
    job_of(tmp_path, shape, nodes)
    text = (tmp_path / "job" / "model.py").read_text()
    assert text.count("\n") > nodes


@pytest.mark.full
@pytest.mark.parametrize("shape", [chain, wide])
def test_a_hundred_thousand_nodes_take_under_ten_seconds(tmp_path, shape):
    """Of a processor, since others may be at work; Python compiles what is printed. Prints the seconds of each size."""
    seconds = {}
    for nodes in (1_000, 10_000, 100_000):
        (tmp_path / str(nodes)).mkdir()
        seconds[nodes] = job_of(tmp_path / str(nodes), shape, nodes)
    print(shape.__name__, seconds)
    assert seconds[100_000] < 10
    py_compile.compile(tmp_path / "100000" / "job" / "model.py", doraise=True)
