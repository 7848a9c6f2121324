"""Law 9 at system calls: a run that is killed, stopped or refused at any call that makes, writes, flushes or renames."""

import errno
import signal
from collections import Counter

import pytest
from command_lines import extract_call, obfuscate_call
from conftest import SEED, digests, make_task, run
from system_calls import calls_of, remove, run_with, spread


class Command:
    """A command, its inputs, what it makes, and what that must be."""

    def __init__(self, folder, arguments, outputs):
        self.folder, self.arguments, self.outputs = folder, arguments, outputs
        self.inputs = self.now()
        self.calls = calls_of(folder.parent / "calls", *arguments)
        self.made = self.now()
        assert sorted(self.names()) == sorted([*self.input_names(), *outputs])
        self.clear()

    def now(self):
        return {n: d for n, d in digests(self.folder).items() if not n.startswith(".")}

    def names(self):
        return [p.name for p in self.folder.iterdir()]

    def input_names(self):
        return {name.split("/")[0] for name in self.inputs}

    def hidden(self):
        return [name for name in self.names() if name.startswith(".")]

    def clear(self):
        for output in self.outputs:
            remove(self.folder / output)
        assert self.now() == self.inputs and not self.hidden()

    def check_whole(self):
        """What can be seen is as it should be: the inputs, and outputs that are complete."""
        seen = {name.split("/")[0] for name in self.now()}
        for name, digest in self.now().items():
            if name != "home.key":  # its salt and nonce differ each time
                assert digest == self.made[name], name
        missing = {n for n in self.made if n.split("/")[0] in seen} - set(self.now())
        assert not missing
        return seen - self.input_names()

    def run(self, fault):
        return run_with(fault, *self.arguments, preexec_fn=hear_signals)


def hear_signals():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faults")
    make_task("one", "LeNet5", count=40).write(folder)
    (folder / "r.toml").write_text("")
    return folder


def obfuscate_command(inputs, tmp_path):
    folder = tmp_path / "here"
    folder.mkdir()
    for path in inputs.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    call = obfuscate_call(folder, "--seed", SEED, "--shard-bytes", 9000, model="one.pt2", data="one.npz", key="home.key")  # fmt: skip
    return Command(folder, call, ["job", "home.key"])


def extract_command(inputs, tmp_path):
    command = obfuscate_command(inputs, tmp_path)
    run(*command.arguments)
    folder = command.folder
    trained = folder / "job" / "weights.safetensors"
    return Command(folder, extract_call(folder / "home.key", trained, folder / "out"), ["out"])  # fmt: skip


COMMANDS = {"obfuscate": obfuscate_command, "extract": extract_command}


def kill_and_go_on(command, fault):
    """Kills a run; then the next one succeeds, names and removes what was left. Returns what the kill left."""
    result = command.run(fault)
    assert result.returncode == -signal.SIGKILL, (fault, result.returncode)
    seen = command.check_whole()
    assert seen != {"job"}, "a job without its key"
    left = command.hidden()
    if "home.key" in command.outputs and seen == {"home.key"}:
        again = run(*command.arguments, check=False)
        assert again.returncode == 1 and "killed at its very end" in again.stderr
        left = command.hidden()
        remove(command.folder / "home.key")
    elif seen:
        for output in command.outputs:
            remove(command.folder / output)
    again = run(*command.arguments)
    assert command.check_whole() == set(command.outputs)
    assert not command.hidden()
    removed = "removed; a run that was killed had left it"
    notes = [line for line in again.stderr.splitlines() if removed in line]
    assert len(notes) == len(left), (again.stderr, left)
    assert all(any(name in note for note in notes) for name in left)
    command.clear()
    return tuple(sorted(seen)), bool(left)


@pytest.mark.parametrize("name", COMMANDS)
def test_killed_at_some_calls(inputs, tmp_path, name):
    command = COMMANDS[name](inputs, tmp_path)
    # The last ones rename, where the order matters.
    chosen = {*spread(len(command.calls), 4), *range(max(1, len(command.calls) - 4), len(command.calls) + 1)}  # fmt: skip
    for number in sorted(chosen):
        kill_and_go_on(command, f"{'half' if number % 2 else 'kill'} {number}")


@pytest.mark.full
@pytest.mark.parametrize(("name", "kills"), [("obfuscate", 170), ("extract", 30)])
def test_killed_at_every_call(inputs, tmp_path, name, kills):
    command = COMMANDS[name](inputs, tmp_path)
    total = len(command.calls)
    faults = [f"{kind} {n}" for n in range(1, total + 1) for kind in ("kill", "half")]
    chosen = [faults[i - 1] for i in spread(len(faults), kills)]
    found = Counter()
    for i in range(kills):
        found[kill_and_go_on(command, chosen[i % len(chosen)])] += 1
    print(f"\n{name}: {total} calls ({dict(Counter(command.calls))}), {kills} kills:")
    for (seen, left), count in found.items():
        print(f"  {count} left {', '.join(seen) or 'nothing to see'}{' and a hidden folder' if left else ''}")  # fmt: skip


def check_refused(command, number, error):
    result = command.run(f"error {error} {number}")
    if command.calls[number - 1] in ("unlink", "unlinkat", "rmdir", "remove"):
        assert result.returncode == 0
        command.clear()
        return
    where = (number, command.calls[number - 1], errno.errorcode[error], result.stderr)
    assert result.returncode == 1, where
    assert len(result.stderr.splitlines()) == 1, where
    assert result.stderr.startswith("amalgam: ") and ".incomplete" not in result.stderr, where  # fmt: skip
    assert command.now() == command.inputs and not command.hidden(), where


@pytest.mark.parametrize("name", COMMANDS)
def test_a_call_that_fails(inputs, tmp_path, name):
    command = COMMANDS[name](inputs, tmp_path)
    total = len(command.calls)
    for number in {*spread(total, 6), *range(max(1, total - 4), total + 1)}:
        check_refused(command, number, errno.ENOSPC if number % 2 else errno.EIO)


@pytest.mark.full
@pytest.mark.parametrize("name", COMMANDS)
def test_every_call_that_fails(inputs, tmp_path, name):
    command = COMMANDS[name](inputs, tmp_path)
    for error in (errno.ENOSPC, errno.EIO, errno.EDQUOT):
        for number in range(1, len(command.calls) + 1):
            check_refused(command, number, error)


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopped_by_a_signal(inputs, tmp_path, name, number):
    command = COMMANDS[name](inputs, tmp_path)
    for at in spread(len(command.calls), 6):
        result = command.run(f"signal {int(number)} {at}")
        if result.returncode == 0:  # it came when all was done
            assert command.check_whole() == set(command.outputs)
            command.clear()
            continue
        assert result.returncode == -number, (at, command.calls[at - 1], result.stderr)
        assert result.stderr == "amalgam: interrupted; nothing was left behind\n"
        assert command.now() == command.inputs and not command.hidden()
