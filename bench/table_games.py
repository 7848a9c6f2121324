"""What generated decoys of tables tell: the numbers of docs/noise.md.

python bench/table_games.py TABLE.npz... [--amalgam build/amalgam] [--noise copula,resample] [--games 40] [--rows 500]

A table has x (float32) and y (int64). In each game its rows are dealt anew: to a job, to the rows that its decoy is fitted
on, and to a cloud that has rows of the same kind (a third each at most). The cloud sees two streams of the job, and names
the wanted one: by a rule fixed beforehand, or by a classifier of single rows, taught on a job that it makes itself of its
own rows. Prints the share of games in which it is right, with Wilson's 95 % interval, and the classifier's mean AUC.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import torch
from safetensors.torch import load_file
from scipy.stats import norm, rankdata
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

ROOT = Path(__file__).resolve().parent.parent
sys.path.extend(str(ROOT / name) for name in ("examples", "tests"))
from command_lines import obfuscate_call  # noqa: E402
from export_model import export  # noqa: E402
from intervals import wilson  # noqa: E402

RECIPE = "[train]\nepochs = 1\nbatch_size = 16\nlr = 0.01\n"


def classifier():
    return HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=8, random_state=0)


def with_label(x, y):
    return numpy.column_stack([x, y])


def streams(amalgam, folder, model, wanted, apart, noise):
    """The two streams of a job, (x, y) each, the wanted one first."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        place = Path(name)
        numpy.savez(place / "d.npz", x=wanted[0], y=wanted[1])
        numpy.savez(place / "apart.npz", x=apart[0], y=apart[1])
        kind = f"copula:{place / 'apart.npz'}" if noise == "copula" else noise
        call = obfuscate_call(place, "--noise", kind, model=model, recipe=folder / "r.toml")  # fmt: skip
        subprocess.run([amalgam, *map(str, call)], check=True, capture_output=True)
        tool = amalgam.parent / "tests" / "print_plan"
        plan = json.loads(subprocess.run([tool, place / "key"], check=True, capture_output=True, text=True).stdout)  # fmt: skip
        parts = [load_file(path) for path in sorted((place / "job/data").glob("train-*"))]  # fmt: skip
        x = torch.cat([part["x.float32"] for part in parts]).numpy()
        y = torch.cat([part["y.int64"] for part in parts]).numpy()
    found = [(x[:, s["positions"][0]], y[:, s["targets"][0]].ravel()) for s in plan["streams"]]  # fmt: skip
    own = plan["wanted"]["task"]["subnetwork"]
    return found[own], found[1 - own]


def normal_scores(x, y):
    """By class, without columns that hardly vary."""
    for label in numpy.unique(y):
        rows = x[y == label]
        if len(rows) < 20:
            continue
        ranks = rankdata(rows, axis=0) / (len(rows) + 1)
        z = norm.ppf(ranks)
        z = z[:, z.std(0) > 0.5]
        yield (z - z.mean(0)) / z.std(0)


def bends(x, y):
    """How far squares of scores go with scores, and with squares, beyond what a gaussian copula has: more than noise."""
    total = 0.0
    for z in normal_scores(x, y):
        n = len(z)
        r = z.T @ z / n
        squares = z**2
        third = squares.T @ z / n
        fourth = squares.T @ squares / n - 1 - 2 * r**2
        off = ~numpy.eye(z.shape[1], dtype=bool)
        total += n * ((third[off] ** 2).mean() / 2 + (fourth[off] ** 2).mean() / 4)
    return total


def imitated(x, y, random):
    """Rows of a gaussian copula by class, fitted on these."""
    made, labels = [], []
    for label in numpy.unique(y):
        rows = x[y == label]
        z = norm.ppf((rankdata(rows, axis=0, method="average") - 0.5) / len(rows))
        r = numpy.nan_to_num(numpy.corrcoef(z.T)) + 1e-6 * numpy.eye(x.shape[1])
        new = random.multivariate_normal(numpy.zeros(x.shape[1]), r, len(rows), method="svd")  # fmt: skip
        places = (norm.cdf(new) * len(rows)).astype(int).clip(0, len(rows) - 1)
        made.append(numpy.take_along_axis(numpy.sort(rows, 0), places, 0))
        labels.append(numpy.full(len(rows), label))
    return numpy.concatenate(made), numpy.concatenate(labels)


def unlike_its_copula(x, y):
    """How well its rows are told from those of a copula fitted on half of it."""
    random = numpy.random.default_rng(0)
    order = random.permutation(len(x))
    half = order[: len(x) // 2], order[len(x) // 2 :]
    values = []
    for fitted, rest in (half, half[::-1]):
        made = with_label(*imitated(x[fitted], y[fitted], random))
        real = with_label(x[rest], y[rest])
        both = numpy.concatenate([real, made])
        is_real = numpy.arange(len(both)) < len(real)
        train = random.permutation(len(both))
        cut = len(both) // 2
        known = classifier().fit(both[train[:cut]], is_real[train[:cut]])
        values.append(roc_auc_score(is_real[train[cut:]], known.decision_function(both[train[cut:]])))  # fmt: skip
    return numpy.mean(values)


def learnable(x, y):
    """Accuracy on the half that a classifier of labels was not taught."""
    cut = len(x) // 2
    return classifier().fit(x[:cut], y[:cut]).score(x[cut:], y[cut:])


def repeated(x, y):
    """Fewer values that come again: a sample with replacement has more."""
    return -numpy.mean([1 - len(numpy.unique(column)) / len(column) for column in x.T])


RULES = {
    "bends": bends,
    "unlike its copula": unlike_its_copula,
    "learnable": learnable,
    "distinct values": repeated,
}


def play(amalgam, folder, table, noise, rows, game):
    x, y = table
    random = numpy.random.default_rng(game)
    third = min(2 * rows, len(x) // 3)
    parts = random.permutation(len(x))[: 3 * third].reshape(3, third)
    deal = [(x[part], y[part]) for part in parts]
    # The job's rows: as many as the cloud looks at.
    job = tuple(field[:rows] for field in deal[0])
    model = folder / "m.pt2"
    wanted, decoy = streams(amalgam, folder, model, job, deal[1], noise)
    result = {}
    for name, rule in RULES.items():
        a, b = rule(*wanted), rule(*decoy)
        result[name] = 0.5 if a == b else float(a > b)
    half = third // 2
    own = [tuple(field[s] for field in deal[2]) for s in (slice(half), slice(half, None))]  # fmt: skip
    real, made = (with_label(*s) for s in streams(amalgam, folder, model, *own, noise))
    known = classifier().fit(numpy.concatenate([real, made]), numpy.arange(len(real) + len(made)) < len(real))  # fmt: skip
    scores = [known.decision_function(with_label(*s)) for s in (wanted, decoy)]
    result["knows the kind"] = float(scores[0].mean() > scores[1].mean())
    is_real = numpy.repeat([True, False], [len(s) for s in scores])
    result["auc"] = roc_auc_score(is_real, numpy.concatenate(scores))
    return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tables", nargs="+", type=Path)
    parser.add_argument("--amalgam", type=Path, default=ROOT / "build" / "amalgam")
    parser.add_argument("--noise", default="copula")
    parser.add_argument("--games", type=int, default=40)
    parser.add_argument("--rows", type=int, default=500)
    call = parser.parse_args()
    names = [*RULES, "knows the kind"]
    print(
        "| table | rows x columns | `--noise` |", " | ".join(names), "| AUC of rows |"
    )
    print("|" + " --- |" * (len(names) + 4))
    for path in call.tables:
        data = numpy.load(path)
        table = data["x"].astype(numpy.float32), data["y"].astype(numpy.int64)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            torch.manual_seed(0)
            width, classes = table[0].shape[1], int(table[1].max()) + 1
            net = torch.nn.Sequential(torch.nn.Linear(width, 8), torch.nn.ReLU(), torch.nn.Linear(8, classes))  # fmt: skip
            export(net, (width,), folder / "m.pt2")
            (folder / "r.toml").write_text(RECIPE)
            for noise in call.noise.split(","):
                games = [play(call.amalgam, folder, table, noise, call.rows, g) for g in range(call.games)]  # fmt: skip
                cells = []
                for rule in names:
                    right = sum(game[rule] for game in games)
                    low, high = wilson(right, len(games))
                    cells.append(f"{right / len(games):.2f} [{low:.2f}, {high:.2f}]")
                auc = numpy.mean([game["auc"] for game in games])
                print(f"| {path.stem} | {min(call.rows, len(table[0]) // 3)} x {width} | {noise} |", " | ".join(cells), f"| {auc:.2f} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
