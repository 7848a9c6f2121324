"""A guest's model as .pt2.

Examples:
  python -m amalgam.zoo resnet18 --shape 3,32,32 --classes 10 --out guest.pt2
  python -m amalgam.zoo lstm --shape 64 --classes 4 --out guest.pt2 --seed 7
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

from ..errors import Error
from ..exporting import export
from . import MODELS, example


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m amalgam.zoo",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("--shape", required=True, help="of one sample: 3,32,32, or 64 tokens")  # fmt: skip
    parser.add_argument("--classes", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, help="of the initial values (default: from the system)")  # fmt: skip
    options = parser.parse_args()
    try:
        shape = [int(size) for size in options.shape.split(",")]
    except ValueError:
        parser.error(f"--shape {options.shape}: expected numbers and commas")
    if options.out.exists():
        print(f"amalgam: {options.out}: is there already; nothing was overwritten", file=sys.stderr)  # fmt: skip
        return 1
    if options.seed is not None:
        torch.manual_seed(options.seed)
    else:
        torch.seed()
    try:
        model = MODELS[options.model](shape, options.classes)
        eval_path = export(model, example(shape, options.model), options.out)
    except (Error, OSError) as error:
        print(f"amalgam: {error}", file=sys.stderr)
        return 1
    print(options.out if eval_path is None else f"{options.out}, and {eval_path} for --eval-model")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
