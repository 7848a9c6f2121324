"""Wrong usage: exit status 2, one line that says what was meant, and nothing written."""

import re

import numpy
import pytest
from conftest import export, refused, run
from torch import nn

COMMANDS = ("obfuscate", "extract", "verify", "inspect", "audit")
REST = ["--recipe", "r.toml", "--job", "job", "--key", "key"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "a command is missing: audit, extract, inspect, obfuscate, verify"),
        (["obfuscat", *REST], "'obfuscat' is no command; did you mean 'obfuscate'?"),
        (["Extract"], "'Extract' is no command; did you mean 'extract'?"),
        (["verfiy", "--key", "k"], "did you mean 'verify'?"),
        (["train"], "'train' is no command. Commands are audit, extract"),
        (["--versoin"], "'--versoin' is no option of amalgam; did you mean '--version'?"),
        (["obfuscate", *REST, "--lerning", "3"], "'--lerning' is no option of amalgam obfuscate (see amalgam obfuscate --help)"),
        (["obfuscate", "--keys", "k"], "did you mean '--key'?"),
        (["obfuscate", "--jobs=b", *REST], "'--jobs' is no option of amalgam obfuscate; did you mean '--job'?"),
        (["obfuscate", "--Model", "m", *REST], "did you mean '--model'?"),
        (["obfuscate", "--recipie", "r"], "did you mean '--recipe'?"),
        (["obfuscate", "--shard_bytes", "3", *REST], "did you mean '--shard-bytes'?"),
        (["obfuscate", "--lr", "0.1", *REST], "it is 'lr' of [train] in the recipe"),
        (["obfuscate", "--learning-rate", "0.1", *REST], "it is 'lr' of [train] in the recipe"),
        (["obfuscate", "--warmup", "9", *REST], "it is 'warmup_steps' of [train.schedule] in the recipe"),
        (["extract", "--keyfile", "k", "--trained", "t", "--out", "o"], "'--keyfile' is no option of amalgam extract"),
        (["audit", "--reprot", "r"], "did you mean '--report'?"),
        (["obfuscate", "--model"], "--model needs a value"),
        (["obfuscate", *REST, "--validation", ""], "--validation: is given an empty value"),
        (["obfuscate", *REST, "--passphrase-file", ""], "--passphrase-file: is given an empty value"),
        (["obfuscate", "--recipe", "r.toml", "--key", "key", "--job", ""], "--job: is given an empty value"),
        (["extract", "--key", "k", "--trained", "t", "--out", ""], "--out: is given an empty value"),
        (["audit", "--key", "k", "--job", "j", "--public", ""], "--public: is given an empty value"),
        (["inspect", ""], "path: is given an empty value"),
        (["obfuscate", "--model", "a", "--model", "b", *REST], "--model is given 2 times; it takes one value"),
        (["obfuscate", *REST, "--rows", "-1"], "--rows: expected a whole number of at least 2, found -1"),
        (["obfuscate", *REST, "--threads", "two"], "--threads: expected a whole number of at least 0, found two"),
        (["obfuscate", *REST, "--shard-bytes", "0"], "--shard-bytes: expected a whole number of at least 1"),
        (["obfuscate", *REST, "--amount", "-3"], "--amount: expected a number above 0 and at most 1000, found -3"),
        (["obfuscate", *REST, "--amount", "nan"], "--amount: expected a number above 0"),
        (["verify", *REST, "--steps", "0"], "--steps: expected a whole number of at least 1, found 0"),
        (["audit", "--key", "k", "--job", "j", "--games", "-5"], "--games: expected a whole number of at least 0, found -5"),
        (["obfuscate", "--job", "job"], "--recipe is required"),
        (["inspect", "a", "b"], "not expected: b"),
    ],
)  # fmt: skip
def test_wrong_usage(tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    (line,) = refused(*arguments, status=2, says=says)
    assert re.search(r"\(see amalgam( \w+)? --help\)$", line)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples_of_its_own_options(command):
    options, examples = run(command, "--help").stdout.split("Examples:\n")
    lines = re.findall(r"(?m)^  (?:amalgam | +)\S.*", examples)
    assert any(line.startswith(f"  amalgam {command} ") for line in lines)
    assert set(re.findall(r"--[a-z-]+", "\n".join(lines))) <= set(re.findall(r"--[a-z-]+", options))  # fmt: skip


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notes")
    export(nn.Linear(6, 3), (6,), folder / "m.pt2")
    values = numpy.random.default_rng(0).integers(0, 256, (40, 6))
    y = numpy.arange(40) % 3
    numpy.savez(folder / "bytes.npz", x=values.astype(numpy.uint8), y=y)
    numpy.savez(folder / "dark.npz", x=(values % 17).astype(numpy.uint8), y=y)
    numpy.savez(folder / "real.npz", x=values.astype(numpy.float32), y=y)
    return folder


@pytest.mark.parametrize(
    ("data", "recipe", "says", "silent"),
    [
        ("bytes", "lr = 0.1", ["'task': uint8 values reach the model as 0 to 255", "scale = 255.0"], ["gives no lr"]),
        ("bytes", "lr = 0.1\n[input]\nscale = 255.0", [], ["0 to 255"]),
        ("bytes", "lr = 0.1\n[input]\nmean = [128.0]", [], ["0 to 255"]),
        ("dark", "lr = 0.1", [], ["0 to 255"]),
        ("real", "lr = 0.1\nbatch_size = 40", [], ["0 to 255", "batch_size ="]),
        ("real", "lr = 0.1\nbatch_size = 1000", ["batch_size = 1000, but the job has 40 rows: each epoch is one batch"], []),
        ("real", "epochs = 1", ["'task': the recipe gives no lr, so that PyTorch's default for SGD holds, 0.001"], []),
        ("real", 'optimizer = "adadelta"', ["PyTorch's default for Adadelta holds, 1."], []),
        ("real", "batch_size = 8\nepochs = 2\nschedule.warmup_steps = 10", ["warmup_steps = 10, but the job has 10 optimizer steps"], []),
        ("real", "batch_size = 8\nepochs = 2\nschedule.warmup_steps = 9", [], ["warmup_steps"]),
        ("real", 'batch_size = 8\nschedule = { kind = "step", step_size = 5 }', ["step_size = 5, but the job has 5 optimizer steps"], []),
        ("real", "batch_size = 8\naccumulate = 6", ["accumulate = 6, but an epoch has 5 batches"], []),
        ("real", "batch_size = 8\naccumulate = 5", [], ["accumulate ="]),
    ],
)  # fmt: skip
def test_notes_on_the_recipe(task, tmp_path, data, recipe, says, silent):
    (tmp_path / "r.toml").write_text(f"[train]\n{recipe}\n")
    text = run("obfuscate", "--model", task / "m.pt2", "--data", task / f"{data}.npz", "--recipe", tmp_path / "r.toml", "--job", tmp_path / "job", "--key", tmp_path / "key").stdout  # fmt: skip
    for part in says:
        assert part in text, text
    for part in silent:
        assert part not in text, text


def test_a_decoy_of_nothing_is_named(task, tmp_path):
    (tmp_path / "r.toml").write_text(f'[[task]]\nname = "a"\nmodel = "{task}/m.pt2"\ndata = "{task}/real.npz"\n[[decoy]]\nname = "b"\n')  # fmt: skip
    refused("obfuscate", "--recipe", tmp_path / "r.toml", "--job", tmp_path / "job", "--key", tmp_path / "key", says="decoy[0]: names neither a model nor data")  # fmt: skip
    assert not (tmp_path / "job").exists() and not (tmp_path / "key").exists()
