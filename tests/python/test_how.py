"""docs/how.md: every piece of code in it runs."""

import re
import textwrap

import pytest
from conftest import ROOT

TEXT = (ROOT / "docs" / "how.md").read_text()
SECTIONS = {
    title: re.findall(r"^```python\n(.*?)^```", body, re.S | re.M)
    for title, body in re.findall(r"^## \.\.\. (.*?)\n(.*?)(?=^## |\Z)", TEXT, re.S | re.M)
}  # fmt: skip
(BEFORE,) = re.findall(r"^```python\n(.*?)^```", TEXT.split("\n## ")[0], re.S | re.M)


@pytest.mark.parametrize("title", [t for t, pieces in SECTIONS.items() if pieces])
def test_a_piece_runs_as_it_stands(tmp_path, monkeypatch, title):
    monkeypatch.chdir(tmp_path)
    here = {}
    for piece in (BEFORE, *SECTIONS[title]):
        exec(compile(piece, title, "exec"), here)
    if "best" in title:
        assert here["best"].keys() == here["averaged"].keys() == here["second"].keys()
    if "compare" in title:
        assert len(here["order"]) == 96


def test_augmentation(tmp_path, monkeypatch):
    (piece,) = re.findall(r"^ +```python\n(.*?)^ +```", (ROOT / "docs" / "augmentation.md").read_text(), re.S | re.M)  # fmt: skip
    monkeypatch.chdir(tmp_path)
    exec(compile(textwrap.dedent(piece), "augmentation", "exec"), {})
    assert (tmp_path / "job" / "model.py").exists()


def test_there_are_pieces():
    assert len(SECTIONS) == 13 and sum(map(len, SECTIONS.values())) == 12
