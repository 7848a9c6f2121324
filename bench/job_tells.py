"""Whether anything but its samples tells which sub-network of a job is wanted: a table for docs/audit.md.

python bench/job_tells.py [--jobs 400] [--keep]

Jobs of many kinds over convolutions, perceptrons, LSTMs, GRUs and transformers, whose starts have every initializer that
is recognised. An analyst with code of its own (analyst.py) measures starts, structure, order and labels, and picks the
sub-network with the greatest, or the least, of each. Chance is what a blind pick finds; p is one-sided, after Bonferroni's
correction over all statistics and both rules. With --keep starts are kept, which must be seen, as another size must be. Exits
with 1 where it is not as it should be.
"""

import argparse
import itertools
import json
import math
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy
import torch
import tqdm

sys.path.extend(str(Path(__file__).resolve().parent.parent / n) for n in ("examples", "tests", "tests/families"))  # fmt: skip
import analyst
import families
from command_lines import obfuscate_call
from example_models import example_models
from export_model import export
from fresh_models import FRESH, MADE
from intervals import wilson
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

ROWS, CLASSES = 48, 10
KEPT = 3  # of each architecture, so many models are exported
SEEN = ("`--model-amount .75`",)  # another size is seen, which obfuscate says
FAMILIES = ("BERT", "DistilBERT", "RoBERTa", "ViT")
# Each: guests and options; the count of wanted tasks stands before.
KINDS = {
    "default": (1, []),
    "three variants": (1, ["--decoys", 3]),
    "`@DATA`": (1, ["--decoy", "@DATA"]),
    "`MODEL@DATA`": (1, ["--decoy", "MODEL@DATA"]),
    "two wanted, one guest": (2, ["[[decoy]]"]),
    "three variants, links": (1, ["--decoys", 3, "--links", 1]),
    "`--amount .5`": (1, ["--amount", 0.5]),
    "`--model-amount .75`": (1, ["--model-amount", 0.75]),
}


def architectures():
    """Name -> (constructor, arrays of samples by a random generator)."""
    found = {}
    for name, (constructor, shape, *_) in {**FRESH, **MADE}.items():
        found[name] = (constructor, lambda random, s=shape: {"x": random.random((ROWS, *s), numpy.float32)})  # fmt: skip
    for name, (constructor, shape) in example_models().items():
        if name in ("DenseNet121", "MobileNetV2"):  # slow to export
            continue
        found[name] = (constructor, lambda random, s=shape: {"x": random.integers(0, 256, (ROWS, *s)).astype(numpy.uint8)})  # fmt: skip
    for family in families.FAMILIES:
        if family.name in FAMILIES:
            found[family.name] = (family.make, lambda random, f=family: f.example(ROWS, random)[0])  # fmt: skip
    return found


class Zoo:
    """Models and data on disk, each made once."""

    def __init__(self, folder):
        self.folder, self.known = folder, architectures()

    def model(self, name, number):
        path = self.folder / f"{name}-{number}.pt2".replace(" ", "-")
        if not path.exists():
            constructor, make = self.known[name]
            torch.manual_seed(1000 + number)
            model = constructor()
            if name in FAMILIES:
                families_export(model, make(numpy.random.default_rng(0)), path)
            else:
                export(model, make(numpy.random.default_rng(0))["x"].shape[1:], path)
        return path

    def data(self, name, number):
        path = self.folder / f"{name}-data-{number}.npz".replace(" ", "-")
        if not path.exists():
            random = numpy.random.default_rng(number)
            classes = families.CLASSES if name in FAMILIES else CLASSES
            y = random.permutation(numpy.arange(ROWS) % classes)
            numpy.savez(path, **self.known[name][1](random), y=y)
        return path


def families_export(model, fields, path):
    values = {n: torch.from_numpy(v[:2].copy()) for n, v in fields.items()}
    batch = {n: {0: torch.export.Dim("batch")} for n in values}
    torch.export.save(torch.export.export(model.train(), (), values, dynamic_shapes=batch), path)  # fmt: skip


def make_job(command, zoo, folder, number, kind, keep):
    """A job; which of its sub-networks are wanted, and which an analyst need not look at."""
    random = numpy.random.default_rng(number)
    name = list(zoo.known)[number % len(zoo.known)]
    wanted, options = KINDS[kind]
    models = [zoo.model(name, int(n)) for n in random.permutation(KEPT)]
    data = [zoo.data(name, int(n)) for n in random.permutation(KEPT)]
    guest = {"MODEL@DATA": f"{models[2]}@{data[2]}", "@DATA": f"@{data[2]}"}
    recipe = "[train]\n"
    if wanted == 2:
        tables = zip(('[[task]]\nname = "one"', '[[task]]\nname = "two"', "[[decoy]]"), models, data, strict=False)  # fmt: skip
        recipe += "".join(f'{table}\nmodel = "{m}"\ndata = "{d}"\n' for table, m, d in tables)  # fmt: skip
        options = []
    (folder / "r.toml").write_text(recipe)
    own = {} if wanted == 1 else {"model": None, "data": None}
    call = obfuscate_call(folder, *(guest.get(str(o), o) for o in options), **({"model": models[0], "data": data[0]} | own))  # fmt: skip
    call += ["--seed", f"{number:064x}", *(["--start", "keep"] if keep else [])]
    subprocess.run([str(c) for c in (command, *call)], check=True, capture_output=True)
    plan = json.loads(subprocess.check_output([command.parent / "tests/print_plan", folder / "key"]))  # fmt: skip
    entries = json.loads((folder / "job/job.json").read_text())["subnetworks"]
    given = [n for n, entry in enumerate(entries) if not entry["receives"]]
    return {task["subnetwork"] for task in plan["wanted"].values()}, given


def measured(command, zoo, count, keep, kinds):
    """Of each job its kind, its wanted sub-networks, and what was measured of those that receive nothing."""
    found = []
    for number in tqdm.tqdm(range(count), disable=None):
        kind = kinds[(number + number // len(zoo.known)) % len(kinds)]
        with tempfile.TemporaryDirectory() as folder:
            wanted, given = make_job(command, zoo, Path(folder), number, kind, keep)
            rows = analyst.statistics(Path(folder) / "job")
        found.append((kind, [n in wanted for n in given], [rows[n] for n in given]))
    return found


def score(jobs, name, sign):
    """What a pick finds, what chance finds, and their difference in deviations; ties are broken by chance."""
    hits = chance = variance = 0
    for _, wanted, rows in jobs:
        values = [sign * row[name] for row in rows if name in row]
        if len(values) < len(wanted):
            continue
        best = [v == max(values) for v in values]
        n, w, t = len(wanted), sum(wanted), sum(best)
        hits += sum(a and b for a, b in zip(wanted, best, strict=True)) / t
        chance += w / n
        variance += w / n * (1 - w / n) * (n - t) / ((n - 1) * t)
    return hits, chance, (hits - chance) / math.sqrt(variance) if variance else 0.0


def calibrated(jobs, names):
    """A logistic regression of all statistics beside the job's others, learnt on one half of the jobs and tried on the other."""
    rows = []
    for _, wanted, stats in jobs:
        table = numpy.array([[row.get(n, 0.0) for n in names] for row in stats], float)
        table = table - table.mean(0)
        scale = numpy.abs(table).max(0)
        rows.append((numpy.array(wanted), table / numpy.where(scale > 0, scale, 1)))
    hits = chance = variance = 0
    for side in (0, 1):
        learnt = [r for i, r in enumerate(rows) if i % 2 != side]
        model = LogisticRegression(C=0.1, max_iter=2000)
        model.fit(numpy.concatenate([t for _, t in learnt]), numpy.concatenate([w for w, _ in learnt]))  # fmt: skip
        for wanted, table in (r for i, r in enumerate(rows) if i % 2 == side):
            hits += wanted[model.decision_function(table).argmax()]
            chance += wanted.mean()
            variance += wanted.mean() * (1 - wanted.mean())
    return hits, chance, (hits - chance) / math.sqrt(variance)


def interval(hits, chance, count):
    """The advantage over chance, by Wilson at 95 %."""
    blind = chance / count
    found = ((s - blind) / (1 - blind) for s in (hits / count, *wilson(hits, count)))
    return "{:.2f} [{:.2f}, {:.2f}]".format(*found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--amalgam", type=Path, default=Path("build/amalgam"))
    parser.add_argument("--jobs", type=int, default=400)
    parser.add_argument("--keep", action="store_true", help="keep the owners' starts")
    parser.add_argument("--only", nargs="+", choices=KINDS, help="kinds of jobs")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        zoo = Zoo(Path(folder))
        kinds = options.only or list(KINDS)
        jobs = measured(options.amalgam, zoo, options.jobs, options.keep, kinds)
    print(f"{len(jobs)} jobs of {len(zoo.known)} architectures: {', '.join(zoo.known)}\n")  # fmt: skip
    print("| jobs | | strongest statistic | its advantage | p, corrected | all together, learnt |\n| --- | --- | --- | --- | --- | --- |")  # fmt: skip
    wrong = False
    for kind in (*kinds, "all others"):
        some = [j for j in jobs if j[0] == kind or (kind == "all others" and j[0] not in SEEN)]  # fmt: skip
        if not some:
            continue
        names = sorted(set(itertools.chain(*(row for job in some for row in job[2]))))
        rules = [(name, sign) for name in names for sign in (1, -1)]
        name, sign = max(rules, key=lambda rule: score(some, *rule)[2])
        hits, chance, z = score(some, name, sign)
        p = min(1.0, norm.sf(z) * len(rules))
        learnt = calibrated(some, names)
        print(f"| {kind} | {len(some)} | {'greatest' if sign > 0 else 'least'} {name} | {interval(hits, chance, len(some))} | {p:.2g} | {interval(*learnt[:2], len(some))} |")  # fmt: skip
        told = p < 0.01 or learnt[2] > 4
        expected = kind in SEEN or (options.keep and kind == "all others")
        if expected or not options.keep:
            wrong = wrong or told != expected
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
