"""A Python that has imported torch already: importing it is most of what a short training costs.

A process of this file waits and forks for each program. What tests name as their Python hands its arguments, folder,
environment and files over to it and ends as the program does. Whatever is about the interpreter itself, about what a
program imports or about signals, needs a Python of its own.
"""

import atexit
import functools
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from pathlib import Path

from command_lines import one_thread

HANDS_OVER = """#!{python} -IS
import json, os, socket, sys
wire = socket.socket(socket.AF_UNIX)
wire.connect({path!r})
request = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(wire, [len(request).to_bytes(8, "little")], [0, 1, 2])
wire.sendall(request)
status = wire.recv(1)
os._exit(status[0] if status else 125)
"""


@functools.cache
def warm_python():
    """The command's path; the process behind it ends with this one."""
    folder = tempfile.TemporaryDirectory(prefix="amalgam-warm-")
    place, command = Path(folder.name, "socket"), Path(folder.name, "python")
    command.write_text(HANDS_OVER.format(python=sys.executable, path=str(place)))
    command.chmod(0o700)
    waiting = subprocess.Popen([sys.executable, __file__, place], env=one_thread(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    atexit.register(folder.cleanup)
    atexit.register(waiting.communicate)  # which closes its input: it ends by that
    assert waiting.stdout.readline() == b"ready\n"
    return command


def import_all():
    """Also what exported programs are read with, which loading one imports."""
    import io

    import numpy  # noqa: F401
    import safetensors.torch  # noqa: F401
    import torch
    import tqdm  # noqa: F401

    program, file = torch.export.export(torch.nn.Identity(), (torch.ones(2),)), io.BytesIO()  # fmt: skip
    torch.export.save(program, file)
    file.seek(0)
    torch.export.load(file).module()
    torch.optim.SGD([torch.nn.Parameter(torch.ones(1))]).step()


def request_of(wire):
    start, files, _, _ = socket.recv_fds(wire, 8, 3)
    length, text = int.from_bytes(start, "little"), b""
    while len(text) < length:
        text += wire.recv(length - len(text))
    return json.loads(text), files


def answer(wire):
    """In a process of its own, which waits for the program's: returns in the latter."""
    request, files = request_of(wire)
    program = os.fork()
    if program == 0:
        return *request, files
    ended = 0
    while not ended:
        if select.select([wire], [], [], 0.01)[0]:  # nobody waits any more
            os.kill(program, signal.SIGKILL)
        ended, status = os.waitpid(program, os.WNOHANG)
    status = os.waitstatus_to_exitcode(status)
    wire.sendall(bytes([status if status >= 0 else 128 - status]))
    os._exit(0)


def next_program(listener):
    """Returns in each program's process alone; ends with its input, as its parent does."""
    answers = []
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            os._exit(0)
        wire, _ = listener.accept()
        answering = os.fork()
        if answering == 0:
            return answer(wire)
        wire.close()
        for one in [one for one in answers if os.waitpid(one, os.WNOHANG)[0]]:
            answers.remove(one)
        answers.append(answering)


def become(arguments, folder, environment, files):
    """Runs a program as Python itself would, up to the end of this process."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    how = arguments[0] if arguments[0] in ("-c", "-m") else None
    sys.argv = [how, *arguments[2:]] if how else arguments
    sys.path[0] = "" if how else os.path.dirname(arguments[0])
    try:
        if how == "-c":
            exec(arguments[1], {"__name__": "__main__"})
        elif how == "-m":
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(arguments[0], run_name="__main__")
        end(0)
    except SystemExit as exit_:
        if isinstance(exit_.code, str):
            print(exit_.code, file=sys.stderr)
        end(exit_.code if isinstance(exit_.code, int) else int(bool(exit_.code)))
    except BaseException:
        traceback.print_exc()
        end(1)


def end(status):
    """Without freeing every object one by one, which would take longer than most programs."""
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def main():
    import_all()
    gc.freeze()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen()
    print("ready", flush=True)
    become(*next_program(listener))


if __name__ == "__main__":
    main()
