"""Folders for intermediate files: each run holds a lock on its own, so that what a killed run left is told and removed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import tempfile
from pathlib import Path

_BEGIN = "amalgam-python-"  # beside those of the core, amalgam-verify- and its kin


def _opened(path: Path) -> int | None:
    """A descriptor of a folder of this user's."""
    try:
        found = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    if os.fstat(found).st_uid == os.geteuid():
        return found
    os.close(found)
    return None


def _alone(descriptor: int) -> bool | None:
    """Whether nobody else has locked it; None where the file system has no locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _remove_leftovers(folder: Path) -> None:
    for path in folder.glob(f"{_BEGIN}*"):
        found = _opened(path)
        if found is not None:
            if _alone(found):
                shutil.rmtree(path, ignore_errors=True)
            os.close(found)


class TemporaryFolder(contextlib.AbstractContextManager["TemporaryFolder"]):
    """A new folder, for this user's eyes alone, which goes when it is closed."""

    def __init__(self) -> None:
        folder = Path(tempfile.gettempdir())
        _remove_leftovers(folder)
        while True:  # another run may take a new folder before it is locked
            self.path = folder / f"{_BEGIN}{secrets.token_hex(6)}"
            self.path.mkdir(mode=0o700)
            lock = _opened(self.path)
            if lock is None:
                continue
            if _alone(lock) is not False and self.path.exists():
                break
            os.close(lock)
        self._lock = lock

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._lock >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1

    def __del__(self) -> None:
        if hasattr(self, "_lock"):
            self.close()
