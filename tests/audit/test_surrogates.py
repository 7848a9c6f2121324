"""What games are played with never changes: a report can be replayed, and says by which file it was made."""

import hashlib
from pathlib import Path

import pytest
from audits import TRAIN, audit, news
from conftest import Job, make_task
from texts import NEWS_TEXT

FILES = Path(__file__).parents[2] / "src" / "audit" / "surrogates"
DIGESTS = {
    "digits.txt": "866a14e4622286da4e562b876e8a093fe8d74871fd505f62619d71dee00744fd",
    "text.txt": "e39e2f599d02ed17ea245e10cef92d24166e76090b385248d186a061bcec2049",
}


@pytest.mark.parametrize("name", DIGESTS)
def test_built_in_files_are_frozen(name):
    content = (FILES / name).read_bytes()
    assert hashlib.blake2b(content, digest_size=32).hexdigest() == DIGESTS[name]


def test_the_report_names_the_file(tmp_path):
    page = tmp_path / "audit.html"
    job = Job(tmp_path, [make_task("task", "LeNet5", 64)], TRAIN)
    report = audit(job.path, job.key, "--games", 8, "--report", page)
    assert report["surrogate_digest"] == DIGESTS["digits.txt"]
    assert DIGESTS["digits.txt"] in page.read_text()


def test_the_report_names_the_text(tmp_path):
    recipe = "[train]\nlr = 0.05\n" + NEWS_TEXT
    job = Job(tmp_path, [news(tmp_path, "task", "12", 400)], recipe)
    report = audit(job.path, job.key, "--games", 8)
    assert report["surrogate_digest"] == DIGESTS["text.txt"]
    other = audit(job.path, job.key, "--games", 8, "--surrogate", tmp_path / "task.csv")
    assert other["surrogate_digest"] == ""
