"""The amalgam command, as the package carries it."""

import os
import sys
from pathlib import Path


def main() -> None:
    program = Path(__file__).parent / "amalgam"
    os.environ.setdefault("AMALGAM_PYTHON", sys.executable)  # for verify and audit
    os.execv(program, ["amalgam", *sys.argv[1:]])


if __name__ == "__main__":
    main()
