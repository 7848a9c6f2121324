"""Ctrl-C ends a call at once, with or without a bar, and leaves nothing half-written; the next call works."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

SETUP = """
    import os, signal, sys, threading, numpy, torch, amalgam
    from amalgam import _core
    folder, inner = sys.argv[1], _core.obfuscate
    def begun(*arguments):
        print("begun", flush=True)
        return inner(*arguments)
    def call(rows, name, decoys):
        x = numpy.zeros((rows, 128, 128), numpy.uint8)
        model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16384, 3))
        return amalgam.obfuscate(model, torch.zeros(4, 128, 128), (x, numpy.arange(rows) % 3), threads=1, decoys=decoys,
            job=f"{folder}/{name}", key=f"{folder}/{name}.key", progress=False).facts["rows"]
    def large():
        _core.obfuscate = begun
        try:
            return call(4000, "large", 30)
        finally:
            _core.obfuscate = inner
"""


def interrupted(folder, code, *, wait=0.3, times=1):
    """Runs the code, presses Ctrl-C some time after it says 'begun', and returns what it said and how long that took."""
    program = textwrap.dedent(SETUP) + textwrap.dedent(code)
    child = subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
    assert child.stdout.readline() == "begun\n", child.communicate()
    time.sleep(wait)
    for _ in range(times):
        os.kill(child.pid, signal.SIGINT)
        time.sleep(0.3)
    said, errors = child.communicate(timeout=120)
    return said, errors, child.returncode


def test_obfuscate_stops_and_another_call_works(tmp_path):
    said, errors, _ = interrupted(tmp_path, """
        try:
            large()
        except KeyboardInterrupt:
            print("stopped", sorted(os.listdir(folder)), flush=True)
        print(call(40, "small", 1), sorted(os.listdir(folder)))
    """)  # fmt: skip
    assert said.splitlines() == ["stopped []", "40 ['small', 'small.key']"], errors


def test_a_handler_of_ones_own_decides(tmp_path):
    said, errors, _ = interrupted(tmp_path, """
        class Enough(Exception): pass
        def handler(*_):
            print("heard", flush=True)
            if len(sys.argv) > 2: raise Enough
            sys.argv.append("next time")
        signal.signal(signal.SIGINT, handler)
        try:
            large()
        except Enough:
            print("stopped", os.listdir(folder))
    """, times=2)  # fmt: skip
    assert said.splitlines() == ["heard", "heard", "stopped []"], errors


def test_calls_from_other_threads(tmp_path):
    said, errors, _ = interrupted(tmp_path, """
        found, done, heard = [], threading.Event(), threading.Event()
        def elsewhere():
            heard.wait()  # an interrupt is caught from now on
            print("begun", flush=True)
            found.append(call(400, "job", 1))
            done.set()
        threading.Thread(target=elsewhere).start()
        while not done.is_set():
            try:
                heard.set()
                done.wait(0.1)
            except KeyboardInterrupt:
                print("heard")
        print(found)
    """, wait=0)  # fmt: skip
    assert said.splitlines() == ["heard", "[400]"], errors


@pytest.mark.parametrize("what", ["verify", "audit"])
def test_verify_and_audit_stop(tmp_path, what):
    call = {
        "verify": 'amalgam.verify(model, example, data, recipe=recipe, job=job.path, key=job.key, steps=100_000)',
        "audit": 'amalgam.audit(job=job.path, key=job.key, games=1_000_000, progress=False)',
    }[what]  # fmt: skip
    said, errors, _ = interrupted(tmp_path, f"""
        model, example, recipe = torch.nn.Linear(64, 3), torch.zeros(4, 64), amalgam.Recipe(epochs=100_000)
        data = numpy.random.default_rng(0).random((400, 64), numpy.float32), numpy.arange(400) % 3
        job = amalgam.obfuscate(model, example, data, recipe=recipe, job=folder + "/job", key=folder + "/key", progress=False)
        print("begun", flush=True)
        try:
            {call}
        except KeyboardInterrupt:
            print("stopped", sorted(os.listdir(folder)))
    """, wait=2)  # fmt: skip
    assert said.splitlines() == ["stopped ['job', 'key']"], errors
