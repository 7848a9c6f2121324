"""python -m amalgam.zoo: what a user mistypes is one line, and nothing is written."""

import subprocess

import pytest
from warm_python import warm_python

GOOD = {"--shape": "3,32,32", "--classes": "10", "--seed": "7"}


def zoo(folder, model="mlp", **changed):
    options = GOOD | {f"--{name}": value for name, value in changed.items()}
    arguments = [part for pair in options.items() for part in pair]
    command = [warm_python(), "-m", "amalgam.zoo", model, *arguments, "--out", folder / "m.pt2"]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("changed", "status", "says"),
    [
        ({"classes": "0"}, 2, "--classes: expected a whole number from 1 to 1000000, found 0"),
        ({"classes": "-3"}, 2, "found -3"),
        ({"classes": "99999999999"}, 2, "found 99999999999"),
        ({"classes": "ten"}, 2, "found ten"),
        ({"seed": "-1"}, 2, "--seed: expected a whole number from 0 to 18446744073709551615, found -1"),
        ({"shape": "3,0,32"}, 2, "--shape: expected whole numbers from 1 to 1000000 and commas, as in 3,32,32, found 3,0,32"),
        ({"shape": ""}, 2, "--shape: expected whole numbers"),
        ({"shape": "3,900000,900000"}, 1, "mlp: cannot be built for --shape 3,900000,900000 and --classes 10: "),
        ({"model": "lenet6"}, 2, "invalid choice: 'lenet6'"),
        ({"model": "lenet5", "shape": "3,32"}, 1, "lenet5: the shape is [3, 32]"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(tmp_path, changed, status, says):
    found = zoo(tmp_path, **changed)
    assert found.returncode == status, found.stderr
    (line,) = found.stderr.splitlines()
    assert line.startswith("amalgam: ") and says in line, line
    assert not list(tmp_path.iterdir())


def test_a_model_is_written(tmp_path):
    assert zoo(tmp_path).stdout.strip() == str(tmp_path / "m.pt2")
    assert (tmp_path / "m.pt2").exists()
