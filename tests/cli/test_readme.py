"""The README's own blocks of code, run as they stand, in the order in which a reader meets them."""

import os
import subprocess
import sys
from pathlib import Path

import amalgam
import models
import numpy
import pytest
import safetensors.torch
import torch
from conftest import AMALGAM, ROOT, readme_blocks, run
from export_model import export, export_text
from text_models import TextLSTM


@pytest.fixture
def folder(tmp_path, monkeypatch):
    rng = numpy.random.default_rng(0)
    for name in ("digits", "letters"):
        x = rng.integers(0, 256, (96, 1, 28, 28), numpy.uint8)
        numpy.savez(tmp_path / f"{name}.npz", x=x, y=rng.integers(0, 10, 96))
    (tmp_path / "recipe.toml").write_text(readme_blocks("toml")[0])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shell(lines):
    """The commands of a bash block; building is what this test stands on."""
    path = f"{AMALGAM.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    script = "\n".join(
        line for line in lines.splitlines() if not line.startswith("make ")
    )
    assert "amalgam extract" in script
    subprocess.run(
        ["bash", "-euc", script],
        check=True,
        env={**os.environ, "PATH": path},
        capture_output=True,
    )


def test_the_first_screen(folder):
    before, after = readme_blocks("python")[0].split(
        "# ... the three commands above ...\n"
    )
    model = models.LeNet5()
    here = {
        "torch": torch,
        "safetensors": safetensors,
        "model": model,
        "x": torch.zeros(8, 1, 28, 28),
    }
    exec(before, here)
    initial = {n: t.clone() for n, t in model.state_dict().items()}
    shell(readme_blocks("bash")[0])
    exec(after, here)
    assert any(not torch.equal(t, initial[n]) for n, t in model.state_dict().items())


def test_the_script(folder, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    model = models.LeNet5()
    initial = {n: t.clone() for n, t in model.state_dict().items()}
    x = torch.zeros(40, 1, 28, 28)
    train_set = torch.utils.data.TensorDataset(x, torch.arange(40) % 10)
    here = {"amalgam": amalgam, "model": model, "example_inputs": x[:4], "train_set": train_set}  # fmt: skip
    exec(readme_blocks("python")[1], here)
    assert any(not torch.equal(t, initial[n]) for n, t in model.state_dict().items())


def test_the_recipe_of_several_tasks(folder):
    for name in ("digits", "letters"):
        export(models.LeNet5(), (1, 28, 28), folder / f"{name}.pt2")
    first, second = readme_blocks("toml")[0], readme_blocks("toml")[2]
    (folder / "recipe.toml").write_text(first + second)
    run("obfuscate", "--recipe", "recipe.toml", "--job", "job", "--key", "home.key")
    guest = "digits.pt2@digits.npz"
    assert (
        f"--decoy {guest.replace('digits', 'other')}"
        in (ROOT / "README.md").read_text()
    )
    own = ["--model", "letters.pt2", "--data", "letters.npz", "--decoy", guest]
    (folder / "one.toml").write_text(first)
    run("obfuscate", *own, "--recipe", "one.toml", "--job", "job2", "--key", "two.key")


def test_the_recipe_of_texts(folder):
    torch.manual_seed(0)
    export_text(TextLSTM(2000), 64, folder / "model.pt2")
    words = [
        "some",
        "words",
        "of",
        "a",
        "text",
        "that",
        "say",
        "what",
        "it",
        "is",
        "about",
    ]
    rows = [f"{r % 4},{words[r % 10]} {r},{' '.join(words[r % 7 :])}" for r in range(96)]  # fmt: skip
    (folder / "texts.csv").write_text("\n".join(rows))
    (folder / "recipe.toml").write_text(readme_blocks("toml")[1])
    files = ["--model", "model.pt2", "--data", "texts.csv", "--recipe", "recipe.toml"]
    run("obfuscate", *files, "--job", "job", "--key", "home.key")
    assert (folder / "home.key.task.tokenizer").exists()


def test_the_code_stands_within_25_lines():
    lines = (ROOT / "README.md").read_text().splitlines()
    assert any(line.startswith("amalgam obfuscate") for line in lines[:25])
