"""A guest's model as .pt2.

Examples:
  python -m amalgam.zoo resnet18 --shape 3,32,32 --classes 10 --out guest.pt2
  python -m amalgam.zoo lstm --shape 64 --classes 4 --out guest.pt2 --seed 7
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import torch

from ..errors import Error
from ..exporting import export
from . import MODELS, example

_MOST = 1_000_000  # classes, and each size of a sample


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as the other commands do."""

    def error(self, message: str) -> NoReturn:
        print(f"amalgam: {message.removeprefix('argument ')} (see {self.prog} --help)", file=sys.stderr)  # fmt: skip
        sys.exit(2)


def _whole(least: int, most: int) -> Callable[[str], int]:
    """The type of an option that takes whole numbers of this range."""

    def number(text: str) -> int:
        try:
            found = int(text)
        except ValueError:
            found = least - 1
        if not least <= found <= most:
            raise argparse.ArgumentTypeError(f"expected a whole number from {least} to {most}, found {text:.40}")  # fmt: skip
        return found

    return number


def _shape(text: str) -> list[int]:
    try:
        return [_whole(1, _MOST)(size) for size in text.split(",")]
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"expected whole numbers from 1 to {_MOST} and commas, as in 3,32,32, found {text:.40}") from None  # fmt: skip


def main() -> int:
    parser = _Parser(
        prog="python -m amalgam.zoo",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("--shape", type=_shape, required=True, help="of one sample: 3,32,32, or 64 tokens")  # fmt: skip
    parser.add_argument("--classes", type=_whole(1, _MOST), required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=_whole(0, 2**64 - 1), help="of the initial values (default: from the system)")  # fmt: skip
    options = parser.parse_args()
    if options.out.exists():
        print(f"amalgam: {options.out}: is there already; nothing was overwritten", file=sys.stderr)  # fmt: skip
        return 1
    if options.seed is not None:
        torch.manual_seed(options.seed)
    else:
        torch.seed()
    try:
        model = MODELS[options.model](options.shape, options.classes)
        eval_path = export(model, example(options.shape, options.model), options.out)
    except (Error, OSError) as error:
        print(f"amalgam: {error}", file=sys.stderr)
        return 1
    except (RuntimeError, MemoryError) as error:  # of torch: more memory than there is
        first = (str(error).splitlines() or ["there is not enough memory"])[0]
        shape = ",".join(map(str, options.shape))
        print(f"amalgam: {options.model}: cannot be built for --shape {shape} and --classes {options.classes}: {first}", file=sys.stderr)  # fmt: skip
        return 1
    print(options.out if eval_path is None else f"{options.out}, and {eval_path} for --eval-model")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
