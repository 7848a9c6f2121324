"""Keeps files small and public headers explained: fails on a file of more than 400 lines, and on fewer lines of comments in
include/ than half of its lines of code."""

import subprocess
import sys
from pathlib import Path

MOST_LINES = 400
LEAST_COMMENTS = 0.5


def too_long(files):
    for name, lines in files.items():
        if len(lines) > MOST_LINES:
            yield f"{name}: {len(lines)} lines; at most {MOST_LINES}"


def unexplained(files):
    headers = {
        name: lines for name, lines in files.items() if name.startswith("include/")
    }
    told = [line.strip() for lines in headers.values() for line in lines]
    comments = sum(line.startswith("//") for line in told)
    code = sum(bool(line) and not line.startswith(("//", "#")) for line in told)
    if comments < LEAST_COMMENTS * code:
        yield f"include/: {comments} lines of comments to {code} of code; at least {LEAST_COMMENTS:.0%}"


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
    paths = [name for name in listed.stdout.split() if (root / name).exists()]
    files = {name: (root / name).read_text().splitlines() for name in paths}
    wrong = [*too_long(files), *unexplained(files)]
    print("\n".join(wrong), end="\n" if wrong else "")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
