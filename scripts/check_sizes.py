"""Keeps files small: fails on one of more than 400 lines."""

import subprocess
import sys
from pathlib import Path

MOST_LINES = 400


def main():
    root = Path(__file__).resolve().parent.parent
    patterns = ["*.cpp", "*.h", "*.py"]
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *patterns],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    failed = False
    for name in listed.stdout.split():
        path = root / name
        if not path.exists():
            continue
        lines = len(path.read_text().splitlines())
        if lines > MOST_LINES:
            print(f"{name}: {lines} lines; at most {MOST_LINES}")
            failed = True
    sys.exit(failed)


if __name__ == "__main__":
    main()
