"""python -m amalgam.attackers games|job REQUEST.json OUT.json, as the core calls it.

Prints "progress DONE TOTAL" lines; a mistake ends it with status 1 and one line that says what is wrong.
"""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import signal
import sys
import warnings
from pathlib import Path
from typing import Any

from .. import _core

sys.dont_write_bytecode = True  # the job's model.py is imported, and nothing may be written there  # fmt: skip
# Nor is anything imported from the folder that the user is in: of the processes that this one starts.
os.environ.setdefault("PYTHONSAFEPATH", "1")


def progress(done: int, total: int) -> None:
    print(f"progress {done} {total}", flush=True)


def stop(*_: Any) -> None:
    for child in multiprocessing.active_children():
        child.terminate()
    sys.exit(1)


def known(found: Any) -> Any:
    """What is not finite becomes null, which JSON has."""
    if isinstance(found, dict):
        return {name: known(value) for name, value in found.items()}
    if isinstance(found, list | tuple):
        return [known(value) for value in found]
    return None if isinstance(found, float) and not math.isfinite(found) else found


def main(what: str, request_file: str, out: str) -> None:
    request = json.loads(Path(request_file).read_text())
    if request["version"] != _core.__version__:
        sys.exit(f"has amalgam {_core.__version__}, but the command is {request['version']}")  # fmt: skip
    signal.signal(signal.SIGTERM, stop)
    warnings.simplefilter("ignore")
    if what == "games":
        from .games import play_all as work
    else:
        from .own import look_at_job as work
    Path(out).write_text(json.dumps(known(work(request, progress))))


if __name__ == "__main__":
    main(*sys.argv[1:])
