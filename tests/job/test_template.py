"""train.py, which CMake joins from the parts in src/job/templates/train: as well kept as a file written in one piece."""

import re
import subprocess
import sys

import pytest
from conftest import ROOT
from trainer_runs import small_job

TEMPLATES = ROOT / "src" / "job" / "templates"
PARTS = sorted((TEMPLATES / "train").glob("*.py"))


@pytest.fixture(scope="module")
def joined(tmp_path_factory):
    return (small_job(tmp_path_factory.mktemp("job")) / "train.py").read_text()


@pytest.mark.parametrize("tool", [("format", "--check"), ("check",)])
def test_the_whole_is_formatted_and_linted(joined, tool):
    """By the templates' own settings, and, unlike a part, for names that are undefined or never used."""
    place = TEMPLATES / "train.py"
    command = [sys.executable, "-m", "ruff", *tool, "--no-cache", "--stdin-filename", place, "-"]  # fmt: skip
    done = subprocess.run(command, input=joined, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_part_is_in_it_once(joined):
    texts = [path.read_text() for path in PARTS]
    assert len(texts) > 10
    for path, text in zip(PARTS, texts, strict=True):
        assert joined.count(text) == 1, path
    assert len(joined) == sum(map(len, texts)) + 2 * (len(texts) - 1)


def test_placement_alone_knows_of_processes():
    """Another part that asked for them would change with every new way to place sub-networks."""
    words = re.compile(r"\bdist\b|DistributedDataParallel|WORLD_SIZE|\bRANK\b|\.(world|rank)\b")  # fmt: skip
    knowing = set()
    for path in PARTS:
        lines = path.read_text().splitlines()
        if any(words.search(x) for x in lines if "import " not in x):
            knowing.add(path.stem)
    assert knowing == {"placement"}
