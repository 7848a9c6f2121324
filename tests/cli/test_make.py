"""make help: a line for each target."""

import re
import subprocess

from conftest import ROOT


def test_every_target_is_listed():
    makefile = (ROOT / "Makefile").read_text()
    (targets,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    said = subprocess.run(["make", "-s", "-C", ROOT, "help"], check=True, capture_output=True, text=True).stdout  # fmt: skip
    listed = [line.split(None, 1) for line in said.splitlines() if line[0].islower()]
    assert sorted(name for name, _ in listed) == sorted(targets.split())
    assert "## " not in said


def test_without_a_target_nothing_has_changed():
    dry = subprocess.run(["make", "-s", "-n", "-C", ROOT], check=True, capture_output=True, text=True).stdout  # fmt: skip
    assert "help" not in dry and "awk" not in dry
