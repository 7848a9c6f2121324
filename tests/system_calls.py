"""Runs of the amalgam command in which one chosen system call goes wrong (tests/tools/fault_at.cpp)."""

import os
import subprocess

from conftest import AMALGAM, BUILD

LIBRARY = BUILD / "tests" / "libfault_at.so"


def faulty(fault):
    """The environment in which it happens; `fault` is "kill 17" and its kin, or "" for none."""
    return {**os.environ, "LD_PRELOAD": str(LIBRARY), "AMALGAM_FAULT": fault}


def run_with(fault, *arguments, **options):
    """The finished process."""
    places = faulty(fault)
    command = [str(a) for a in (AMALGAM, *arguments)]
    return subprocess.run(
        command, env={**places, **options.pop("env", {})}, capture_output=True, text=True, **options
    )  # fmt: skip


def calls_of(log, *arguments):
    """The names of the counted calls of a run in which nothing goes wrong."""
    log.unlink(missing_ok=True)
    result = run_with("", *arguments, env={"AMALGAM_FAULT_LOG": str(log)})
    assert result.returncode == 0, result.stderr
    return [line.split()[1] for line in log.read_text().splitlines()]


def spread(total, most):
    """At most so many call numbers, evenly over all of them, the first and last among them."""
    if total <= most:
        return list(range(1, total + 1))
    return sorted({1 + i * (total - 1) // (most - 1) for i in range(most)})


def remove(path):
    if not path.is_dir():
        path.unlink(missing_ok=True)
        return
    for inner in path.iterdir():
        remove(inner)
    path.rmdir()
