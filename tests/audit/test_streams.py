"""What streams give away by how their data was made: each habit, planted in one stream, is named; fair jobs have none."""

import json
import shutil

import models
import numpy
import pytest
import torch
from audits import TRAIN, attack, audit, halves, kinds
from conftest import Job, Task
from damage import edit_tensors
from safetensors.torch import load_file
from tokens import TokenTask
from torch import nn

FEWEST = ("--games", 8)
COLUMNS = 20


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """MNIST's lower classes, and its upper ones with a guest."""
    folder = tmp_path_factory.mktemp("digits")
    return Job(folder, [halves(folder, 1200)], TRAIN, [guest_of_halves(folder)])


def guest_of_halves(folder):
    high = numpy.load(folder / "high.npz")
    return Task("guest", models.LeNet5(classes=5), high["x"][:, None], high["y"])


def table(name, seed, rows=2000, spread=3.0):
    """Real numbers whose classes overlap, and a small network for them."""
    random = numpy.random.default_rng(seed)
    y = random.integers(0, 4, rows)
    x = random.normal(5, 1, (4, COLUMNS))[y] + random.normal(0, spread, (rows, COLUMNS))
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(COLUMNS, 16), nn.ReLU(), nn.Linear(16, 4))
    return Task(name, net, x.astype(numpy.float32), y)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    return Job(folder, [table("mine", 1)], "[train]\nlr = 0.05\n", [table("guest", 2)])


class Planted:
    """A copy of a job whose streams can be changed."""

    def __init__(self, job, folder):
        self.key, self.path = job.key, folder / "job"
        shutil.copytree(job.path, self.path)
        self.wanted = job.subnetwork(job.tasks[0])
        self.guest = 1 - self.wanted
        self.weights = load_file(self.path / "weights.safetensors")
        self.listed = json.loads((self.path / "job.json").read_text())["subnetworks"]

    def change(self, subnetwork, column="x", by=None):
        """x, or y, of one stream becomes what `by` makes of it, as float64 or int64."""

        def plant(tensors):
            (name,) = (n for n in tensors if n.startswith(f"{column}."))
            if column == "x":
                columns = self.weights[f"subnetworks.{subnetwork}.positions"]
            else:
                columns = torch.tensor(self.listed[subnetwork]["fields"][-1]["positions"])  # fmt: skip
            old = tensors[name][:, columns]
            new = by(old.numpy().astype(numpy.int64 if column == "y" else numpy.float64))  # fmt: skip
            tensors[name][:, columns] = torch.tensor(new).to(old.dtype)

        (shard,) = (self.path / "data").glob("train-*")
        edit_tensors(shard, plant)

    def found(self, *options):
        """Kinds of hard failures and of notes, with whom they take for wanted."""
        report = audit(self.path, self.key, *FEWEST, *options)
        self.report = report
        return [
            {f["kind"]: f["subnetworks"] for f in report[part]}
            for part in ("hard_failures", "notes")
        ]


@pytest.fixture
def of_digits(digits, tmp_path):
    return Planted(digits, tmp_path)


@pytest.fixture
def of_tables(tables, tmp_path):
    return Planted(tables, tmp_path)


def standardised(x):
    return (x - x.mean(0)) / x.std(0)


def ends(x):
    return (x - x.min(0)) / (x.max(0) - x.min(0))


def test_fair_jobs_have_no_such_habits(digits, tables, tmp_path):
    for name, job in (("digits", digits), ("tables", tables)):
        failures, notes = Planted(job, tmp_path / name).found()
        assert failures == {} and notes == {}, (name, failures, notes)


@pytest.mark.parametrize("scaler", [standardised, ends])
def test_a_scaler_is_named_where_it_was_fitted(of_tables, scaler):
    own = {}

    def fitted(x):
        own["scale"] = x
        return scaler(x)

    def applied(x):
        """By what was learnt of the wanted one's columns."""
        a, b = own["scale"], scaler(own["scale"])
        slope = (b[1] - b[0]) / (a[1] - a[0])
        return (x - a[0]) * slope + b[0]

    of_tables.change(of_tables.wanted, by=fitted)
    of_tables.change(of_tables.guest, by=applied)
    failures, _ = of_tables.found()
    assert failures["exact columns"] == [of_tables.wanted]


def test_a_scaler_of_the_guest_s_misleads(of_tables):
    of_tables.change(of_tables.wanted, by=lambda x: (x - 4) / 3.2)
    of_tables.change(of_tables.guest, by=standardised)
    failures, notes = of_tables.found()
    assert failures == {} and notes["exact columns"] == [of_tables.guest]


def test_a_scaler_that_saw_more_rows_is_named(of_tables):
    both = numpy.random.default_rng(5).normal(size=(COLUMNS, 2)) * [0.01, 0.005] + [0, 1]  # fmt: skip
    of_tables.change(of_tables.wanted, by=lambda x: standardised(x) * both[:, 1] + both[:, 0])  # fmt: skip
    of_tables.change(of_tables.guest, by=lambda x: (x - 3.5) / 3.2)
    failures, _ = of_tables.found()
    assert failures["exact columns"] == [of_tables.wanted]


def test_both_scaled_alike_are_fair(of_tables):
    for subnetwork in (0, 1):
        of_tables.change(subnetwork, by=standardised)
    assert of_tables.found() == [{}, {}]


def even(y):
    """As few rows as need it get another class, until all are equally many."""
    y = y.copy()
    want = len(y) // 4
    for _ in range(len(y)):
        counts = numpy.bincount(y.ravel(), minlength=4)
        most, least = counts.argmax(), counts.argmin()
        if counts[most] == want:
            return y
        y[numpy.flatnonzero(y == most)[0]] = least
    raise AssertionError


def test_exact_class_counts(of_tables):
    of_tables.change(of_tables.wanted, "y", even)
    failures, _ = of_tables.found()
    assert failures == {"class counts": [of_tables.wanted]}
    of_tables.change(of_tables.guest, "y", even)
    assert of_tables.found() == [{}, {}]


def test_few_repeats_of_one_stream(of_tables):
    def repeated(x):
        x[-16:] = x[:16]
        return x

    of_tables.change(of_tables.guest, by=repeated)
    failures, _ = of_tables.found()
    assert failures == {"repeats": [of_tables.wanted]}
    of_tables.change(of_tables.wanted, by=repeated)
    assert of_tables.found() == [{}, {}]


def test_near_copies_of_numbers(of_tables):
    def copied(x):
        x[-100:] = x[:100] * (1 + 1e-3 * numpy.random.default_rng(1).normal(size=x[:100].shape))  # fmt: skip
        return x

    of_tables.change(of_tables.guest, by=copied)
    failures, _ = of_tables.found()
    assert failures == {"near copies": [of_tables.wanted]}


def images_of(x):
    return x.reshape(len(x), 28, 28)


@pytest.mark.parametrize("how", ["noise", "mirror"])
def test_copies_in_one_stream(of_digits, how):
    def copied(x):
        half = len(x) // 2
        copies = x[:half]
        if how == "mirror":
            copies = images_of(copies)[:, :, ::-1].reshape(half, -1)
        noise = numpy.random.default_rng(1).normal(0, 4, copies.shape)
        return numpy.concatenate([x[:half], (copies + noise).clip(0, 255)])

    of_digits.change(of_digits.guest, by=copied)
    failures, _ = of_digits.found()
    assert failures.get("near copies") == [of_digits.wanted], failures


def test_noise_in_labels(of_digits):
    def noisy(y):
        random = numpy.random.default_rng(1)
        return numpy.where(random.random(y.shape) < 0.1, random.integers(0, 5, y.shape), y)  # fmt: skip

    of_digits.change(of_digits.guest, "y", noisy)
    failures, _ = of_digits.found()
    assert failures == {"label noise": [of_digits.wanted]}


@pytest.mark.parametrize("size", [14, 21, 56])
def test_images_that_were_scaled(of_digits, size):
    def scaled(x):
        images = torch.tensor(images_of(x))[:, None]
        for side in (size, 28):
            images = nn.functional.interpolate(images, (side, side), mode="bilinear", antialias=True).round()  # fmt: skip
        return images.clip(0, 255).numpy().reshape(len(x), -1)

    of_digits.change(of_digits.guest, by=scaled)
    failures, _ = of_digits.found()
    assert failures.get("preparation") == [of_digits.wanted], failures


def test_classes_that_are_too_easy(of_tables):
    labels = {}
    of_tables.change(of_tables.guest, "y", lambda y: labels.setdefault("y", y))
    random = numpy.random.default_rng(3)
    centres = random.normal(5, 2.2, (4, COLUMNS))
    of_tables.change(of_tables.guest, by=lambda x: centres[labels["y"].ravel()] + random.normal(0, 0.3, x.shape))  # fmt: skip
    failures, _ = of_tables.found()
    assert failures.get("neighbours") == [of_tables.wanted], failures


@pytest.mark.parametrize(
    "name, by",
    [
        ("the norm of rows", lambda x: x / numpy.linalg.norm(x, axis=1, keepdims=True)),
        ("the sum of rows", lambda x: x - x.mean(1, keepdims=True)),
        ("the median of columns", lambda x: x - numpy.median(x, axis=0)),
        ("the largest absolute value of columns", lambda x: x / abs(x).max(0)),
        ("the deviation of columns", lambda x: x / x.std(0)),
        ("the number of decimals", lambda x: x.round(2)),
        ("the number of columns that number the rows", lambda x: numpy.column_stack([x[:, 1:], 0.3 * numpy.random.default_rng(1).permutation(len(x))])),
        ("the share of rows whose values ascend", lambda x: numpy.sort(x, 1)),
        ("the largest correlation of two columns", lambda x: numpy.linalg.svd(x - x.mean(0), full_matrices=False)[0] * 40),
    ],
)  # fmt: skip
def test_what_is_special_of_one_stream(of_tables, name, by):
    of_tables.change(of_tables.wanted, by=by)
    of_tables.found()
    found = [f for f in of_tables.report["hard_failures"] if f["kind"] == "special"]
    assert found and found[0]["subnetworks"] == [of_tables.wanted]
    assert name in found[0]["what"], found[0]["what"]


class Masked(nn.Module):
    """The mask comes first, as the alphabet has it."""

    def __init__(self):
        super().__init__()
        self.tokens, self.head = nn.Embedding(60, 16), nn.Linear(16, 4)

    def forward(self, attention_mask, input_ids):
        hidden = self.tokens(input_ids) * attention_mask[..., None]
        return self.head(hidden.sum(1))


def sentences(name, seed, fixed=False, rows=400, length=16):
    random = numpy.random.default_rng(seed)
    y = random.integers(0, 4, rows)
    words = random.dirichlet(numpy.full(50, 0.2), 4)
    x = numpy.stack([random.choice(50, length, p=words[label]) for label in y]) + 5
    lengths = numpy.full(rows, 12) if fixed else random.integers(6, length + 1, rows)
    mask = (numpy.arange(length) < lengths[:, None]).astype(numpy.int64)
    torch.manual_seed(seed)
    fields = {"attention_mask": mask, "input_ids": x * mask}
    return TokenTask(name, Masked(), fields, y)


def test_tokens_are_looked_at_beside_their_mask(tmp_path):
    recipe = "[train]\nlr = 0.05\n"
    fair = Job(tmp_path / "fair", [sentences("mine", 1)], recipe, [sentences("guest", 2)])  # fmt: skip
    report = audit(fair.path, fair.key, *FEWEST)
    assert kinds(report) == [], report["hard_failures"]
    # Attackers of texts see the tokens, those of numbers what the mask says.
    assert attack(report, "entropy") and attack(report, "lengths")
    assert attack(report, "moments (other numbers)")
    fixed = Job(tmp_path / "fixed", [sentences("mine", 1)], recipe, [sentences("guest", 2, fixed=True)])  # fmt: skip
    (failure,) = [f for f in audit(fixed.path, fixed.key, *FEWEST)["hard_failures"] if f["kind"] == "padding"]  # fmt: skip
    assert failure["subnetworks"] == [fixed.subnetwork(fixed.tasks[0])]
