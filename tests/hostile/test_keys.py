"""Keys that do not open."""

import stat

import pytest
from command_lines import extract_call, obfuscate_call
from conftest import Job, make_task, refused, run
from damage import cut, damaged, flipped

TABLE = {
    "empty": lambda d: b"",
    "header alone": lambda d: d[:112],
    "cut short": cut(1),
    "bytes appended": lambda d: d + b"x",
    "another magic": flipped(0),
    "a later version": flipped(8),
    "flags": flipped(12),
    "salt": flipped(32),
    "nonce": flipped(48),
    "sealing key": flipped(80),
    "length": flipped(104),
    "body": flipped(200),
    "tag": flipped(-1),
    "a text file": lambda d: b"hello\n" * 100,
}


@pytest.mark.parametrize("kind", TABLE)
def test_damaged_keys(copy, kind):
    key = damaged(copy / "home.key", TABLE[kind])
    data = key.read_bytes()
    refused(*extract_call(key, copy / "trained.safetensors", copy / "out"))
    assert key.read_bytes() == data


def test_the_key_of_another_job(copy, tmp_path):
    other = Job(tmp_path / "other", [make_task("task", "ResNet18", count=40)], "")
    refused(*extract_call(other.key, copy / "trained.safetensors", copy / "out"))


def test_passphrases(tmp_path):
    phrase, wrong, empty = (tmp_path / name for name in ("phrase", "wrong", "empty"))
    phrase.write_text("correct horse\nsecond line\n")
    wrong.write_text("wrong horse\n")
    empty.write_text("")
    job = Job(
        tmp_path / "j",
        [make_task("task", "MLP", count=40)],
        "",
        options=("--passphrase-file", phrase),
    )
    call = extract_call(job.key, job.path / "weights.safetensors", tmp_path / "out")
    refused(*call, says="--passphrase-file")
    none = tmp_path / "none"
    for file, says in ((wrong, "passphrase is wrong"), (empty, "empty"), (none, "cannot be opened")):  # fmt: skip
        refused(*call, "--passphrase-file", file, says=says)
    run(*call, "--passphrase-file", phrase)
    assert "a passphrase" in run("inspect", job.key).stdout


def test_keys_are_for_their_owner_and_outside_the_job(copy):
    files = {"model": "one.pt2", "data": "one.npz"}
    run(*obfuscate_call(copy, **files, key="new.key"))
    assert stat.S_IMODE((copy / "new.key").stat().st_mode) == 0o600
    before = (copy / "home.key").read_bytes()
    refused(*obfuscate_call(copy, **files, job="job2", key="home.key"), says="already there")  # fmt: skip
    assert (copy / "home.key").read_bytes() == before
    refused(*obfuscate_call(copy, **files, job="job2", key="job2/k"), status=2, says="cloud")  # fmt: skip
