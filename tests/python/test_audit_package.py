"""amalgam.audit: the same answer as the command line's."""

import json

import amalgam
import pytest
from conftest import Job, make_task, run


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    train = "[train]\nlr = 0.05\n[input]\nscale = 255.0\n"
    return Job(tmp_path_factory.mktemp("job"), [make_task("task", "LeNet5", 128)], train)  # fmt: skip


def test_the_same_as_through_the_command_line(job, tmp_path):
    page = tmp_path / "audit.html"
    found = amalgam.audit(job=job.path, key=job.key, games=32, report=page)
    command = run("audit", "--job", job.path, "--key", job.key, "--games", 32, "--json", "-", check=False)  # fmt: skip
    assert found.facts == json.loads(command.stdout)
    assert found.verdict == "fail" and not found.passes and command.returncode == 3
    assert found.attacks[-1]["name"] == "clueless"
    assert found.hard_failures == []
    assert page.read_text().startswith("<!doctype html>")
    with pytest.raises(amalgam.ExistsError):
        amalgam.audit(job=job.path, key=job.key, report=page, progress=False)
    with pytest.raises(amalgam.UsageError, match="at least 8"):
        amalgam.audit(job=job.path, key=job.key, games=1)


def test_what_is_printed_of_it_is_short(job):
    found = amalgam.audit(job=job.path, key=job.key, games=8, progress=False)
    assert "verdict=" in repr(found) and len(repr(found)) < 1000
