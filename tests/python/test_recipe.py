"""Recipe as Python gives it: NumPy's and PyTorch's numbers, and errors that name the argument."""

import decimal
import fractions
import sys
from pathlib import Path

import amalgam
import numpy
import pytest
import torch
from amalgam.recipe import findings_named
from conftest import export, vectors
from torch import nn

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

X, Y = vectors((6,), 40, 3)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "m.pt2"
    export(nn.Linear(6, 3), (6,), path)
    return path


def obfuscate(model, folder, recipe, **options):
    call = {"recipe": recipe, "job": folder / "job", "key": folder / "key", "progress": False}  # fmt: skip
    return amalgam.obfuscate(model, None, (X, Y), **call, **options)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (numpy.float64(0.1), 0.1),
        (numpy.float32(0.1), float(numpy.float32(0.1))),
        (numpy.float16(0.5), 0.5),
        (numpy.longdouble(0.5), 0.5),
        (numpy.int64(8), 8),
        (numpy.uint8(8), 8),
        (numpy.bool_(True), True),
        (numpy.array(0.25), 0.25),
        (numpy.array([0.25, 0.5]), [0.25, 0.5]),
        (numpy.str_("bf16"), "bf16"),
        ([numpy.float64(0.9), numpy.float32(0.5)], [0.9, 0.5]),
        ((0.9, 0.5), [0.9, 0.5]),
        (torch.tensor(0.5), 0.5),
        (torch.tensor(8), 8),
        (torch.tensor([0.25, 0.5]), [0.25, 0.5]),
        (nn.Parameter(torch.tensor(0.5)), 0.5),
        (torch.tensor(0.5, dtype=torch.bfloat16), 0.5),
        (fractions.Fraction(1, 4), 0.25),
        (decimal.Decimal("0.1"), 0.1),
        (range(2, 4), [2, 3]),
        (1e300, 1e300),
        (-(2**63), -(2**63)),
        ('"quotes", \\ and\nlines \x00\x7f é 😀', '"quotes", \\ and\nlines \x00\x7f é 😀'),
        (Path("a/b"), "a/b"),
    ],
)  # fmt: skip
def test_values_as_toml(value, written):
    read = tomllib.loads(amalgam.Recipe(value=value, input={"value": value}).to_toml())
    assert read == {"train": {"value": written}, "input": {"value": written}}
    assert type(read["train"]["value"]) is type(written)


def test_numbers_of_numpy_and_torch_make_the_same_job(model, tmp_path):
    plain = amalgam.Recipe(lr=0.5, batch_size=8, momentum=0.5, nesterov=True, input={"mean": [0.5], "std": [0.25]})  # fmt: skip
    others = amalgam.Recipe(lr=numpy.float32(0.5), batch_size=numpy.int64(8), momentum=torch.tensor(0.5), nesterov=numpy.bool_(True), input={"mean": numpy.array([0.5]), "std": torch.tensor([0.25])})  # fmt: skip
    jobs = []
    for name, recipe in (("a", plain), ("b", others)):
        (tmp_path / name).mkdir()
        jobs.append(obfuscate(model, tmp_path / name, recipe, seed="5eed" * 16))
    first, second = ((job.path / "job.json").read_bytes() for job in jobs)
    assert first == second


def refused(model, folder, recipe, **options):
    with pytest.raises(amalgam.Error) as found:
        obfuscate(model, folder, recipe(), **options)
    assert isinstance(found.value, (amalgam.InvalidError, amalgam.UsageError))
    assert not (folder / "job").exists() and not (folder / "key").exists()
    text = str(found.value)
    assert ".toml" not in text and "amalgam-" not in text, text
    return text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"lr": -1}, "Recipe(lr=…): expected a number of at least 0, found -1"),
        ({"lr": "1e-3"}, "Recipe(lr=…): expected a number of at least 0, found '1e-3'; write it without quotes"),
        ({"lr": float("nan")}, "Recipe(lr=…): expected a number"),
        ({"lr": numpy.float32("inf")}, "Recipe(lr=…): expected a number"),
        ({"lr": None}, "Recipe(lr=…): None is no value of a recipe; leave the argument out"),
        ({"lr": 1j}, "Recipe(lr=…): complex is no value"),
        ({"lr": numpy.array([0.1, 0.2])}, "Recipe(lr=…): expected a number of at least 0, found [0.1, 0.2]"),
        ({"learning_rate": 0.1}, "Recipe(learning_rate=…): is an unknown key; did you mean 'lr'?"),
        ({"optimizer": torch.optim.Adam}, "Recipe(optimizer=…): type is no value of a recipe"),
        ({"seed": 2**63}, "Recipe(seed=…): 9223372036854775808 does not fit"),
        ({"nesterov": True}, "Recipe(nesterov=…): needs momentum above 0"),
        ({"scale": 255.0}, "Recipe(scale=…): belongs to input={…}"),
        ({"warmup_steps": 3}, "Recipe(warmup_steps=…): belongs to schedule={…}"),
        ({"schedule": {"kind": "cosinus"}}, "Recipe(schedule={'kind': …}): 'cosinus' is unknown; did you mean 'cosine'?"),
        ({"schedule": {"a b": 1}}, "Recipe(schedule={'a b': …}): is an unknown key"),
        ({"schedule": "cosine"}, "Recipe(schedule=…): expected a mapping, as in {\"kind\": \"cosine\"}"),
        ({"group": [{"match": "a.*", "lr": -1}]}, "Recipe(group[0]={'lr': …}): expected a number of at least 0, found -1"),
        ({"group": {"match": "a.*"}}, "Recipe(group=…): expected tables"),
        ({"loss_arguments": {"weight": numpy.array([-1.0])}}, "Recipe(loss_arguments={'weight': …}): expected a list of numbers of at least 0"),
        ({"pos_weight": 2.0}, "Recipe(pos_weight=…): belongs to loss_arguments={…}"),
        ({"patience": 2}, "Recipe(patience=…): belongs to stop={…}"),
        ({"input": {"std": numpy.zeros(3)}}, "Recipe(input={'std': …}): expected a list of numbers above 0"),
        ({"input": {"lr": 0.1}}, "Recipe(input={'lr': …}): is an argument of Recipe itself"),
        ({"input": 255}, "Recipe(input=…): expected a mapping"),
        ({"text": {"length": 8}}, "Recipe(text={'tokenizer': …}): is missing"),
        ({"text": {"tokenizer": "train:bpe:99", "length": 0}}, "Recipe(text={'length': …}): expected a whole number"),
    ],
)  # fmt: skip
def test_errors_name_the_argument(model, tmp_path, arguments, says):
    assert says in refused(model, tmp_path, lambda: amalgam.Recipe(**arguments))


def test_errors_name_the_task(model, tmp_path):
    def task(name, **settings):
        return amalgam.Task(model, None, (X, Y), name=name, **settings)  # fmt: skip

    def refuse(tasks, says):
        with pytest.raises(amalgam.Error) as found:
            amalgam.obfuscate(tasks=tasks, job=tmp_path / "job", key=tmp_path / "key", progress=False)  # fmt: skip
        assert says in str(found.value) and ".toml" not in str(found.value)

    good = task("good")
    refuse([good, task("bad", recipe=amalgam.Recipe(lr=-1))], "task 'bad': Recipe(lr=…): expected a number")  # fmt: skip
    refuse([good, task("bad", recipe=amalgam.Recipe(lr=2j))], "task 'bad': Recipe(lr=…): complex is no value")  # fmt: skip
    refuse([good, task("bad", recipe=amalgam.Recipe(input={"std": 0}))], "task 'bad': Recipe(input={'std': …})")  # fmt: skip
    refuse([good, task("bad", recipe={"lr": 1})], "task 'bad': recipe: expected an amalgam.Recipe, found dict")  # fmt: skip
    refuse([good, task("b d")], "task 'b d': Task(name=…): 'b d': expected letters")
    refuse([good, task("good")], "task 'good': Task(name=…): 'good' stands twice")


def test_errors_in_a_file_name_it(model, tmp_path):
    path = tmp_path / "r.toml"
    for text, says in (
        ("[train]\nlr = -1\n", f"{path}:2: train.lr: expected"),
        ("[train]\nlr = 1\nlr = 2", f"{path}:3: is not valid TOML"),
        ("a." * 10**5 + "a = 1", "nests more than 16 deep"),
        ("[train]\n" + "a = " + "[" * 10**5, "nests more than 16 deep"),
    ):
        path.write_text(text)
        with pytest.raises(amalgam.InvalidError) as found:
            amalgam.Recipe.read(path)
        assert says in str(found.value)
    with pytest.raises(amalgam.SystemRefusal, match="there is no such file"):
        obfuscate(model, tmp_path, tmp_path / "nowhere.toml")
    with pytest.raises(
        amalgam.UsageError, match=r"write recipe=amalgam.Recipe\(\*\*…\)"
    ):
        obfuscate(model, tmp_path, {"lr": 0.1})
    path.write_bytes(b"\xef\xbb\xbf[train]\r\nlr = 0.1\r\n")
    assert amalgam.Recipe.read(path).train == {"lr": 0.1}


def test_other_findings_keep_their_place(tmp_path):
    other = amalgam.InvalidError([amalgam.errors.Finding(3, "other file", "says")])
    with pytest.raises(amalgam.InvalidError) as found, findings_named(tmp_path / "r.toml", amalgam.Recipe(), []):  # fmt: skip
        raise other
    assert found.value is other
