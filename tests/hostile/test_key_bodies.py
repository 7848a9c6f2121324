"""A key may come from somewhere else: what it seals is read as hostile by every command."""

import collections
import json
import os
import resource
import subprocess
import time

import pytest
from command_lines import extract_call
from conftest import AMALGAM, BUILD, Job, make_task, plan_of, refused, run

from .mutations import bodies

SECONDS, MEMORY = 10, 1 << 30
TOOL = BUILD / "tests" / "key_body"
LINE = '{"split": "train", "epoch": 1, "step": 5, "sub-network": 0, "loss": 0.5}\n'


def body_of(key):
    return subprocess.run([TOOL, key], capture_output=True, text=True, check=True).stdout[:-1]  # fmt: skip


def seal(key, folder, texts):
    folder.mkdir()
    text = "".join(line + "\n" for line in texts)
    subprocess.run([TOOL, key, folder], input=text, text=True, check=True)
    return [folder / f"{i}.key" for i in range(len(texts))]


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def snapshot(folder):
    return {p: p.stat().st_mtime_ns for p in folder.rglob("*")}


def attack(command, arguments, allowed, longest):
    """Runs one command over one key; returns its exit status."""
    begin = time.monotonic()
    result = subprocess.run([AMALGAM, command, *map(str, arguments)], capture_output=True, text=True, errors="replace", timeout=120, preexec_fn=limited)  # fmt: skip
    taken = time.monotonic() - begin
    longest[0] = max(longest[0], taken)
    said = (command, result.returncode, result.stderr[:500])
    assert result.returncode in allowed, said
    if result.returncode == 1:
        lines = result.stderr.splitlines()
        assert 1 <= len(lines) <= 20, said  # one for each finding
        assert all(x.startswith("amalgam: ") and len(x) < 1000 for x in lines), said
    return result.returncode


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    tasks = [
        make_task("one", "MLP", count=40),
        make_task("two", "MLP", count=40, seed=2),
    ]
    recipe = "[train]\nlr = 0.1\nepochs = 1\n"
    return Job(tmp_path_factory.mktemp("bodies"), tasks, recipe, options=("--decoys", 1))  # fmt: skip


def attack_all(job, folder, count, seed, commands):
    keys = seal(job.key, folder / "keys", list(bodies(body_of(job.key), count, seed)))
    weights, out = job.path / "weights.safetensors", folder / "out" / "x"
    out.parent.mkdir()
    log = folder / "metrics.jsonl"
    log.write_text(
        '{"split": "train", "epoch": 1, "step": 5, "sub-network": 0, "loss": 0.5}\n'
    )
    before, statuses, longest = snapshot(job.folder), collections.Counter(), [0.0]
    for key in keys:
        for command in commands:
            arguments = {
                "extract": ("--key", key, "--trained", weights, "--out", out),
                "audit": ("--key", key, "--job", job.path, "--games", 8),
                "verify": ("--key", key, "--job", job.path, "--recipe", job.recipe, "--python", "/bin/false"),
                "curves": ("--key", key, "--result", log, "--out", out),
                "inspect": (key,),
            }[command]  # fmt: skip
            allowed = {"audit": (0, 1, 3, 4), "verify": (1,)}.get(command, (0, 1))
            status = attack(command, arguments, allowed, longest)
            statuses[command, status] += 1
            made = sorted(p.name for p in out.parent.rglob("*"))
            assert status == 0 or made == [], (key, command, made)
            for path in sorted(out.parent.rglob("*"), reverse=True):
                assert path == out or path.parent == out, path
                path.rmdir() if path.is_dir() else path.unlink()
    assert snapshot(job.folder) == before
    assert {p.name for p in folder.iterdir()} == {"keys", "out", "metrics.jsonl"}
    print(f"{count} bodies: {dict(sorted(statuses.items()))}; the longest took {longest[0]:.1f} s")  # fmt: skip
    return statuses, longest[0]


def test_a_hundred_bodies(job, tmp_path):
    for name in ("extract", "rest"):
        (tmp_path / name).mkdir()
    statuses, _ = attack_all(job, tmp_path / "extract", 100, 1, ("extract",))
    assert statuses["extract", 1] > 60
    rest = ("audit", "curves", "verify", "inspect")
    statuses, _ = attack_all(job, tmp_path / "rest", 6, 2, rest)
    assert statuses["inspect", 0] == 6


@pytest.mark.full
def test_two_thousand_bodies(job, tmp_path):
    statuses, longest = attack_all(job, tmp_path, 2000, 3, ("extract", "curves", "audit", "verify", "inspect"))  # fmt: skip
    assert sum(statuses.values()) == 10_000 and longest < SECONDS


def sealed(job, tmp_path, change):
    body = json.loads(body_of(job.key))
    change(body)
    return seal(job.key, tmp_path / "k", [json.dumps(body)])[0]


def extract(key, job, out):
    return extract_call(key, job.path / "weights.safetensors", out)


def exchange_wanted(body):
    one, two = body["wanted"]
    one["subnetwork"], two["subnetwork"] = two["subnetwork"], one["subnetwork"]
    one["tensors"], two["tensors"] = two["tensors"], one["tensors"]


NAMED = {
    "a path as a name": (
        lambda b: b["wanted"][0].update(name="../../x"),
        "letters, digits",
    ),
    "a long name": (lambda b: b["wanted"][0].update(name="x" * 201), "letters, digits"),
    "a name twice": (lambda b: b["wanted"][0].update(name="two"), "twice"),
    "no wanted task": (lambda b: b.update(wanted=[]), "no wanted task"),
    "no rows": (lambda b: b.update(rows=0), "has no rows"),
    "a task out of range": (lambda b: b["wanted"][0].update(task=3), "there is not"),
    "wanted tasks exchanged": (exchange_wanted, "another sub-network than its plan"),
    "a negative number": (lambda b: b.update(rows=-1), "not negative"),
    "a float": (lambda b: b.update(rows=40.0), "whole number"),
    "a huge number": (lambda b: b.update(rows=2**70), "whole number"),
    "text for a truth": (lambda b: b.update(skip_damaged="no"), "true or false"),
    "a shape that overflows": (
        lambda b: b["trained"][0].update(shape=[2**40, 2**40]),
        "does not fit",
    ),
    "an unknown field": (lambda b: b.update(more=1), "unknown field"),
    "runs outside": (
        lambda b: b["trained"][0].update(not_finite=[[2**40, 1]]),
        "out of order or range",
    ),
    "a control character": (
        lambda b: b["wanted"][0]["tensors"][0].update(names=["a\x1b"]),
        "printable",
    ),
    "a name too many": (
        lambda b: b["wanted"][0]["tensors"][0].update(
            names=[f"n{i}" for i in range(257)]
        ),
        "at most 256",
    ),
    "another build": (
        lambda b: b.update(body=9, build="9.1.0"),
        "another build of Amalgam (version 9.1.0",
    ),
    "an older build": (
        lambda b: [b.pop("body"), b.pop("build")],
        "another build of Amalgam (an older one",
    ),
    "a hostile build": (
        lambda b: b.update(body=9, build="\x1b[2J"),
        "another build of Amalgam (an older one",
    ),
}


@pytest.mark.parametrize("kind", NAMED)
def test_one_line_says_what_is_wrong(job, tmp_path, kind):
    change, says = NAMED[kind]
    key = sealed(job, tmp_path, change)
    assert len(refused(*extract(key, job, tmp_path / "out"), says=says)) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["k"]


def test_curves_are_of_the_plans_sub_networks(job, tmp_path):
    """A key that exchanges its tasks would show one's curves under the other's name."""
    (tmp_path / "metrics.jsonl").write_text(LINE)
    call = ("curves", "--result", tmp_path, "--key")
    assert "one: " in run(*call, job.key).stdout
    refused(*call, sealed(job, tmp_path, exchange_wanted), says="another sub-network than its plan")  # fmt: skip


def test_the_same_body_sealed_again_works(job, tmp_path):
    run(*extract(sealed(job, tmp_path, lambda b: None), job, tmp_path / "out"))
    assert plan_of(tmp_path / "k" / "0.key") == plan_of(job.key)


def test_a_key_that_others_can_read_gets_a_note(job, tmp_path):
    key = sealed(job, tmp_path, lambda b: None)
    assert "others" not in run("inspect", key).stdout
    assert "others" not in run(*extract(key, job, tmp_path / "a")).stderr
    for mode in (0o640, 0o604, 0o666):
        key.chmod(mode)
        assert "can be read by others" in run("inspect", key).stdout
        result = run(*extract(key, job, tmp_path / f"{mode}"))
        assert "amalgam: note: " in result.stderr and "chmod 600" in result.stderr


def test_passphrases_that_cannot_be_read(job, tmp_path):
    paths = extract(job.key, job, tmp_path / "out")
    refused(*paths, "--passphrase-file", tmp_path, says="cannot be read")
    (tmp_path / "zero").write_bytes(b"a\0b\n")
    refused(*paths, "--passphrase-file", tmp_path / "zero", says="a text of at most")
    (tmp_path / "long").write_bytes(b"x" * 5000)
    refused(*paths, "--passphrase-file", tmp_path / "long", says="a text of at most")
    (tmp_path / "line").write_bytes(b"\n")
    refused(*paths, "--passphrase-file", tmp_path / "line", says="empty")
    reading, writing = os.pipe()  # a password manager's output
    os.write(writing, b"secret\n")
    os.close(writing)
    run(*paths, "--passphrase-file", f"/dev/fd/{reading}", pass_fds=[reading])
    os.close(reading)
