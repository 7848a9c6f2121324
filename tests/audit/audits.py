"""Audits of jobs, for the tests of what they find."""

import json
import shutil
import subprocess

import models
import numpy
import pytest
import torch
from conftest import Task, mnist, run
from text_models import TextLSTM
from texts import TextTask, ag_news, write_csv

TRAIN = "[train]\nlr = 0.05\n[input]\nscale = 255.0\n"
ROWS = 320
FEW = ("--games", 64)  # enough where only hard failures are looked at
SOME = ("--games", 256)  # enough where a decoy is told apart almost always


def audit(job, key, *options):
    """The report, which agrees with the exit status."""
    result = run("audit", "--job", job, "--key", key, "--json", "-", *options, check=False)  # fmt: skip
    assert result.returncode in (0, 3, 4), result.stderr
    report = json.loads(result.stdout)
    status = {"pass": 0, "fail": 3, "inconclusive": 4}[report["verdict"]]
    assert result.returncode == status
    return report


def kinds(report):
    return [failure["kind"] for failure in report["hard_failures"]]


def attack(report, name):
    return next(line for line in report["attacks"] if line["name"] == name)


def halves(folder, count=2000, model=None):
    """MNIST's lower five classes as the wanted task, its upper five as the data of a guest."""
    x, y = mnist()
    for name, classes in (("low", range(5)), ("high", range(5, 10))):
        rows = numpy.isin(y, classes).nonzero()[0][:count]
        numpy.savez(folder / f"{name}.npz", x=x[rows], y=y[rows] - classes[0])
    model = model or models.LeNet5(classes=5)
    low = numpy.load(folder / "low.npz")
    return Task("task", model, low["x"][:, None], low["y"])


def news(folder, name, classes, count=1000):
    """A CSV file of AG News with these classes, and a model for it."""
    rows = [row for row in ag_news(6000) if row[0] in classes]
    write_csv(folder / f"{name}.csv", rows[:count])
    torch.manual_seed(0)
    return TextTask(name, TextLSTM(1000, 24, 20, classes=len(classes)), f"{name}.csv")


def shown_by_a_browser(page, profile):
    """What Chromium makes of a page, without a word on its console."""
    browser = shutil.which("chromium")
    if not browser:
        pytest.skip("chromium is not installed")
    call = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0", f"--user-data-dir={profile}", "--virtual-time-budget=2000", "--dump-dom", page.as_uri()]  # fmt: skip
    seen = subprocess.run(call, capture_output=True, text=True, timeout=120)
    assert seen.returncode == 0, seen.stderr
    assert ":CONSOLE" not in seen.stderr, seen.stderr
    return seen.stdout
