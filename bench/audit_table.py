"""What the audit says of each kind of decoy, on MNIST and CIFAR-10: the table of docs/audit.md.

python bench/audit_table.py --amalgam build/amalgam [--data ../shared/data] [--games 1024] [--full]

The wanted task has five of ten classes. A guest has the other five (of the same source), or the other dataset's, in the
same size and colours. Fails where a row is not as measured on prototypes: generated decoys and shared sources told apart,
one real source a decoy at chance. With --full (an hour on two cores) fewer rows, with attackers that train; those of
CIFAR-10 are calibrated on other images of it, as a cloud with photographs of its own would.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import amalgam
import amalgam.zoo
import numpy
import torch

sys.path.extend(str(Path(__file__).resolve().parent.parent / n) for n in ("examples", "tests"))  # fmt: skip
from command_lines import obfuscate_call
from real_data import read_ag_news, read_cifar, read_mnist

ROWS = 3000
SCHEMES = {
    "`--preset paper`": ("fail", ["--preset", "paper"]),
    "`--noise uniform`": ("fail", ["--noise", "uniform"]),
    "`--noise gaussian`": ("fail", ["--noise", "gaussian"]),
    "`--noise resample`": ("fail", ["--noise", "resample"]),
    "`--noise spectrum`": ("fail", ["--noise", "spectrum"]),
    "`--noise likeness`": ("fail", ["--noise", "likeness"]),
    "`--noise leaves`": ("fail", ["--noise", "leaves"]),
    "real, classes at random": ("fail", ["--decoy", "guest.pt2@random.npz"]),
    "real, class-consistent": ("pass", ["--decoy", "guest.pt2@same.npz"]),
    "two decoys of one other source": ("fail", ["--decoy", "guest.pt2@other.npz", "--decoy", "guest2.pt2@other2.npz"]),
}  # fmt: skip
# With attackers that train: the games of each, as many as its answer needs.
FULL = {
    "`--preset paper`": 64,
    "`--noise spectrum`": 64,
    "`--noise leaves`": 64,
    "real, classes at random": 64,
    "real, class-consistent": 1024,
    "two decoys of one other source": 256,
}
TEXTS = {
    "`--noise uniform`": ("fail", ["--noise", "uniform"], 64),
    "`--noise unigram`": ("fail", ["--noise", "unigram"], 64),
    "`--noise ngram`": ("fail", ["--noise", "ngram"], 64),
    "real news of other classes": ("pass", ["--decoy", "guest.pt2@guest.csv"], 1024),
}
TEXT_SHOWN = ("entropy", "likelihood", "numbering", "compressibility", "loss curve", "held-out accuracy", "weights, gradients, batch norm", "attribution", "classifier that knows the generator", "everything", "clueless")  # fmt: skip
FULL_SHOWN = ("variation", "loss curve, naive", "loss curve", "held-out accuracy, naive", "held-out accuracy", "weights, gradients, batch norm", "gradient leakage", "attribution", "classifier that knows the generator", "everything", "odd one out")  # fmt: skip
SHOWN = ("variation", "edges", "compressibility", "separability", "everything", "odd one out", "clueless")  # fmt: skip


def fitted(x, shape):
    """Pictures in another shape: gray or three times gray, cut or filled up with their edge."""
    if x.shape[1] != shape[0]:
        x = x.mean(1, keepdims=True).astype(numpy.uint8) if shape[0] == 1 else x.repeat(3, 1)  # fmt: skip
    if x.shape[2] > shape[1]:
        cut = (x.shape[2] - shape[1]) // 2
        return x[:, :, cut : cut + shape[1], cut : cut + shape[1]]
    fill = (shape[1] - x.shape[2]) // 2
    return numpy.pad(x, ((0, 0), (0, 0), (fill, fill), (fill, fill)), "edge")


def prepare(folder, name, sets):
    x, y = sets[name]
    shape = x.shape[1:]
    (other,) = [n for n in sets if n != name]
    ox, oy = fitted(sets[other][0], shape), sets[other][1]
    random = numpy.random.default_rng(0)

    def save(file, x, y):
        order = random.permutation(len(x))[:ROWS]
        numpy.savez(folder / file, x=x[order], y=y[order])

    save("wanted.npz", x[y < 5], y[y < 5])
    save("same.npz", x[y >= 5], y[y >= 5] - 5)
    save("random.npz", x[y >= 5], random.integers(0, 5, (y >= 5).sum()))
    save("other.npz", ox[oy < 5], oy[oy < 5])
    save("other2.npz", ox[oy >= 5], oy[oy >= 5] - 5)
    torch.manual_seed(0)
    for model in ("m", "guest", "guest2"):
        amalgam.export(amalgam.zoo.lenet5(shape, 5), torch.zeros(4, *shape), folder / f"{model}.pt2")  # fmt: skip
    (folder / "r.toml").write_text("[train]\nlr = 0.05\n[input]\nscale = 255.0\n")


def prepare_texts(folder, data):
    """AG News: two classes as the wanted task, the others as a guest, what is left to calibrate on."""
    rows = [row for row in read_ag_news(data) if row[0].isdigit()]
    taken = [row for label in "1234" for row in [r for r in rows if r[0] == label][:800]]  # fmt: skip
    left = [row for label in "1234" for row in [r for r in rows if r[0] == label][800:]]

    def save(name, rows):
        with open(folder / name, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)

    save("wanted.csv", [row for row in taken if row[0] in "12"])
    save("guest.csv", [row for row in taken if row[0] in "34"])
    save("surrogate.csv", left)
    torch.manual_seed(0)
    for name in ("m", "guest"):
        model = amalgam.zoo.text_cnn((32,), 2, vocabulary=2000)
        amalgam.export(model, torch.zeros(4, 32, dtype=torch.int64), folder / f"{name}.pt2")  # fmt: skip
    text = '[text]\ntokenizer = "train:bpe:2000"\nlength = 32\ntext_column = [1, 2]\nlabel_column = 0\n'
    (folder / "r.toml").write_text("[train]\nlr = 0.05\n" + text)


def text_table(command, data, only, wrong):
    if not any(only in f"AG News, {scheme}" for scheme in TEXTS):
        return
    print(f"\nAG News\n\n| decoys | {' | '.join(TEXT_SHOWN)} | hard failures | restored | K_eff | verdict |")  # fmt: skip
    print("| --- " * (len(TEXT_SHOWN) + 5) + "|")
    with tempfile.TemporaryDirectory() as folder:
        prepare_texts(Path(folder), data)
        for number, (scheme, (expected, options, games)) in enumerate(TEXTS.items()):
            if only not in f"AG News, {scheme}":
                continue
            auditing = ["--python", sys.executable, "--full", "--games", str(games), "--surrogate", "surrogate.csv"]  # fmt: skip
            report = audited(command, Path(folder), options, number, auditing, "wanted.csv")  # fmt: skip
            print(row(scheme, report, TEXT_SHOWN), flush=True)
            if report["verdict"] != expected:
                wrong.append(f"AG News, {scheme}: {report['verdict']}, not {expected}: {report['reason']}")  # fmt: skip


def audited(command, folder, options, number, auditing, data="wanted.npz"):
    job, key = folder / f"job{number}", folder / f"{number}.key"
    made = obfuscate_call(folder, "--seed", "5eed" * 16, *options, data=data, job=job, key=key)  # fmt: skip
    subprocess.run([command, *made], cwd=folder, check=True, capture_output=True)
    call = [command, "audit", "--job", job, "--key", key, *auditing, "--json", "-"]  # fmt: skip
    done = subprocess.run(call, cwd=folder, capture_output=True, text=True)
    assert done.returncode in (0, 3, 4), done.stderr
    return json.loads(done.stdout)


def row(name, report, shown):
    found = {line["name"]: line for line in report["attacks"]}
    cells = [f"{found[n]['advantage']:.2f}" if n in found else "-" for n in shown]
    kinds = ", ".join(sorted({f["kind"] for f in report["hard_failures"]})) or "-"
    r = report["restoration"]
    restored = "-" if r is None else "exactly" if r["exact"] else "no"
    return f"| {name} | {' | '.join(cells)} | {kinds} | {restored} | {report['k_eff']:.2f} of {report['subnetworks']} | {report['verdict']} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--amalgam", default="build/amalgam")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--games", type=int, default=1024)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--only", default="", help="rows with this in 'DATA, DECOYS'")
    arguments = parser.parse_args()
    x, y = read_mnist(arguments.data)
    sets = {"MNIST": (x[:, None], y), "CIFAR-10": read_cifar(arguments.data)}
    command, wrong = str(Path(arguments.amalgam).resolve()), []
    shown = FULL_SHOWN if arguments.full else SHOWN
    for name in sets:
        if not any(arguments.only in f"{name}, {scheme}" for scheme in SCHEMES):
            continue
        print(f"\n{name}\n\n| decoys | {' | '.join(shown)} | hard failures | restored | K_eff | verdict |")  # fmt: skip
        print("| --- " * (len(shown) + 5) + "|")
        with tempfile.TemporaryDirectory() as folder:
            prepare(Path(folder), name, sets)
            auditing = ["--python", sys.executable]
            if arguments.full and name == "CIFAR-10":
                x, y = read_cifar(arguments.data, 300, 1000)
                numpy.savez(Path(folder) / "surrogate.npz", x=x, y=y)
                auditing += ["--surrogate", "surrogate.npz"]
            for number, (scheme, (expected, options)) in enumerate(SCHEMES.items()):
                if (arguments.full and scheme not in FULL) or arguments.only not in f"{name}, {scheme}":  # fmt: skip
                    continue
                depth = ["--full", "--games", str(FULL[scheme])] if arguments.full else ["--games", str(arguments.games)]  # fmt: skip
                report = audited(command, Path(folder), options, number, [*auditing, *depth])  # fmt: skip
                print(row(scheme, report, shown), flush=True)
                if report["verdict"] != expected:
                    wrong.append(f"{name}, {scheme}: {report['verdict']}, not {expected}: {report['reason']}")  # fmt: skip
                if "paper" in scheme and not report["restoration"]["exact"]:
                    wrong.append(f"{name}, {scheme}: the original pixels were not restored exactly")  # fmt: skip
    if arguments.full:
        text_table(command, arguments.data, arguments.only, wrong)
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main()
