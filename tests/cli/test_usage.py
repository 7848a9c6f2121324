"""Wrong usage: exit status 2, one line that says what was meant, and nothing written."""

import re

import numpy
import pytest
import torch
from command_lines import obfuscate_call
from conftest import export, refused, run
from torch import nn

COMMANDS = ("obfuscate", "extract", "curves", "verify", "inspect", "audit")
REST = ["--recipe", "r.toml", "--job", "job", "--key", "key"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "a command is missing: audit, curves, extract, inspect, obfuscate, verify"),
        (["obfuscat", *REST], "'obfuscat' is no command; did you mean 'obfuscate'?"),
        (["Extract"], "'Extract' is no command; did you mean 'extract'?"),
        (["verfiy", "--key", "k"], "did you mean 'verify'?"),
        (["train"], "'train' is no command. Commands are audit, curves, extract"),
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
        (["curves", "--key", "k", "--result", ""], "--result: is given an empty value"),
        (["curves", "--key", "k", "--results", "r"], "did you mean '--result'?"),
        (["inspect", ""], "path: is given an empty value"),
        (["obfuscate", "--model", "a", "--model", "b", *REST], "--model is given 2 times; it takes one value"),
        (["obfuscate", *REST, "--rows", "-1"], "--rows: expected a whole number of at least 2, found -1"),
        (["obfuscate", *REST, "--rows", "99999999999999999999"], "--rows: expected a whole number of at most 18446744073709551615, found 99999999999999999999"),
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
    numpy.savez(folder / "small.npz", x=(values / values.max()).astype(numpy.float32), y=y)  # fmt: skip
    numpy.savez(folder / "real.npz", x=values.astype(numpy.float32), y=y)
    return folder


@pytest.mark.parametrize(
    ("data", "recipe", "says", "silent"),
    [
        ("bytes", "lr = 0.1", ["'task': uint8 values reach the model as 0 to 255", "scale = 255.0"], ["gives no lr"]),
        ("bytes", "lr = 0.1\n[input]\nscale = 255.0", [], ["0 to 255"]),
        ("bytes", "lr = 0.1\n[input]\nmean = [128.0]", [], ["0 to 255"]),
        ("bytes", "lr = 0.1\n[input]\nmean = [0.13]\nstd = [0.3]", ["0 to 255", "scale = 255.0"], []),
        ("bytes", "lr = 0.1\n[input]\nscale = 255.0", [], ["divided by"]),
        ("small", "lr = 0.1\n[input]\nscale = 255.0", ["'task': values of at most 1 are divided by [input] scale = 255 and reach the model as at most 0.00392"], []),
        ("small", "lr = 0.1\n[input]\nscale = 0.5", [], ["divided by"]),
        ("small", "lr = 0.1", [], ["divided by"]),
        ("dark", "lr = 0.1", [], ["0 to 255"]),
        ("real", "lr = 0.1\nbatch_size = 40", [], ["0 to 255", "batch_size ="]),
        ("real", "lr = 0.1\nbatch_size = 1000", ["batch_size = 1000, but the job has 40 rows: each epoch is one batch"], []),
        ("real", "epochs = 1", ["'task': the recipe gives no lr, so that PyTorch's default for SGD holds, 0.001"], []),
        ("real", 'optimizer = "adadelta"', ["PyTorch's default for Adadelta holds, 1."], []),
        ("real", "batch_size = 8\nepochs = 2\nschedule.warmup_steps = 10", ["warmup_steps = 10, but the job has 10 optimizer steps"], []),
        ("real", "batch_size = 8\nepochs = 2\nschedule.warmup_steps = 9", [], ["warmup_steps"]),
        ("real", 'batch_size = 8\nschedule = { kind = "step", step_size = 5 }', ["step_size = 5, but the job has 5 optimizer steps"], []),
        ("real", 'no_decay = ["bias"]', ["no_decay has no effect, because weight_decay is 0"], []),
        ("real", 'no_decay = ["bias"]\nweight_decay = 0.1', [], ["no_decay"]),
        ("real", 'no_decay = ["bias"]\noptimizer = "adamw"', [], ["no_decay"]),
        ("real", "batch_size = 8\naccumulate = 6", ["accumulate = 6, but an epoch has 5 batches"], []),
        ("real", "batch_size = 8\naccumulate = 5", [], ["accumulate ="]),
    ],
)  # fmt: skip
def test_notes_on_the_recipe(task, tmp_path, data, recipe, says, silent):
    (tmp_path / "r.toml").write_text(f"[train]\n{recipe}\n")
    text = run(*obfuscate_call(tmp_path, model=task / "m.pt2", data=task / f"{data}.npz")).stdout  # fmt: skip
    for part in says:
        assert part in text, text
    for part in silent:
        assert part not in text, text


def attempt(task, folder, recipe="", data="real", options=()):
    """Arguments that make a job of `data`, or of [[task]] tables in the recipe where there is none."""
    (folder / "r.toml").write_text(recipe or "[train]\nlr = 0.1\n")
    files = {"model": task / "m.pt2", "data": task / f"{data}.npz"} if data else {"model": None, "data": None}  # fmt: skip
    return obfuscate_call(folder, *options, **files)


def refused_alone(folder, *arguments, status=1, says):
    (line,) = refused(*arguments, status=status, says=says)
    assert [p.name for p in folder.iterdir()] == ["r.toml"]
    return line


def test_more_rows_than_can_be_numbered(task, tmp_path):
    for rows in (99999999999, 2**63, 2**64 - 1):
        line = refused_alone(tmp_path, *attempt(task, tmp_path, options=("--rows", rows)), says=f"--rows: would be {rows}, and the limit on the rows")  # fmt: skip
        assert line.endswith("real.npz, the longest data, has 40 rows")


@pytest.mark.parametrize("noise", ["patches:", "ngram:", "unigram:"])
def test_noise_of_no_file(task, tmp_path, noise):
    refused_alone(tmp_path, *attempt(task, tmp_path, options=("--noise", noise)), status=2, says=f"--noise: '{noise}' ends with the colon; expected a path")  # fmt: skip


@pytest.mark.parametrize(("data", "side"), [(",y.npy", "before"), ("x.npy,", "behind")])
def test_data_of_half_a_pair(task, tmp_path, data, side):
    call = list(attempt(task, tmp_path))
    call[call.index("--data") + 1] = data
    refused_alone(tmp_path, *call, says=f"{data}: names no file {side} the comma" if side == "before" else data)  # fmt: skip


def test_too_few_rows_are_the_data_s(task, tmp_path):
    x, y = numpy.zeros((3, 6), numpy.float32), numpy.arange(3)
    for rows in (1, 2):
        numpy.savez(task / f"{rows}.npz", x=x[:rows], y=y[:rows])
    valid = ("--validation", task / "real.npz")
    guest = (*valid, "--decoy", f"{task}/m.pt2@{task}/1.npz")
    for data, options, says in (
        ("1", (), "1.npz: has 1 row; training needs at least two"),
        ("1", valid, "1.npz: has 1 row; training needs at least two"),
        ("real", guest, "1.npz: has 1 row, and one would be set aside for validation, because another task"),
    ):  # fmt: skip
        line = refused_alone(tmp_path, *attempt(task, tmp_path, data=data, options=options), says=says)  # fmt: skip
        assert "--rows" not in line
    tables = f'[[task]]\nname = "a"\nmodel = "{task}/m.pt2"\ndata = "{task}/2.npz"\n'
    other = f'[[decoy]]\nmodel = "{task}/m.pt2"\ndata = "{task}/real.npz"\nvalidation = "{task}/2.npz"\n'
    refused_alone(tmp_path, *attempt(task, tmp_path, tables + other, ""), says="2.npz: has 2 rows, 1 of them set aside for validation; training needs at least two")  # fmt: skip


TEXT = '[text]\ntokenizer = "train:unigram:60"\n'
UNUSED = {
    "text": (TEXT, "real.npz: is no text, and [text] is for .csv and .txt files"),
    "size": ("[input]\nsize = [8, 8]\n", "real.npz: is no folder or archive of images, and [input] size is for those"),
    "text of a task": ("[task.text]\ntokenizer = 't.model'\n", "real.npz: is no text"),
    "size of a task": ("[task.input]\nsize = [8, 8]\n", "real.npz: is no folder or archive"),
    "text of a guest": ('[[decoy]]\ndata = "bytes.npz"\n[decoy.text]\ntokenizer = "train:bpe:60"\n', "bytes.npz: is no text"),
    "validation without data": ('[[decoy]]\nmodel = "m.pt2"\nvalidation = "real.npz"\n', "decoy[0]: has validation data, but no data"),
    "an eval_model without a model": ('[[decoy]]\ndata = "real.npz"\neval_model = "m.pt2"\n', "decoy[0]: has an eval_model, but no model"),
}  # fmt: skip


@pytest.mark.parametrize("kind", UNUSED)
def test_what_would_have_no_effect_is_refused(task, tmp_path, kind):
    table, says = UNUSED[kind]
    tasks = '[[task]]\nname = "a"\nmodel = "m.pt2"\ndata = "real.npz"\n'
    recipe = tasks + table if "[[" in table or "[task" in table else table + tasks
    recipe = re.sub(r'"(\w+\.(?:npz|pt2))"', rf'"{task}/\1"', recipe)
    refused_alone(tmp_path, *attempt(task, tmp_path, recipe, ""), says=says)


def test_noise_without_a_generated_decoy_is_said(task, tmp_path):
    guest = ("--decoy", f"{task}/m.pt2@{task}/bytes.npz", "--noise", "likeness")
    told = run(*attempt(task, tmp_path, options=guest)).stdout
    assert "--noise likeness has no effect: no decoy's data is generated" in told


@pytest.mark.parametrize("noise", ["copula:none.npz", "patches:none.tar", "ngram:none.txt", "spectrum:none"])  # fmt: skip
def test_noise_of_a_file_that_is_not_there_is_refused_beside_guests_alone(task, tmp_path, noise):  # fmt: skip
    guest = ("--decoy", f"{task}/m.pt2@{task}/bytes.npz", "--noise", noise)
    says = "none" if "none." in noise else "'spectrum' takes nothing behind a colon"
    refused_alone(tmp_path, *attempt(task, tmp_path, options=guest), status=1 if "none." in noise else 2, says=says)  # fmt: skip


def test_options_without_an_effect_are_said(task, tmp_path):
    unused = ("--variants", "family", "--disguise", "none", "--skip-damaged")
    own = ("--decoy", f"{task}/m.pt2@{task}/bytes.npz")
    told = run(*attempt(task, tmp_path, options=(*own, *unused))).stdout
    for option in ("--variants family", "--disguise none", "--skip-damaged"):
        assert f"{option} has no effect: " in told
    (tmp_path / "variant").mkdir()
    variant = ("--decoy", f"@{task}/bytes.npz")
    told = run(*attempt(task, tmp_path / "variant", options=(*variant, "--variants", "family"))).stdout  # fmt: skip
    assert "no effect" not in told


def test_a_passphrase_and_a_python_that_nothing_needs_are_said(task, tmp_path):
    run(*attempt(task, tmp_path))
    (tmp_path / "phrase.txt").write_text("words\n")
    key = ("--key", tmp_path / "key")
    trained = (
        "--trained",
        tmp_path / "job" / "weights.safetensors",
        "--out",
        tmp_path / "w",
    )
    said = run("extract", *key, *trained, "--passphrase-file", tmp_path / "phrase.txt").stderr  # fmt: skip
    assert "--passphrase-file has no effect: " in said and "has no passphrase" in said
    said = run("audit", *key, "--job", tmp_path / "job", "--games", 8, "--python", "none", check=False).stderr  # fmt: skip
    assert "--python has no effect without --full or --trained" in said


class Embeds(nn.Module):
    def __init__(self):
        super().__init__()
        self.e, self.h = nn.Embedding(300, 4), nn.Linear(4, 3)

    def forward(self, x):
        return self.h(self.e(x).mean(1))


@pytest.mark.parametrize("key", ["scale = 255.0", "mean = [0.5]", "std = [2.0]"])
def test_numbers_of_tokens_are_not_scaled(task, tmp_path, key):
    export(Embeds(), (6,), task / "tokens.pt2", torch.int64)
    call = list(attempt(task, tmp_path, f"[train]\nlr = 0.1\n[input]\n{key}\n", "bytes"))  # fmt: skip
    call[call.index("--model") + 1] = task / "tokens.pt2"
    refused_alone(tmp_path, *call, says="[input] scale, mean and std make other numbers of 'x', which the model takes as whole ones")  # fmt: skip


def test_a_copula_of_text_is_refused_with_what_makes_text(task, tmp_path):
    export(Embeds(), (6,), task / "tokens.pt2", torch.int64)
    (task / "news.csv").write_text("1,some words\n" * 9)
    call = list(attempt(task, tmp_path, data="bytes", options=("--noise", f"copula:{task}/news.csv")))  # fmt: skip
    call[call.index("--model") + 1] = task / "tokens.pt2"
    line = refused_alone(tmp_path, *call, status=2, says="makes tables, but 'x' of")
    assert line.endswith("for these there are uniform, unigram, ngram, and unigram:TEXT and ngram:TEXT, which are like a public text")  # fmt: skip


def test_a_decoy_of_nothing_is_named(task, tmp_path):
    (tmp_path / "r.toml").write_text(f'[[task]]\nname = "a"\nmodel = "{task}/m.pt2"\ndata = "{task}/real.npz"\n[[decoy]]\nname = "b"\n')  # fmt: skip
    refused(*obfuscate_call(tmp_path, model=None, data=None), says="decoy[0]: names neither a model nor data")  # fmt: skip
