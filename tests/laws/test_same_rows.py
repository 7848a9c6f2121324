"""Several questions of the same rows: one set of columns, one order, and nothing that tells which is asked in earnest."""

import itertools

import numpy
import pandas
import plain_training
import pytest
import torch
from command_lines import extract_call, load_network, obfuscate_call
from conftest import (
    SEED,
    assert_same_state,
    digests,
    plan_of,
    run,
    shards,
    train_job,
)
from example_models import export_once
from export_model import export
from safetensors.torch import load_file
from torch import nn
from warm_python import warm_python

FEATURES = [f"f{i}" for i in range(8)]
QUESTIONS = {"churn": 2, "plan": 3, "region": 4, "visits": 5}  # and their classes
TRAIN = "[train]\nlr = 0.05\nbatch_size = 32\nepochs = 2\n[table]\n"
IGNORED = f"ignore = {[*QUESTIONS]}\n"  # but for one's own target


def customers(rows, seed=0):
    """A table of twelve columns: eight that all questions know, and four that are asked for."""
    random = numpy.random.default_rng(seed)
    table = pandas.DataFrame({name: random.normal(i, 1 + i, rows).round(3) for i, name in enumerate(FEATURES)})  # fmt: skip
    for number, (name, classes) in enumerate(QUESTIONS.items()):
        score = table.iloc[:, number] - number + random.normal(0, 2, rows)
        table[name] = [f"{name}{c}" for c in pandas.qcut(score, classes, labels=False)]
    return table


class Words(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.words, self.last = nn.Embedding(30, 8), nn.Linear(8, classes)

    def forward(self, x):
        return self.last(self.words(x).mean(1))


def model_of(name):
    torch.manual_seed(len(name))
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, QUESTIONS[name]))


def write_models(folder):
    for name in QUESTIONS:
        export_once(model_of(name), (8,), folder / f"{name}.pt2", torch.float32)


def asked(name, wanted, data="table.csv", more=""):
    head = f'[[task]]\nname = "{name}"\n' if wanted else "[[decoy]]\n"
    kind = "task" if wanted else "decoy"
    return f'{head}model = "{name}.pt2"\n{more}[{kind}.data]\npath = "{data}"\ntargets = "{name}"\n'  # fmt: skip


def make(folder, recipe, name="job", *options):
    (folder / f"{name}.toml").write_text(recipe)
    call = obfuscate_call(folder, "--seed", SEED, *options, model=None, data=None, recipe=f"{name}.toml", job=name, key=f"{name}.key")  # fmt: skip
    return run(*call).stdout


def questions(wanted, **own):
    """Wanted tasks come first in a recipe."""
    return TRAIN + "".join(asked(n, n in wanted, **own) for n in sorted(QUESTIONS, key=lambda n: n not in wanted))  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("same_rows")
    customers(1000).to_csv(path / "table.csv", index=False)
    customers(200, 1).to_csv(path / "held.csv", index=False)
    write_models(path)
    return path


def test_four_questions_cost_one_table(folder):
    said = make(folder, questions(["churn"]), "once")
    data = sum(f.stat().st_size for f in (folder / "once" / "data").iterdir())
    table = customers(1000)
    stored = 1000 * (len(FEATURES) * 4 + len(QUESTIONS) * 8)  # float32, class numbers
    assert data <= 1.1 * stored and data <= 1.1 * (folder / "table.csv").stat().st_size  # fmt: skip
    assert "have the same features, which the job holds once" in said.replace("\n", " ")
    assert "0.00 times the wanted tasks' values inserted" in said
    assert "source of its own" not in said
    networks = load_network(folder / "once").subnetworks
    assert len({tuple(n.positions.tolist()) for n in networks}) == 1
    plan = plan_of(folder / "once.key")
    assert plan["columns"] == {"x.float32": 8, "y.int64": 4}
    assert len({tuple(s["rows"]) for s in plan["streams"]}) == 1
    # Law 1, of each: the rows of the table, in that order.
    batch, rows = shards(folder / "once"), plan["streams"][0]["rows"]
    numbers = table[FEATURES].to_numpy()
    x = ((numbers - numbers.mean(0)) / numbers.std(0)).astype(numpy.float32)[rows]
    assert numpy.allclose(batch["x.float32"][:, networks[0].positions].numpy(), x, atol=1e-6)  # fmt: skip
    columns = {tuple(batch["y.int64"][:, i].tolist()) for i in range(4)}
    assert columns == {tuple(table[q].astype("category").cat.codes[rows]) for q in QUESTIONS}  # fmt: skip


def test_whichever_is_wanted_the_job_is_the_same(folder):
    """Law 6, for each choice of one and of two."""
    first, places = None, set()
    for number, wanted in enumerate([[q] for q in QUESTIONS] + [*itertools.combinations(QUESTIONS, 2)]):  # fmt: skip
        make(folder, questions(wanted), f"w{number}")
        first = first or digests(folder / f"w{number}")
        assert digests(folder / f"w{number}") == first
        found = plan_of(folder / f"w{number}.key")["wanted"]
        places |= {found[name]["subnetwork"] for name in wanted}
    assert places == {0, 1, 2, 3}


def test_each_is_trained_as_if_alone(folder):
    """Law 3, for all four in one job, with held-out rows; verify agrees."""
    make(folder, questions(QUESTIONS, more='validation = "held.csv"\n'), "all")
    trained = train_job(folder / "all", folder / "result")
    run(*extract_call(folder / "all.key", trained, folder / "out"))
    run(*extract_call(folder / "all.key", folder / "all" / "weights.safetensors", folder / "start"))  # fmt: skip
    plan, table = plan_of(folder / "all.key"), customers(1000)
    numbers = table[FEATURES].to_numpy()
    scaled = torch.tensor(((numbers - numbers.mean(0)) / numbers.std(0)).astype(numpy.float32))  # fmt: skip
    for name in QUESTIONS:
        stream = plan["streams"][plan["wanted"][name]["subnetwork"]]
        rows = torch.tensor(stream["rows"])
        stored = shards(folder / "all")["x.float32"][:, stream["positions"][0]]
        assert torch.allclose(stored, scaled[rows], atol=1e-6)
        x = torch.empty_like(scaled).index_copy(0, rows, stored)
        y = table[name].astype("category").cat.codes.to_numpy(numpy.int64)
        model = model_of(name)
        model.load_state_dict(load_file(folder / "start" / f"{name}.safetensors"))
        plain_training.train(model, x.numpy(), y, rows, {"arguments": {"lr": 0.05}, "batch_size": 32, "epochs": 2})  # fmt: skip
        assert_same_state(load_file(folder / "out" / f"{name}.safetensors"), model.state_dict())  # fmt: skip
    assert shards(folder / "all", "valid")["x.float32"].shape == (200, 8)
    proof = run("verify", "--key", folder / "all.key", "--job", folder / "all", "--recipe", folder / "all.toml", "--python", warm_python()).stdout  # fmt: skip
    assert "bit" in proof


def test_a_decoy_may_name_its_question_alone(folder):
    """Data, held-out rows and a form of the model are those of the wanted task."""
    wanted = asked("churn", True, more='validation = "held.csv"\n')
    made = TRAIN + wanted + "".join(f'[[decoy]]\n[decoy.data]\ntargets = "{q}"\n' for q in ("plan", "region", "visits"))  # fmt: skip
    make(folder, made, "short")
    plan = plan_of(folder / "short.key")
    assert plan["columns"] == {"x.float32": 8, "y.int64": 4}
    assert not any(s["held_out_from_training"] for s in plan["streams"])
    outputs = sorted(t.shape[0] for t in load_file(folder / "short" / "weights.safetensors").values() if t.dim() == 1 and t.dtype == torch.float32 and t.shape[0] < 8)  # fmt: skip
    assert outputs == [2, 3, 4, 5]


def test_other_labels_of_ones_own_images(tmp_path):
    """Arrays: what another task compares with is no feature; what is stored once is the images alone."""
    random = numpy.random.default_rng(0)
    x = random.integers(0, 256, (120, 1, 8, 8)).astype(numpy.uint8)
    numpy.savez(tmp_path / "d.npz", x=x, digit=random.integers(0, 4, 120), style=random.integers(0, 4, 120))  # fmt: skip
    numpy.savez(tmp_path / "f.npz", x=x, digit=numpy.load(tmp_path / "d.npz")["digit"])
    numpy.savez(tmp_path / "e.npz", x=x[::-1], digit=random.integers(0, 4, 120))
    for seed, name in enumerate(("digit", "style", "other")):
        torch.manual_seed(seed)
        export_once(nn.Sequential(nn.Flatten(), nn.Linear(64, 4)), (1, 8, 8), tmp_path / f"{name}.pt2", torch.float32)  # fmt: skip
    other = '[[decoy]]\nmodel = "other.pt2"\n[decoy.data]\npath = "e.npz"\ntargets = "digit"\n'  # fmt: skip
    make(tmp_path, "[input]\nscale = 255.0\n" + asked("digit", True, "d.npz") + asked("style", False, "d.npz") + other)  # fmt: skip
    plan = plan_of(tmp_path / "job.key")
    assert plan["columns"] == {"x.uint8": 128, "y.int64": 3}
    orders = {tuple(stream["rows"]) for stream in plan["streams"]}
    assert len(orders) == 2
    make(tmp_path, "[input]\nscale = 255.0\n" + asked("digit", True, "f.npz"), "alone", "--decoys", 0)  # fmt: skip
    alone = plan_of(tmp_path / "alone.key")["streams"][0]
    assert tuple(alone["rows"]) in orders  # law 5


def test_guests_over_one_table_are_sampled_together(folder):
    """More rows than the wanted task has: the same are chosen, and the features are held once, too."""
    customers(400, 5).to_csv(folder / "few.csv", index=False)
    guests = asked("plan", False) + asked("region", False)
    make(folder, TRAIN + IGNORED + asked("churn", True, "few.csv") + guests, "sampled")
    assert plan_of(folder / "sampled.key")["columns"] == {"x.float32": 16, "y.int64": 3}


def test_a_feature_may_be_a_question_of_another(folder):
    """Named among [table]'s columns, it stays one; the features are not the same then, and stored apart."""
    export_once(nn.Linear(12, 2), (12,), folder / "wide.pt2", torch.float32)
    wanted = asked("churn", True).replace("churn.pt2", "wide.pt2")
    make(folder, TRAIN + 'ignore = ["plan", "visits"]\n' + wanted + '[task.table]\ncategorical = ["region"]\n' + asked("region", False), "apart")  # fmt: skip
    assert plan_of(folder / "apart.key")["columns"] == {"x.float32": 20, "y.int64": 2}


def test_tokens_of_common_rows_have_common_numbers(tmp_path):
    """--disguise vocabulary over the same texts: stored once, each model's embedding numbered alike, exact."""
    random = numpy.random.default_rng(0)
    tokens = random.integers(0, 30, (160, 12))
    labels = {"a": (tokens[:, 0] > 15).astype(int), "b": tokens[:, 1] % 3}
    numpy.savez(tmp_path / "d.npz", x=tokens, **labels)
    models = {}
    for name, classes in (("a", 2), ("b", 3)):
        models[name] = Words(classes)
        export(models[name], (12,), tmp_path / f"{name}.pt2", torch.int64)
    make(tmp_path, "[train]\nlr = 0.1\nbatch_size = 16\n" + asked("a", True, "d.npz") + asked("b", True, "d.npz"), "job", "--disguise", "vocabulary", "--start", "keep")  # fmt: skip
    plan = plan_of(tmp_path / "job.key")
    assert plan["columns"] == {"x.int64": 12, "y.int64": 2}
    assert plan["streams"][0]["numbers"] == plan["streams"][1]["numbers"] != sorted(plan["streams"][0]["numbers"])  # fmt: skip
    trained = train_job(tmp_path / "job", tmp_path / "result")
    run(*extract_call(tmp_path / "job.key", trained, tmp_path / "out"))
    for name, model in models.items():
        rows = torch.tensor(plan["streams"][0]["rows"])
        plain_training.train(model, tokens, labels[name], rows, {"arguments": {"lr": 0.1}, "batch_size": 16})  # fmt: skip
        assert_same_state(load_file(tmp_path / "out" / f"{name}.safetensors"), model.state_dict())  # fmt: skip
