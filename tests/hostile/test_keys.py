"""Keys that do not open."""

import stat

import pytest
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
    refused(
        "extract",
        "--key",
        key,
        "--trained",
        copy / "trained.safetensors",
        "--out",
        copy / "out",
    )
    assert not (copy / "out").exists()
    assert key.read_bytes() == data


def test_the_key_of_another_job(copy, tmp_path):
    other = Job(tmp_path / "other", [make_task("task", "ResNet18", count=40)], "")
    refused(
        "extract",
        "--key",
        other.key,
        "--trained",
        copy / "trained.safetensors",
        "--out",
        copy / "out",
    )


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
    trained = (
        "--key",
        job.key,
        "--trained",
        job.path / "weights.safetensors",
        "--out",
        tmp_path / "out",
    )
    refused("extract", *trained, says="--passphrase-file")
    refused("extract", *trained, "--passphrase-file", wrong, says="passphrase is wrong")
    refused("extract", *trained, "--passphrase-file", empty, says="empty")
    refused(
        "extract",
        *trained,
        "--passphrase-file",
        tmp_path / "none",
        says="cannot be opened",
    )
    run("extract", *trained, "--passphrase-file", phrase)
    assert "a passphrase" in run("inspect", job.key).stdout


def test_keys_are_for_their_owner_and_outside_the_job(copy):
    files = (
        "--model",
        copy / "one.pt2",
        "--data",
        copy / "one.npz",
        "--recipe",
        copy / "recipe.toml",
    )
    run("obfuscate", *files, "--job", copy / "job", "--key", copy / "new.key")
    assert stat.S_IMODE((copy / "new.key").stat().st_mode) == 0o600
    before = (copy / "home.key").read_bytes()
    refused(
        "obfuscate",
        *files,
        "--job",
        copy / "job2",
        "--key",
        copy / "home.key",
        says="already there",
    )
    assert (copy / "home.key").read_bytes() == before
    refused(
        "obfuscate",
        *files,
        "--job",
        copy / "job2",
        "--key",
        copy / "job2" / "k",
        status=2,
        says="cloud",
    )
    assert not (copy / "job2").exists()
