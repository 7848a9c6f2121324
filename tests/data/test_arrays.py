"""Arrays as a user has them: shapes that are not guessed at, values that are not finite, files of other writers."""

import json

import numpy
import pytest
import torch
from conftest import refused, run
from export_model import export
from torch import nn

RANDOM = numpy.random.default_rng(0)
Y = numpy.arange(40) % 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for name, shape in {"flat": (6,), "gray": (1, 8, 8), "rgb": (3, 8, 8)}.items():
        model = nn.Sequential(nn.Flatten(), nn.Linear(int(numpy.prod(shape)), 3))
        export(model, shape, folder / f"{name}.pt2")
    export(nn.Linear(6, 1), (6,), folder / "real.pt2")
    (folder / "r.toml").write_text("[train]\nlr = 0.1\nbatch_size = 8\n")
    (folder / "mse.toml").write_text('[train]\nlr = 0.1\nloss = "mse"\n')
    return folder


def command(folder, out, data, model="flat", recipe="r", *more):
    files = ["--model", folder / f"{model}.pt2", "--data", data]
    files += ["--recipe", folder / f"{recipe}.toml"]
    return ["obfuscate", *files, "--job", out / "job", "--key", out / "key", *more]


def saved(path, **arrays):
    numpy.savez(path, **arrays)
    return path


def only_line(call, *says):
    """The command is refused in one line that says all of these, and writes nothing."""
    (line,) = refused(*call)
    for text in says:
        assert text in line, line
    out = call[call.index("--job") + 1]
    assert not out.exists() and not out.with_name("key").exists()


SHAPES = {  # (model, a sample's shape): what is said, or nothing
    ("gray", (8, 8)): "",
    ("gray", (64,)): "",
    ("gray", (8, 8, 1)): "",
    ("flat", (2, 3)): "",
    ("flat", (6, 1)): "",
    ("rgb", (8, 8, 3)): "x.transpose(0, 3, 1, 2)",
    ("rgb", (8, 3, 8)): "x.transpose(0, 2, 1, 3)",
    ("rgb", (192,)): "x.reshape(-1, 8, 8, 3).transpose(0, 3, 1, 2)",
    ("rgb", (3, 64)): "x.reshape(-1, 3, 8, 8)",
    ("gray", (4, 16)): "x.reshape(-1, 1, 8, 8)",
}


@pytest.mark.parametrize("model, shape", SHAPES)
def test_a_sample_is_reshaped_only_where_one_order_can_be_meant(tmp_path, folder, model, shape):  # fmt: skip
    says = SHAPES[model, shape]
    x = RANDOM.integers(0, 256, (40, *shape), numpy.uint8)
    call = command(folder, tmp_path, saved(tmp_path / "d.npz", x=x, y=Y), model)
    if says:
        only_line(call, says, str(list(shape)), "model's input is")
    else:
        run(*call)


def test_python_arrays_follow_the_same_rule(tmp_path):
    import amalgam

    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(144, 3))
    x = RANDOM.integers(0, 256, (40, 8, 8, 3), numpy.uint8)
    out = dict(job=tmp_path / "job", key=tmp_path / "key", progress=False)
    with pytest.raises(amalgam.Error, match=r"transpose\(0, 3, 1, 2\)"):
        amalgam.obfuscate(model, torch.zeros(4, 3, 8, 8), (x, Y), **out)
    real = RANDOM.random((40, 3, 8, 8), numpy.float32)
    real[9, 0, 0, 0] = numpy.nan
    with pytest.raises(amalgam.Error, match="row 9 of 'x' holds nan"):
        amalgam.obfuscate(model, torch.zeros(4, 3, 8, 8), (real, Y), **out)


def x_with(*values):
    """Features with these (row, column, value)."""
    x = RANDOM.random((40, 6), numpy.float32)
    for row, column, value in values:
        x[row, column] = value
    return x


NAN, INF = numpy.nan, numpy.inf
NOT_FINITE = {
    "nan": (x_with((7, 2, NAN)), "row 7 of 'x' holds nan; 1 of its values in 1 rows"),
    "infinity": (x_with((0, 0, INF)), "row 0 of 'x' holds inf"),
    "the last value": (x_with((39, 5, -INF)), "row 39 of 'x' holds -inf"),
    "several": (x_with((3, 1, INF), (3, 5, NAN), (4, 0, NAN), (30, 0, NAN)), "row 3 of 'x' holds inf; 4 of its values in 3 rows"),
    "everywhere": (numpy.full((40, 6), NAN, numpy.float32), "240 of its values in 40 rows"),
}  # fmt: skip


@pytest.mark.parametrize("kind", NOT_FINITE)
def test_values_that_are_not_finite_are_refused_and_shown(tmp_path, folder, kind):
    x, says = NOT_FINITE[kind]
    data = saved(tmp_path / "d.npz", x=x, y=Y)
    only_line(command(folder, tmp_path, data), says, "counted from 0")
    shown = run("inspect", data).stdout
    assert ("not finite" in shown and "row " + says.split()[1] in shown) or kind == "everywhere"  # fmt: skip
    report = json.loads(run("inspect", data, "--json", "-").stdout)
    assert report["not_finite"][0]["values"] == int((~numpy.isfinite(x)).sum())


def test_targets_and_validation_are_looked_at_too(tmp_path, folder):
    x, t = x_with(), RANDOM.random((40, 1), numpy.float32)
    good = saved(tmp_path / "d.npz", x=x, y=t)
    bad_target = t.copy()
    bad_target[3] = INF
    bad = saved(tmp_path / "e.npz", x=x, y=bad_target)
    only_line(command(folder, tmp_path, bad, "real", "mse"), "row 3 of 'y' holds inf")
    call = command(folder, tmp_path, good, "real", "mse", "--validation", bad)
    only_line(call, "e.npz", "row 3 of 'y' holds inf")
    guest = ["--decoy", f"{folder / 'real.pt2'}@{bad}"]
    only_line(command(folder, tmp_path, good, "real", "mse", *guest), "row 3 of 'y'")
    pair = f"{tmp_path}/x.npy,{tmp_path}/y.npy"
    numpy.save(tmp_path / "x.npy", x_with((5, 5, NAN)))
    numpy.save(tmp_path / "y.npy", Y)
    only_line(command(folder, tmp_path, pair), "row 5 of 'x' holds nan")
