"""train.py killed at any moment continues to the same bytes."""

import collections
import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_lines import one_thread
from trainer_runs import TRAIN, small_job

KILLING = Path(__file__).with_name("killing.py")


def kills(folder, saves, calls, *options):
    """Of a small job whose optimizer has a state and steps over two batches."""
    job = small_job(folder, TRAIN + "accumulate = 2\n")
    command = [sys.executable, KILLING, job, folder, saves, calls, *options]
    done = subprocess.run([str(a) for a in command], capture_output=True, text=True, env=one_thread())  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = [json.loads(line) for line in done.stdout.splitlines()]
    failed = [one for one in found if one["status"] or one["different"]]
    assert not failed, failed[:3]
    assert all(one["killed"] for one in found), [o for o in found if not o["killed"]][:3]  # fmt: skip
    moments = collections.Counter(one["moment"] for one in found)
    print(f"{len(found)} kills, all continued to the same bytes: {dict(moments)}")
    return moments


def test_some_kills(tmp_path):
    moments = kills(tmp_path, 6, 4)
    assert moments["call"] == 4 and sum(moments.values()) == 10


def test_some_kills_of_one_at_a_time(tmp_path):
    """Between sub-networks, too, and where their files are joined."""
    moments = kills(tmp_path, 8, 4, "--one-at-a-time")
    assert sum(moments.values()) == 12


@pytest.mark.full
def test_100_kills_of_one_at_a_time(tmp_path):
    moments = kills(tmp_path, 70, 30, "--one-at-a-time", "--keep", "last=1,best")
    assert sum(moments.values()) == 100


@pytest.mark.full
def test_200_kills(tmp_path):
    """Half of them inside saves; half of the runs save after each batch."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    moments = kills(tmp_path / "a", 50, 50) + kills(tmp_path / "b", 50, 50, "--checkpoint-minutes", 0)  # fmt: skip
    assert sum(moments.values()) == 200 and moments["call"] == 100
    for name in ("replace", "fsync", "write", "half a write"):
        assert moments[name] > 0, moments
