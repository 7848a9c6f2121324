"""Law 9: an interrupted or failed run leaves nothing that looks complete, and never touches its inputs."""

import resource
import signal
import subprocess
import time

import numpy
import pytest
from command_lines import obfuscate_call
from conftest import AMALGAM, make_task, refused, run


@pytest.fixture
def big(tmp_path):
    """Inputs that take about a second to weave."""
    task = make_task("one", "MLP", count=20)
    task.x = numpy.random.default_rng(0).integers(
        0, 256, (60_000, 1, 28, 28), numpy.uint8
    )
    task.y = numpy.arange(60_000) % 10
    task.write(tmp_path)
    (tmp_path / "r.toml").write_text("")
    return tmp_path


def arguments(folder):
    return obfuscate_call(folder, "--decoys", 3, model="one.pt2", data="one.npz", key="home.key")  # fmt: skip


def visible(folder):
    return sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))


INPUTS = ["one.npz", "one.pt2", "r.toml"]


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
TIMES = (0.05, 0.4, 0.8)


@pytest.mark.parametrize(
    "sent, after",
    [
        *zip(SIGNALS, TIMES, strict=True),
        *[
            pytest.param(sent, after, marks=pytest.mark.full)
            for i, sent in enumerate(SIGNALS)
            for j, after in enumerate(TIMES)
            if i != j
        ],
    ],
)
def test_interrupted_runs(big, sent, after):
    process = subprocess.Popen(
        [str(a) for a in (AMALGAM, *arguments(big))], stderr=subprocess.PIPE, text=True
    )
    time.sleep(after)
    process.send_signal(sent)
    process.communicate()
    if process.returncode == 0:
        pytest.skip("it was done before the signal came")
    assert visible(big) == INPUTS
    if sent != signal.SIGKILL:
        assert process.returncode == -sent
        assert [p.name for p in big.iterdir() if p.name.startswith(".")] == []
    # What a kill leaves behind has a name of its own, and does not stand in the way of the next run.
    run(*arguments(big))
    assert visible(big) == sorted(["home.key", "job", *INPUTS])


def test_a_full_disk(big):
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))

    result = subprocess.run(
        [str(a) for a in (AMALGAM, *arguments(big))],
        preexec_fn=limit,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert "cannot be written" in result.stderr
    assert visible(big) == INPUTS


def test_existing_outputs_are_refused_before_any_work(big):
    (big / "job").mkdir()
    refused(*arguments(big), says="already there")
    assert visible(big) == sorted(["job", *INPUTS])
    assert list((big / "job").iterdir()) == []


def test_a_folder_that_is_not_there(big):
    changed = [a if a != big / "job" else big / "no" / "job" for a in arguments(big)]
    refused(*changed, says="not a folder")
    assert visible(big) == INPUTS


def test_inspect_never_overwrites(big):
    run("inspect", big / "one.pt2", "--json", big / "found.json")
    refused(
        "inspect", big / "one.pt2", "--json", big / "found.json", says="already there"
    )
