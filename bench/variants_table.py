"""What `--variants same` and `--variants family` tell of published architectures: the tables of docs/variants.md.

    .venv/bin/python bench/variants_table.py [--games 400] [--subnetworks 5]

Jobs are drawn over shapes alone: each architecture's family as the program has it (build/tests/print_family, which `make build`
leaves), and its decoys' forms as src/variants/balanced.h draws them. The attackers see the forms, in any order, and name one:

  designer   the form whose sizes and depths are likeliest, by those of the published architectures of all other families
  published  one that is a published architecture exactly, where any is
  odd        of three or more, the one farthest from all others, in logarithms of sizes and depths
  median, smallest, largest    by parameters, roughly: the square of the widths times the depth
"""

from __future__ import annotations

import argparse
import json
import math
import random
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from intervals import wilson

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "src" / "audit" / "published_sizes.txt"
TOOL = ROOT / "build" / "tests" / "print_family"
MEASURED = (
    "bert-2-128", "bert-12-768", "gpt2-small", "vit-tiny", "vit-base", "t5-small", "electra-small", "whisper-tiny",
    "pythia-70m", "opt-125m", "minilm-6-384", "qwen2-0.5b", "resnet-18", "resnet-50", "cifar-resnet-20", "wrn-28-10", "vgg-16",
    "densenet-121", "mobilenet_v2-1.0", "efficientnet-b0", "convnext-tiny", "swin-tiny", "lenet-5", "textcnn-100", "lstm-650",
    "mlp-300-100",
)  # fmt: skip
# GPT-2's deviations are computed from its depth, so that it stays (src/variants/stages.h).
TELLS_DEPTH = {"gpt2"}


@dataclass(frozen=True)
class Form:
    sizes: tuple[int, ...]
    head: int
    depths: tuple[int, ...]

    def cost(self) -> float:
        """Parameters, but for a factor."""
        return max(self.sizes) ** 2 * max(sum(self.depths), 1)


@dataclass(frozen=True)
class Published:
    family: str
    name: str
    form: Form


def read_table() -> list[Published]:
    rows = []
    for line in TABLE.read_text().splitlines():
        family, name, sizes, head, depths = line.split()
        numbers = tuple(int(size) for size in sizes.split(","))
        counts = () if depths == "-" else tuple(int(d) for d in depths.split(","))
        rows.append(Published(family, name, Form(numbers, int(head), counts)))
    return rows


def family(form: Form, varies_depth: bool = True, tool: Path = TOOL) -> list[Form]:
    """All forms of the family, the given one among them, as the program's own ladder has them."""
    line = f"{joined(form.sizes)} {joined(form.depths if varies_depth else ())}"
    done = subprocess.run([tool], input=line, capture_output=True, text=True, check=True)  # fmt: skip
    forms = [
        Form(tuple(sizes), form.head, tuple(depths) if varies_depth else form.depths)
        for sizes, depths in json.loads(done.stdout)
    ]
    # One head is no split of a width, so that it is another family's.
    return [f for f in forms if not f.head or min(f.sizes) > 1 or min(form.sizes) == 1]


def joined(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers)) or "-"


def draw_forms(own: int, members: int, count: int, rng: random.Random) -> list[int]:
    """As src/variants/balanced.h."""
    everyone = count + 1
    each, more = divmod(everyone, members)
    own_has_more = rng.randrange(everyone) < more * (each + 1)
    others = [form for form in range(members) if form != own]
    forms = [form for i in range(each) for form in others + ([own] if i else [])]
    if own_has_more and each:
        forms.append(own)
    forms += rng.sample(others, more - own_has_more)
    return forms


def round_prior(size: int) -> float:
    """How likely a size is by its roundness alone."""
    if size & (size - 1) == 0:
        return 0.4
    if size % 3 == 0 and (size // 3) & (size // 3 - 1) == 0:
        return 0.3
    if size % 100 == 0 or size % 64 == 0:
        return 0.1
    return 0.05 if size % 10 == 0 or size % 8 == 0 else 0.01


class Habits:
    """Sizes and depths of all published architectures but one family's."""

    def __init__(self, rows: Sequence[Published], without: str) -> None:
        weights = Counter(row.family for row in rows)
        self.sizes: Counter[int] = Counter()
        self.depths: Counter[int] = Counter()
        for row in rows:
            if row.family == without:
                continue
            for size in set(row.form.sizes):  # each family as often
                self.sizes[size] += 1 / weights[row.family]
            for depth in row.form.depths:
                self.depths[depth] += 1 / weights[row.family]

    def likelihood(self, form: Form) -> float:
        sizes = [math.log(self.sizes[size] + round_prior(size)) for size in set(form.sizes)]  # fmt: skip
        depths = [math.log(self.depths[depth] + 0.1) for depth in form.depths] or [0.0]
        return sum(sizes) / len(sizes) + sum(depths) / len(depths)


def farthest(forms: Sequence[Form]) -> list[float]:
    points = [[math.log(n) for n in (*f.sizes, *f.depths)] for f in forms]
    return [min((math.dist(p, q) for j, q in enumerate(points) if j != i), default=0.0) for i, p in enumerate(points)]  # fmt: skip


Attacker = Callable[[Sequence[Form]], list[float]]


def attackers(rows: Sequence[Published], own: str) -> dict[str, Attacker]:
    habits = Habits(rows, own)
    known = {row.form for row in rows}

    def middling(forms: Sequence[Form]) -> list[float]:
        costs = sorted(form.cost() for form in forms)
        return [-abs(math.log(f.cost() / costs[len(costs) // 2])) for f in forms]

    return {
        "designer": lambda forms: [habits.likelihood(form) for form in forms],
        "published": lambda forms: [float(form in known) for form in forms],
        "odd": farthest,
        "median": middling,
        "smallest": lambda forms: [-form.cost() for form in forms],
        "largest": lambda forms: [form.cost() for form in forms],
    }


def hit(scores: Sequence[float]) -> float:
    """The wanted one stands first; those that are alike are picked by chance."""
    best = max(scores)
    return (1 / scores.count(best)) if scores[0] == best else 0.0


def play(rows: Sequence[Published], row: Published, forms: list[Form], subnetworks: int, games: int) -> dict[str, float]:  # fmt: skip
    rng = random.Random(f"{row.name} {subnetworks}")
    all_attackers = attackers(rows, row.family)
    hits = dict.fromkeys(all_attackers, 0.0)
    own = forms.index(row.form)
    for _ in range(games):
        drawn = [row.form] + [forms[i] for i in draw_forms(own, len(forms), subnetworks - 1, rng)]  # fmt: skip
        for name, attacker in all_attackers.items():
            hits[name] += hit(attacker(drawn))
    return hits


def cell(hits: float, games: int, chance: float) -> str:
    low, high = wilson(hits, games)
    share = (hits / games - chance) / (1 - chance)
    return f"{share:.2f} [{(low - chance) / (1 - chance):.2f}, {(high - chance) / (1 - chance):.2f}]"  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--games", type=int, default=400)
    parser.add_argument("--subnetworks", type=int, default=5)
    options = parser.parse_args()
    games, k = options.games, options.subnetworks
    rows = read_table()
    by_name = {row.name: row for row in rows}
    known = {row.form for row in rows}
    names = list(attackers(rows, ""))
    print(f"Advantages over {games} jobs of {k} sub-networks with --variants family; with same, each attacker's is 0.\n")  # fmt: skip
    print("| wanted | forms | published | " + " | ".join(names) + " |")
    print("| --- " * (len(names) + 3) + "|")
    total = dict.fromkeys(names, 0.0)
    forms_of = {
        name: family(by_name[name].form, by_name[name].family not in TELLS_DEPTH)
        for name in MEASURED
    }
    for name, forms in forms_of.items():
        row = by_name[name]
        hits = play(rows, row, forms, k, games)
        for attacker in names:
            total[attacker] += hits[attacker]
        cells = [cell(hits[attacker], games, 1 / k) for attacker in names]
        print(f"| {name} | {len(forms)} | {sum(form in known for form in forms)} | " + " | ".join(cells) + " |")  # fmt: skip
    everyone = games * len(MEASURED)
    print("| all | | | " + " | ".join(cell(total[a], everyone, 1 / k) for a in names) + " |")  # fmt: skip
    # A person who chooses any member of a family, as those did who published none.
    rng, by_family = (
        random.Random("any"),
        {r.family: attackers(rows, r.family) for r in rows},
    )
    total = dict.fromkeys(names, 0.0)
    for game in range(everyone):
        row = by_name[MEASURED[game % len(MEASURED)]]
        forms = forms_of[row.name]
        own = rng.randrange(len(forms))
        drawn = [forms[own]] + [forms[i] for i in draw_forms(own, len(forms), k - 1, rng)]  # fmt: skip
        for attacker, score in by_family[row.family].items():
            total[attacker] += hit(score(drawn))
    print("| any form of these families | | | " + " | ".join(cell(total[a], everyone, 1 / k) for a in names) + " |")  # fmt: skip


if __name__ == "__main__":
    main()
