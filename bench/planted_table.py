"""What the audit names of what is planted: the table of docs/audit.md, written into it.

python bench/planted_table.py [--out docs/audit.md]

Fails where a planted tell is not named or a fair job fails, and leaves the file alone then.
"""

import argparse
import sys
import tempfile
import warnings
from pathlib import Path

sys.path.extend(str(Path(__file__).resolve().parent.parent / n) for n in ("examples", "tests", "tests/audit"))  # fmt: skip
from audits import kinds
from planted import load, report_of
from tqdm import tqdm

BEGIN, END = "<!-- planted -->\n", "<!-- planted, end -->\n"


def table(planted, fair):
    """Its lines, and what is not as it should be."""
    lines, wrong = ["| planted | named as |", "| --- | --- |"], []
    for plant in tqdm([*planted, *fair], disable=None):
        with tempfile.TemporaryDirectory() as folder:
            report = report_of(plant, Path(folder))
        found = kinds(report)
        if plant in fair:
            lines.append(f"| fair: {plant.what} | {', '.join(sorted(set(found))) or '-'} |")  # fmt: skip
            wrong += [plant.name] if report["verdict"] == "fail" else []
            continue
        named = sorted({kind for kind in found if kind in plant.kinds})
        lines.append(f"| {plant.what} | {', '.join(named) or 'not yet'} |")
        wrong += [f"{plant.name}: {found}"] if bool(named) == plant.missed else []
    return lines, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--out", type=Path, default=Path("docs/audit.md"))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    lines, wrong = table(*load())
    if wrong:
        return "\n".join(wrong)
    text = options.out.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    options.out.write_text(before + BEGIN + "\n".join(lines) + "\n" + END + after)
    return 0


if __name__ == "__main__":
    sys.exit(main())
