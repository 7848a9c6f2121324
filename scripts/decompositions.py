"""Writes src/formats/decompositions.h: Unicode's canonical decompositions, but for what is computed or of no use here.

python scripts/decompositions.py

Hangul is computed; the doubles of Chinese characters that one code page has twice are no accents.
"""

import unicodedata
from pathlib import Path

TABLE = Path(__file__).resolve().parent.parent / "src/formats/decompositions.h"
DOUBLES = (range(0xF900, 0xFB00), range(0x2F800, 0x2FA20))

HEAD = f"""// Unicode {unicodedata.unidata_version}'s canonical decompositions into one or two characters, by
// scripts/decompositions.py: a character, and what it is written as (0: nothing further).
#pragma once

#include <cstdint>

namespace amalgam {{

struct Decomposition {{
  std::uint32_t whole, first, second;
}};

// In the order of `whole`.
inline constexpr Decomposition kDecompositions[] = {{
"""


def entries():
    for code in range(0x110000):
        parts = unicodedata.decomposition(chr(code)).split()
        if not parts or parts[0].startswith("<") or any(code in r for r in DOUBLES):
            continue
        yield "{" + ", ".join(f"0x{int(p, 16):X}" for p in [f"{code:X}", *parts, "0"][:3]) + "}"  # fmt: skip


def main():
    lines, line = [], ""
    for entry in entries():
        if len(line) + len(entry) + 2 > 96:
            lines.append(line.rstrip())
            line = ""
        line += entry + ", "
    lines.append(line.rstrip())
    body = "\n".join("    " + line for line in lines)
    TABLE.write_text(f"{HEAD}    // clang-format off\n{body}\n    // clang-format on\n}};\n\n}}  // namespace amalgam\n")  # fmt: skip


if __name__ == "__main__":
    main()
