"""CSV files with numeric and categorical columns: what pandas and scikit-learn would make of them, and law 3 over them."""

import json

import amalgam
import numpy
import pandas
import plain_training
import pytest
import torch
from conftest import (
    SEED,
    assert_same_state,
    obfuscate_call,
    plan_of,
    refused,
    run,
    train_job,
)
from own_programs import TwoHeads
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from torch import nn
from warm_python import warm_python

ROWS = 90
KEEP = {"job": "job", "key": "home.key"}


def people(seed=0, rows=ROWS):
    random = numpy.random.default_rng(seed)
    return pandas.DataFrame({
        "age": random.integers(18, 80, rows),
        "job": random.choice(["nurse", "smith", "baker, master", "clerk"], rows),
        "hours": random.normal(38, 9, rows).round(2),
        "city": random.choice(["Ulm", "Köln"], rows),
        "rich": random.choice(["no", "yes"], rows),
        "income": random.normal(3000, 500, rows).round(1),
        "id": [f"p{i}" for i in range(rows)],
    })  # fmt: skip


def expected(table, fitted):
    """One row a sample: numeric columns and categories in the file's order."""
    parts = []
    for name in ("age", "job", "hours", "city"):
        if name in ("age", "hours"):
            scaler = StandardScaler().fit(fitted[[name]].to_numpy())
            parts.append(scaler.transform(table[[name]].to_numpy()))
        else:
            encoder = OneHotEncoder(sparse_output=False).fit(fitted[[name]])
            parts.append(encoder.transform(table[[name]]))
    return numpy.concatenate(parts, 1).astype(numpy.float32)


class Trained:
    """Of a table in a file, with what is the model's own beside the recipe."""

    def __init__(self, folder, model, width, recipe, monkeypatch, **own):
        monkeypatch.chdir(folder)
        self.model = model
        example = width if isinstance(width, dict) else torch.zeros(2, width)
        amalgam.obfuscate(model, example, "people.csv", recipe=recipe, seed=SEED, progress=False, into=model, **KEEP, **own)  # fmt: skip
        self.trained = train_job(folder / "job", folder / "result")
        plan = plan_of(folder / "home.key")
        self.rows = torch.tensor(plan["streams"][plan["wanted"]["task"]["subnetwork"]]["rows"])  # fmt: skip

    def assert_same(self, x, y, plain, **own):
        plain_training.train(self.model, x, y, self.rows, {"arguments": {"lr": 0.05}, "batch_size": 16, **plain}, **own)  # fmt: skip
        assert_same_state(amalgam.extract(self.trained, key="home.key"), self.model.state_dict())  # fmt: skip


def mlp(width, outputs):
    return nn.Sequential(nn.Linear(width, 8), nn.ReLU(), nn.Linear(8, outputs))


def recipe(targets, **more):
    table = {"ignore": ["id", *({"rich", "income"} - {*targets})], **more.pop("table", {})}  # fmt: skip
    return amalgam.Recipe(lr=0.05, batch_size=16, table=table, targets=targets, **more)


def test_classes_of_a_table(tmp_path, monkeypatch):
    table = people()
    table.to_csv(tmp_path / "people.csv", index=False)
    made = Trained(tmp_path, mlp(8, 2), 8, recipe(["rich"]), monkeypatch)
    made.assert_same(expected(table, table), (table["rich"] == "yes").to_numpy(numpy.int64), {})  # fmt: skip
    fit = json.loads((tmp_path / "home.key.task.table.json").read_text())
    assert [c["name"] for c in fit["columns"]] == ["age", "job", "hours", "city", "rich"]  # fmt: skip
    assert fit["columns"][0]["mean"] == pytest.approx(table["age"].mean())
    assert fit["columns"][2]["deviation"] == pytest.approx(table["hours"].std(ddof=0))
    assert fit["columns"][4] == {"name": "rich", "kind": "classes", "values": ["no", "yes"]}  # fmt: skip


def test_numbers_and_numbers_of_categories(tmp_path, monkeypatch):
    class Embedded(nn.Module):
        def __init__(self):
            super().__init__()
            self.job, self.city = nn.Embedding(4, 3), nn.Embedding(2, 2)
            self.last = mlp(7, 1)

        def forward(self, x, categories):
            own = self.job(categories[:, 0]), self.city(categories[:, 1])
            return self.last(torch.cat([x, *own], 1))

    table = people()
    table.to_csv(tmp_path / "people.csv", index=False)
    inputs = {"x": torch.zeros(2, 2), "categories": torch.zeros(2, 2, dtype=torch.int64)}  # fmt: skip
    made = Trained(tmp_path, Embedded(), inputs, recipe(["income"], loss="huber", table={"encode": "index"}), monkeypatch)  # fmt: skip
    numbers = expected(table, table)[:, [0, 5]]
    codes = numpy.stack([table[n].astype("category").cat.codes for n in ("job", "city")], 1).astype(numpy.int64)  # fmt: skip
    made.assert_same({"x": numbers, "categories": codes}, table[["income"]].to_numpy(numpy.float32), {"loss": "huber"})  # fmt: skip


def test_two_targets_of_a_table_and_a_loss_of_ones_own(tmp_path, monkeypatch):
    def loss(first, second, rich, income):
        error = nn.functional.smooth_l1_loss(second[:, 0], income / 1000)
        return nn.functional.cross_entropy(first, rich) + error

    table = people()
    table.to_csv(tmp_path / "people.csv", index=False)
    rich, income = (table["rich"] == "yes").to_numpy(numpy.int64), table["income"].to_numpy(numpy.float32)  # fmt: skip
    arrays = {"x": expected(table, table), "rich": rich, "income": income}
    amalgam.obfuscate(TwoHeads(8, 2), torch.zeros(2, 8), arrays, loss=loss, recipe=amalgam.Recipe(lr=0.05, targets=["rich", "income"]), job=tmp_path / "j", key=tmp_path / "k", progress=False)  # fmt: skip
    batch = torch.export.Dim("batch", min=2)
    both = nn.Module()
    both.forward = loss
    example = (torch.zeros(4, 2), torch.zeros(4, 1), torch.zeros(4, dtype=torch.int64), torch.zeros(4))  # fmt: skip
    torch.export.save(torch.export.export(both, example, dynamic_shapes=({0: batch},) * 4), tmp_path / "both.pt2")  # fmt: skip
    made = Trained(tmp_path, TwoHeads(8, 2), 8, recipe(["rich", "income"], loss=str(tmp_path / "both.pt2")), monkeypatch)  # fmt: skip
    made.assert_same(arrays["x"], {"rich": rich, "income": income}, {}, loss=loss)


def test_through_the_commands_with_validation(tmp_path):
    """Held-out rows take the training rows' fit; verify reads the table as obfuscate did."""
    people().to_csv(tmp_path / "people.csv", index=False)
    people(1, 40).iloc[:, ::-1].to_csv(tmp_path / "valid.csv", index=False)
    batch = torch.export.Dim("batch", min=2)
    torch.export.save(torch.export.export(mlp(8, 2), (torch.zeros(4, 8),), dynamic_shapes=({0: batch},)), tmp_path / "m.pt2")  # fmt: skip
    (tmp_path / "recipe.toml").write_text('[train]\nlr = 0.05\n[data]\ntargets = "rich"\n[table]\nignore = ["id", "income"]\n')  # fmt: skip
    call = ["--model", "m.pt2", "--data", "people.csv", "--recipe", "recipe.toml"]
    said = run("obfuscate", *call, "--validation", "valid.csv", "--job", "job", "--key", "k", cwd=tmp_path).stdout  # fmt: skip
    assert "table         k.task.table.json" in said
    assert (tmp_path / "k.task.table.json").exists()
    proof = run("verify", *call, "--job", "job", "--key", "k", "--python", warm_python(), cwd=tmp_path)  # fmt: skip
    assert "bit" in proof.stdout


def test_missing_values_are_filled(tmp_path, monkeypatch):
    table = people()
    table["age"] = table["age"].astype(float)
    table.loc[3, "age"], table.loc[5, "job"] = None, None
    table.to_csv(tmp_path / "people.csv", index=False)
    filled = table.assign(age=table["age"].fillna(table["age"].mean()), job=table["job"].fillna(""))  # fmt: skip
    x = expected(filled, filled)
    x[:, 0] = ((filled["age"] - table["age"].mean()) / table["age"].std(ddof=0)).astype(numpy.float32)  # fmt: skip
    made = Trained(tmp_path, mlp(9, 2), 9, recipe(["rich"], table={"missing": "fill"}), monkeypatch)  # fmt: skip
    found, close = made, numpy.allclose
    fit = json.loads((tmp_path / "home.key.task.table.json").read_text())
    assert fit["columns"][1]["values"] == ["", "baker, master", "clerk", "nurse", "smith"]  # fmt: skip
    assert close(fit["columns"][0]["mean"], table["age"].mean())
    found.assert_same(x, (table["rich"] == "yes").to_numpy(numpy.int64), {})


@pytest.mark.parametrize(
    "lines, change, says",
    [
        ('[table]\n', None, "has no targets: [data] targets says which columns they are"),
        ('[table]\n[data]\ntargets = "richh"\n', None, "has no column 'richh', which [data] targets names"),
        ('[table]\nignore = ["Age"]\n[data]\ntargets = "rich"\n', None, "did you mean 'age'?"),
        ('[table]\nnumeric = ["city"]\n[data]\ntargets = "rich"\n', None, "row 2 has 'Köln' in 'city', which is no number" ),
        ('[table]\n[data]\ntargets = "rich"\n', ("age", 4, ""), "row 6 has no 'age' (rows are counted from 1): fill it in"),
        ('[table]\nmissing = "fill"\n[data]\ntargets = "rich"\n', ("rich", 4, ""), "row 6 has no 'rich', which is a target"),
        ('[table]\nignore = ["id"]\n[data]\ntargets = "rich"\n', None, "but the model's input is [8]; the features are made of age, job (4 categories), hours, city (2 categories), income: [table] ignore"),
        ('[table]\nencode = "onehot"\n[data]\ntargets = "rich"\n', None, "did you mean 'one_hot'?"),
        ('[table]\nimpute = "mean"\n[data]\ntargets = "rich"\n', None, "did you mean 'missing'?"),
        ('[data]\ntargets = "rich"\n', None, "[table] in the recipe says how its columns become numbers"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(tmp_path, lines, change, says):
    table = people()
    table["city"] = ["Köln"] + ["Ulm"] * (ROWS - 1)
    if change:
        table[change[0]] = table[change[0]].astype(object)
        table.loc[change[1], change[0]] = change[2]
    table.to_csv(tmp_path / "people.csv", index=False)
    batch = torch.export.Dim("batch", min=2)
    torch.export.save(torch.export.export(mlp(8, 2), (torch.zeros(4, 8),), dynamic_shapes=({0: batch},)), tmp_path / "m.pt2")  # fmt: skip
    (tmp_path / "recipe.toml").write_text(lines)
    (line, *_) = refused(*obfuscate_call(tmp_path, model=tmp_path / "m.pt2", data=tmp_path / "people.csv", recipe=tmp_path / "recipe.toml", job="j", key="k"))  # fmt: skip
    assert says in line, line


def test_a_category_that_the_training_data_lacks(tmp_path):
    people().to_csv(tmp_path / "people.csv", index=False)
    people(1).assign(city="Bonn").to_csv(tmp_path / "valid.csv", index=False)
    batch = torch.export.Dim("batch", min=2)
    torch.export.save(torch.export.export(mlp(8, 2), (torch.zeros(4, 8),), dynamic_shapes=({0: batch},)), tmp_path / "m.pt2")  # fmt: skip
    (tmp_path / "recipe.toml").write_text('[table]\nignore = ["id", "income"]\n[data]\ntargets = "rich"\n')  # fmt: skip
    call = obfuscate_call(tmp_path, model=tmp_path / "m.pt2", data=tmp_path / "people.csv", recipe=tmp_path / "recipe.toml", job="j", key="k")  # fmt: skip
    (line,) = refused(*call, "--validation", tmp_path / "valid.csv")
    assert "row 2 has 'Bonn' in 'city', which the training data lacks (it has 'Köln', 'Ulm')" in line  # fmt: skip


def test_a_recipe_with_a_table_needs_one(tmp_path):
    numpy.savez(tmp_path / "d.npz", x=numpy.zeros((8, 4), numpy.float32), y=numpy.arange(8) % 2)  # fmt: skip
    batch = torch.export.Dim("batch", min=2)
    torch.export.save(torch.export.export(mlp(4, 2), (torch.zeros(4, 4),), dynamic_shapes=({0: batch},)), tmp_path / "m.pt2")  # fmt: skip
    (tmp_path / "recipe.toml").write_text("[table]\n")
    (line,) = refused(*obfuscate_call(tmp_path, model=tmp_path / "m.pt2", data=tmp_path / "d.npz", recipe=tmp_path / "recipe.toml", job="j", key="k"))  # fmt: skip
    assert "is no CSV file, and [table] is for those" in line
