"""Standard streams that are closed or full, limits and signals of the caller, files that are cut, hostile names."""

import json
import os
import resource
import signal
import subprocess
import time

import numpy
import pytest
import torch
from command_lines import extract_call, obfuscate_call
from conftest import AMALGAM, SEED, Job, digests, make_task, refused, run
from damage import cut, damaged
from safetensors.torch import save_file
from system_calls import calls_of, faulty, remove


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Job(tmp_path_factory.mktemp("made"), [make_task("one", "MLP", 40)], "[train]\nepochs = 1\n")  # fmt: skip


def shell(command, **options):
    """Runs a line of sh with "$A" as the command."""
    return subprocess.run(
        ["sh", "-c", command], env={**os.environ, "A": str(AMALGAM)}, capture_output=True, text=True, **options
    )  # fmt: skip


def arguments(folder, out):
    (out / "r.toml").write_text("")
    return obfuscate_call(out, "--seed", SEED, model=folder / "one.pt2", data=folder / "one.npz", key="home.key")  # fmt: skip


@pytest.mark.parametrize("to", ["> /dev/full", ">&-", "| true"])
@pytest.mark.parametrize("what", ["inspect FILE --json -", "inspect FILE", "--help", "extract --help", "audit --help", "--version"])  # fmt: skip
def test_standard_output_that_takes_nothing(made, what, to):
    command = what.replace("FILE", f"'{made.folder / 'one.npz'}'")
    if to == "| true":  # a reader that is gone before anything comes
        to = "| (exec <&-; echo closed >&2); exit ${PIPESTATUS:-0}"
        result = subprocess.run(
            ["bash", "-c", f'(while ! [ -e "$D/gone" ]; do sleep 0.01; done; "$A" {command}) | (exec <&-; touch "$D/gone"); exit ${{PIPESTATUS[0]}}'],
            env={**os.environ, "A": str(AMALGAM), "D": str(made.folder)}, capture_output=True, text=True,
        )  # fmt: skip
        (made.folder / "gone").unlink()
    else:
        result = shell(f'"$A" {command} {to}')
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("amalgam: standard output: cannot be written: ")


def test_no_file_gets_the_number_of_a_closed_stream(made, tmp_path):
    for closing in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        out = tmp_path / closing.replace(" ", "")
        out.mkdir()
        call = " ".join(f"'{a}'" for a in arguments(made.folder, out))
        result = shell(f'"$A" {call} {closing}')
        assert result.returncode == (1 if ">&-" in closing.split() else 0)
    expected = digests(tmp_path / "<&-" / "job")
    for out in tmp_path.iterdir():
        assert digests(out / "job") == expected, out.name


@pytest.mark.parametrize("action", [signal.SIG_DFL, signal.SIG_IGN])
@pytest.mark.parametrize("most", [0, 100_000, 600_000])
def test_files_longer_than_the_caller_allows(made, tmp_path, action, most):
    def limit():
        signal.signal(signal.SIGXFSZ, action)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    call = arguments(made.folder, tmp_path)
    lines = refused_with(call, preexec_fn=limit)
    assert "File too large" in lines[0] and ".incomplete" not in lines[0]
    assert [p.name for p in tmp_path.iterdir()] == ["r.toml"]


def refused_with(call, **options):
    result = subprocess.run([str(a) for a in (AMALGAM, *call)], capture_output=True, text=True, **options)  # fmt: skip
    assert result.returncode == 1, (result.returncode, result.stderr)
    assert len(result.stderr.splitlines()) == 1
    return result.stderr.splitlines()


def test_a_hangup_that_the_caller_ignores(made, tmp_path):
    process = subprocess.Popen(
        [str(a) for a in (AMALGAM, *arguments(made.folder, tmp_path))],
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN), stdout=subprocess.DEVNULL,
    )  # fmt: skip
    while process.poll() is None:
        process.send_signal(signal.SIGHUP)
        time.sleep(0.001)
    assert process.returncode == 0


@pytest.mark.parametrize("kind", ["safetensors", "npy"])
def test_a_file_that_is_cut_while_it_is_read(tmp_path, kind):
    task = make_task("one", "MLP", 20)
    random = numpy.random.default_rng(0)
    task.x = random.integers(0, 256, (60_000, 1, 28, 28), numpy.uint8)
    task.y = numpy.arange(60_000) % 10
    task.write(tmp_path)
    data = tmp_path / f"one.{kind}"
    named = f"{data}"
    if kind == "safetensors":
        save_file({"x": torch.tensor(task.x), "y": torch.tensor(task.y)}, data)
    if kind == "npy":
        numpy.save(data, task.x)
        numpy.save(tmp_path / "y.npy", task.y)
        named += f",{tmp_path / 'y.npy'}"
    call = [named if a == tmp_path / "one.npz" else a for a in arguments(tmp_path, tmp_path)]  # fmt: skip
    call += ["--threads", 1, "--shard-bytes", 10_000_000]
    half = len(calls_of(tmp_path.parent / "calls", *call)) // 2
    for made in ("job", "home.key"):
        remove(tmp_path / made)
    places = faulty(f"signal {int(signal.SIGSTOP)} {half}")
    process = subprocess.Popen([str(a) for a in (AMALGAM, *call)], env=places, stderr=subprocess.PIPE, text=True)  # fmt: skip
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    os.truncate(data, 10_000)
    process.send_signal(signal.SIGCONT)
    _, said = process.communicate()
    assert process.returncode == 1
    assert said == f"amalgam: {data}: was cut while it was read, or its disk fails; try again when it is whole\n"  # fmt: skip
    assert not (tmp_path / "job").exists() and not list(tmp_path.glob(".*"))


def test_outputs_inside_a_job_are_refused_by_every_command(made, tmp_path):
    job, key = made.path, made.key
    before = digests(job)
    weights, log = job / "weights.safetensors", made.folder / "metrics.jsonl"
    log.write_text("")
    (tmp_path / "link").symlink_to(job / "data")
    calls = [
        ["extract", "--key", key, "--trained", weights, "--out"],
        ["curves", "--key", key, "--result", log, "--out"],
        ["audit", "--key", key, "--job", job, "--json"],
        ["audit", "--key", key, "--job", job, "--report"],
        ["inspect", job, "--json"],
        ["inspect", key, "--json"],
        ["verify", "--key", key, "--job", job, "--recipe", made.recipe, "--plain"],
        [*arguments(made.folder, tmp_path)[:-6], "--job", tmp_path / "job", "--key"],
        [*arguments(made.folder, tmp_path)[:-6], "--key", tmp_path / "key", "--job"],
    ]
    for call in calls:
        for place in (job / "x", job / "data" / "x", tmp_path / "link" / "x"):
            lines = refused(*call, place, status=2)
            assert "lies inside" in lines[0], lines
    assert digests(job) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link", "r.toml"]


def test_outputs_inside_each_other_or_their_inputs(made, tmp_path):
    audit = ["audit", "--key", made.key, "--job", made.path]
    for other in ("same", "./same"):
        refused(*audit, "--json", tmp_path / "same", "--report", f"{tmp_path}/{other}", status=2, says="two outputs")  # fmt: skip
    call = arguments(made.folder, tmp_path)
    refused(*call[:-3], tmp_path / "job", status=2, says="two outputs")
    refused(*call[:-3], tmp_path / "job" / "key", status=2, says="lies inside")
    photos = tmp_path / "photos"
    photos.mkdir()
    call[4] = photos
    for option, place in (("--job", photos / "job"), ("--key", photos / "key")):
        changed = [*call]
        changed[call.index(option) + 1] = place
        refused(*changed, status=2, says="which is read")
    refused("inspect", photos, "--json", photos / "x", status=2, says="which is read")
    assert not list(photos.iterdir())


HOSTILE = ["\x1b[2J\x1b[1;1H", "\x1b]0;title\x07", "a\nb\r\tc", "\u202egpj.exe", "\x9b31m", "w" * 1_000_000, "\u2028\u2066"]  # fmt: skip


def shows_nothing_hostile(text):
    shown = [c for c in text if c != "\n" and not c.isprintable()]
    assert not shown, shown[:9]
    assert all(len(line) < 10_000 for line in text.splitlines())


def test_names_of_a_hostile_file(tmp_path):
    tensors = {name: torch.zeros(2) for name in HOSTILE}
    path = tmp_path / "bad\x1b[2J\n\u202e.safetensors"
    save_file(tensors, path)
    result = run("inspect", path)
    shows_nothing_hostile(result.stdout)
    found = run("inspect", path, "--json", "-").stdout
    assert "\x9b" not in found and "\u202e" not in found and "\x7f" not in found
    assert json.loads(found)
    damaged(path, cut(1))
    lines = refused("inspect", path)
    shows_nothing_hostile("\n".join(lines))


def test_hostile_names_in_messages(made, tmp_path):
    for number, name in enumerate(HOSTILE[:6]):
        bad = tmp_path / f"bad{number}.safetensors"
        save_file({name: torch.zeros(2)}, bad)
        lines = refused(*extract_call(made.key, bad, tmp_path / "out"))
        shows_nothing_hostile("\n".join(lines))
        recipe = tmp_path / f"bad{number}.toml"
        recipe.write_text(f"[train]\n{json.dumps(name)} = 1\n")
        lines = refused(*obfuscate_call(tmp_path, model=None, data=None, recipe=recipe))
        shows_nothing_hostile("\n".join(lines))


def test_libraries_print_nothing_of_their_own(tmp_path):
    images = {
        "a.bmp": b"BM" + bytes(12) + (40).to_bytes(4, "little") + (b"\x07\0\0\0" * 2) + b"\1\0\x18\0" + b"\x09" * 900,
        "b.webp": b"RIFF\x1a\0\0\0WEBPVP8 \1\0\0\0",
        "c.png": b"\x89PNG\r\n\x1a\n" + bytes(40),
    }  # fmt: skip
    for name, content in images.items():
        folder = tmp_path / name[0] / "class"
        folder.mkdir(parents=True)
        (folder / name).write_bytes(content)
        (line,) = refused("inspect", tmp_path / name[0])
        assert name in line
