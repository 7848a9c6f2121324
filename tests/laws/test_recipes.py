"""Law 3 for recipes that people use: groups, schedules, averaged weights, early stopping, the best epoch, fp16."""

import json

import numpy
import pytest
import torch
from conftest import (
    Job,
    Task,
    assert_same_state,
    digests,
    extract_call,
    images,
    load_network,
    make_task,
    metrics,
    obfuscate_call,
    refused,
    run,
)
from safetensors.torch import load_file
from torch import nn

BASE = {"arguments": {"lr": 0.05}, "batch_size": 16, "epochs": 4}
TRAIN = "[train]\nlr = 0.05\nbatch_size = 16\nepochs = 4\n"


class Net(nn.Module):
    """A backbone with statistics, and a head."""

    def __init__(self, classes=4):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(12, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2))  # fmt: skip
        self.head = nn.Linear(16, classes)

    def forward(self, x):
        return self.head(self.backbone(x))


def task_of(recipe, name="mine", seed=0, validation=False, model=None, table=""):
    torch.manual_seed(seed)
    x, y = images((12,), 90, 4, seed, numpy.float32)
    held_out = (x[:30], y[:30]) if validation else None
    return Task(name, model or Net(), x, y, {**BASE, **recipe}, held_out, table)


def plain(job, task, kept=None, **options):
    held_out = None
    if task.validation:
        rows = job.stream(task)["held_out"]
        held_out = (*task.validation, rows)
    return job.plain(task, held_out=held_out, kept=kept, **options)


def extracted(job, trained, *options, out="w"):
    run(*extract_call(job.key, trained, job.folder / out, *options))
    return load_file(job.folder / out)


GROUPS = """
[[train.group]]
match = "head.*"
lr = 0.2
weight_decay = 0.1
[[train.group]]
match = ["backbone.1.*", "backbone.0.bia?"]
momentum = 0.5
"""


@pytest.mark.parametrize("more", ["", 'no_decay = ["bias", "norm"]\n'])
def test_groups_of_parameters_have_settings_of_their_own(tmp_path, more):
    groups = [
        {"names": ["head.weight", "head.bias"], "arguments": {"lr": 0.2, "weight_decay": 0.1}},
        {"names": ["backbone.1.weight", "backbone.1.bias", "backbone.0.bias"], "arguments": {"lr": 0.05, "momentum": 0.5}},
    ]  # fmt: skip
    spared = ["backbone.0.bias", "backbone.1.bias", "backbone.1.weight", "head.bias"]
    schedule = {"kind": "one_cycle", "arguments": {}}
    task = task_of({"groups": groups, "no_decay": spared if more else [], "schedule": schedule})  # fmt: skip
    cycle = '[train.schedule]\nkind = "one_cycle"\n'
    job = Job(tmp_path, [task], TRAIN + more + GROUPS + cycle)
    state = job.extract(job.train())["mine"]
    assert_same_state(state, plain(job, task))
    others = task_of({"schedule": schedule, "no_decay": groups and []})
    others.model.load_state_dict(job.start(task))
    other = Job.plain(job, others)
    assert not torch.equal(state["head.weight"], other["head.weight"])


def test_a_frozen_group_keeps_its_values(tmp_path):
    task = task_of({})
    frozen = '[[train.group]]\nmatch = "backbone.0.*"\nfreeze = true\n'
    job = Job(tmp_path, [task], TRAIN + frozen)
    for name in ("weight", "bias"):
        task.model.backbone[0].get_parameter(name).requires_grad_(False)
        assert torch.equal(job.start(task)[f"backbone.0.{name}"], task.initial[f"backbone.0.{name}"])  # fmt: skip
    state = job.extract(job.train())["mine"]
    assert_same_state(state, plain(job, task))
    assert torch.equal(state["backbone.0.weight"], task.initial["backbone.0.weight"])
    assert not torch.equal(state["head.weight"], job.start(task)["head.weight"])
    for sub in json.loads((job.path / "job.json").read_text())["subnetworks"]:
        assert sub["recipe"]["groups"] == []
    for sub in load_network(job.path).subnetworks:
        trained = [p.requires_grad for p in sub.parameters()]
        assert trained == [False, False, True, True, True, True]


def test_verify_trains_with_groups_and_schedules(tmp_path):
    task = task_of({})
    cycle = '[train.schedule]\nkind = "multistep"\nmilestones = [2, 5]\n'
    job = Job(tmp_path, [task], TRAIN + "ema = 0.9\n" + GROUPS + cycle)
    assert (
        job.verified("--steps", 8)
        == "mine: 9 of 9 tensors bit-identical to plain training\n"
    )


@pytest.mark.parametrize(
    "name, arguments",
    [("asgd", {"t0": 2.0, "lambd": 0.01}), ("rprop", {"etas": [0.4, 1.3]}), ("adafactor", {"d": 2.0})],
)  # fmt: skip
def test_more_optimizers(tmp_path, name, arguments):
    classes = {"asgd": "ASGD", "rprop": "Rprop", "adafactor": "Adafactor"}
    task = task_of({"optimizer": classes[name], "arguments": {"lr": 0.05, **arguments}})
    lines = "".join(f"{n} = {json.dumps(v)}\n" for n, v in arguments.items())
    job = Job(tmp_path, [task], f'{TRAIN}optimizer = "{name}"\n{lines}')
    half = job.train("half", "--max-steps", 7)
    assert half.exists()
    assert_same_state(job.extract(job.train("half", "--resume"))["mine"], plain(job, task))  # fmt: skip


def test_muon_trains_matrices(tmp_path):
    task = task_of({"optimizer": "Muon", "arguments": {"lr": 0.05}})
    for name, parameter in task.model.named_parameters():
        parameter.requires_grad_(name.endswith("weight") and parameter.dim() == 2)
    train = f'{TRAIN}optimizer = "muon"\n[[train.group]]\nmatch = ["*.bias", "backbone.1.*"]\nfreeze = true\n'  # fmt: skip
    job = Job(tmp_path, [task], train)
    assert_same_state(job.extract(job.train())["mine"], plain(job, task))
    says = "the optimizer 'muon' trains matrices alone, and 'backbone.0.bias' is [16]"
    refused_recipe(tmp_path, 'optimizer = "muon"\nnesterov = true\n', says)


@pytest.mark.parametrize("stop", [None, 9])
def test_averaged_weights_come_back_too(tmp_path, stop):
    task = task_of({"ema": 0.9, "accumulate": 2})
    job = Job(tmp_path, [task], TRAIN + "ema = 0.9\naccumulate = 2\n")
    if stop:
        job.train("result", "--max-steps", stop)
    trained = job.train("result", *(["--resume"] if stop else []))
    kept = {}
    state = plain(job, task, kept)
    assert_same_state(extracted(job, trained.parent), state)
    averaged = extracted(job, trained.parent, "--ema", out="averaged")
    assert_same_state(averaged, {**state, **kept["ema"]})
    assert not torch.equal(averaged["head.weight"], state["head.weight"])
    other = extracted(job, trained, "--ema", out="beside")
    assert_same_state(other, averaged)


def test_without_averages_there_is_none_to_extract(tmp_path):
    job = Job(tmp_path, [task_of({"epochs": 1})], TRAIN.replace("epochs = 4", "epochs = 1"))  # fmt: skip
    trained = job.train()
    refused(*extract_call(job.key, trained.parent, tmp_path / "w", "--ema"), says="is a folder without ema.safetensors, which train.py writes at its end where the recipe has ema")  # fmt: skip
    refused(*extract_call(job.key, trained, tmp_path / "w", "--ema"), says="has beside it no ema.safetensors")  # fmt: skip
    refused(*extract_call(job.key, trained.parent, tmp_path / "w", "--epoch", "7"), says="is a folder without epoch-007.safetensors")  # fmt: skip
    refused(*extract_call(job.key, trained.parent, tmp_path / "w", "--epoch", "1", "--best"), status=2, says="each names other weights; give one of them")  # fmt: skip
    assert_same_state(extracted(job, trained.parent, "--epoch", "1"), job.extract(trained)["mine"])  # fmt: skip


STOP = 'metric = "accuracy"\n[train.stop]\npatience = 2\n'


@pytest.mark.parametrize("validation", [True, False])
@pytest.mark.parametrize("metric", ["accuracy", "loss"])
def test_a_sub_network_stops_and_its_best_epoch_comes_back(tmp_path, validation, metric):  # fmt: skip
    """Large steps, so that the best epoch is not the last; two tasks, so that one stops before the other."""
    best = {"metric": metric, "better": "higher" if metric == "accuracy" else "lower"}
    recipe = {"epochs": 12, "arguments": {"lr": 0.4}, "best": best, "patience": 2}
    tasks = [task_of(recipe, n, s, validation) for n, s in (("one", 1), ("two", 2))]
    train = f'[train]\nlr = 0.4\nbatch_size = 16\nepochs = 12\nmetric = "{metric}"\n[train.stop]\npatience = 2\n'  # fmt: skip
    job = Job(tmp_path, tasks, train)
    trained = job.train()
    states = job.extract(trained)
    run(*extract_call(job.key, trained.parent, tmp_path / "best", "--best"))
    split = "valid" if validation else "train"
    lines = [line for line in metrics(trained.parent) if line["split"] == split]
    epochs = []
    for task in tasks:
        kept = {}
        assert_same_state(states[task.name], plain(job, task, kept))
        assert_same_state(load_file(tmp_path / "best" / f"{task.name}.safetensors"), kept["best"])  # fmt: skip
        own = [line for line in lines if line["sub-network"] == job.subnetwork(task)]
        values = [line[metric] for line in own]
        first = values.index((max if metric == "accuracy" else min)(values))
        assert len(own) == min(12, first + 3)
        epochs.append(len(own))
    assert min(epochs) < 12


def test_what_is_said_is_of_what_comes_back(tmp_path):
    """Held-out numbers of the best epoch, which is not the last; none of averaged weights, which nothing has evaluated."""
    recipe = {"epochs": 12, "arguments": {"lr": 0.4}}
    tasks = [task_of(recipe, n, s, True) for n, s in (("one", 1), ("two", 2))]
    job = Job(tmp_path, tasks, TRAIN.replace("0.05", "0.4").replace("epochs = 4", "epochs = 12\nema = 0.9"))  # fmt: skip
    out = job.train().parent

    def said(*options):
        folder = tmp_path / "-".join(["said", *options])
        return run(*extract_call(job.key, out / "trained.safetensors", folder, *options)).stdout  # fmt: skip

    best, last, averaged = said("--best"), said(), said("--ema")
    lines = [line for line in metrics(out) if line["split"] == "valid"]
    earlier = 0
    for task in tasks:
        own = [line for line in lines if line["sub-network"] == job.subnetwork(task)]
        first = min(own, key=lambda line: (line["loss"], line["epoch"]))
        earlier += first["epoch"] < 12
        (text,) = (line for line in best.splitlines() if line.startswith(task.name + ":"))  # fmt: skip
        assert f"(epoch {first['epoch']})" in text, text
    assert earlier and last.count("(epoch 12)") == 2
    assert "held-out rows" not in averaged and "counts" not in best


def test_stopping_survives_a_stop_in_the_middle(tmp_path):
    recipe = {"epochs": 9, "arguments": {"lr": 0.4}}
    tasks = [task_of(recipe, n, s, True) for n, s in (("one", 1), ("two", 2))]
    train = "[train]\nlr = 0.4\nbatch_size = 16\nepochs = 9\nema = 0.8\n[train.stop]\npatience = 1\n"  # fmt: skip
    job = Job(tmp_path, tasks, train)
    whole = job.train("whole").parent
    files = {n: d for n, d in digests(whole).items() if not n.startswith("checkpoint")}
    assert "best.safetensors" in files
    for number, steps in enumerate((7, 13, 19)):
        out = f"part{number}"
        job.train(out, "--max-steps", steps)
        job.train(out, "--resume")
        found = digests(tmp_path / out)
        assert {n: found.get(n) for n in files} == files


def test_one_that_sends_stays_as_it_stopped(tmp_path):
    """Its activations still reach the decoy, through dropout and batch norm that move nothing of it; so after a resume."""
    recipe = {"epochs": 12, "arguments": {"lr": 0.4}, "best": {"metric": "loss", "better": "lower"}, "patience": 1}  # fmt: skip
    tasks = [task_of(recipe, n, s) for n, s in (("one", 1), ("two", 2))]
    train = "[train]\nlr = 0.4\nbatch_size = 16\nepochs = 12\n[train.stop]\npatience = 1\n"  # fmt: skip
    job = Job(tmp_path, tasks, train, options=("--decoys", 1, "--links", 4), seed=f"{2:064x}")  # fmt: skip
    assert {to for _, to in job.plan()["links"]} == {2}
    whole = job.train("whole")
    states = job.extract(whole)
    for task in tasks:
        assert_same_state(states[task.name], plain(job, task))
    epochs = [sum(line["split"] == "train" and line["sub-network"] == s for line in metrics(whole.parent)) for s in range(3)]  # fmt: skip
    assert min(epochs[:2]) < epochs[2], "one that sends has stopped before the decoy"
    job.train("part", "--max-steps", 6 * (min(epochs[:2]) + 1))
    assert job.train("part", "--resume").read_bytes() == whole.read_bytes()


def test_which_epochs_stay_is_asked_for(tmp_path):
    job = Job(tmp_path, [task_of({}, validation=True)], TRAIN)
    expected = {
        "all": {"epoch-001", "epoch-002", "epoch-003", "epoch-004"},
        "last=2": {"epoch-003", "epoch-004"},
        "best": {"best"},
        "last=1,best": {"epoch-004", "best"},
    }
    for words, names in expected.items():
        out = job.train(words.replace("=", ""), "--keep", words).parent
        found = {p.stem for p in out.glob("*.safetensors")}
        assert found == names | {"checkpoint", "checkpoint-2", "trained"}
    for wrong in ("last", "first=1", "last=x"):
        with pytest.raises(SystemExit, match="is none of all, last=N and best"):
            job.train("wrong", "--keep", wrong)


def test_a_damaged_best_file_is_said(tmp_path, capsys):
    """In the one sub-network that stops early, whose best epoch is then lost; the run goes on."""
    tasks = [task_of({"epochs": 4}, n, s, True) for n, s in (("one", 1), ("two", 2))]
    job = Job(tmp_path, tasks, TRAIN)
    job.train("r", "--max-steps", 6)
    (tmp_path / "r" / "best.safetensors").write_bytes(b"nothing")
    job.train("r", "--resume")
    assert "best.safetensors: is damaged" in capsys.readouterr().err
    run(*extract_call(job.key, tmp_path / "r", tmp_path / "w", "--best"))


def test_fp16_with_a_scaler_of_each_sub_network(tmp_path):
    recipe = {"precision": "fp16", "clip_grad_norm": 1.0, "accumulate": 2}
    task = make_task("mine", "LeNet5", recipe={"arguments": {"lr": 0.05}, "epochs": 2, "batch_size": 16, **recipe})  # fmt: skip
    train = '[train]\nlr = 0.05\nepochs = 2\nbatch_size = 16\nprecision = "fp16"\nclip_grad_norm = 1.0\naccumulate = 2\n'  # fmt: skip
    job = Job(tmp_path, [task], train)
    job.train("result", "--max-steps", 7)
    state = job.extract(job.train("result", "--resume"))["mine"]
    assert_same_state(state, job.plain(task))


def refused_recipe(folder, recipe, says):
    task = task_of({}, name="bad")
    task.write(folder)
    (folder / "r.toml").write_text("[train]\nlr = 0.1\n" + recipe)
    refused(*obfuscate_call(folder, model="bad.pt2", data="bad.npz", job="no", key="no.key"), says=says)  # fmt: skip


@pytest.mark.parametrize(
    "recipe, says",
    [
        ('[[train.group]]\nmatch = "tail.*"\nlr = 1.0\n', "match = \"tail.*\" names none of the model's parameters: 'backbone.0.weight', 'backbone.0.bias', 'backbone.1.weight', 'backbone.1.bias' and 2 more"),
        ("[[train.group]]\nlr = 1.0\n", "train.group[0].match: is missing"),
        ('[[train.group]]\nmatch = 3\n', "train.group[0].match: expected a name or a list of names"),
        ('[[train.group]]\nmatch = "*"\nfreeze = true\n', "every trainable parameter is in a [[train.group]] with freeze = true"),
        ('[[train.group]]\nmatch = "*"\nfreeze = true\nlr = 1.0\n', "freeze: leaves the group untrained, so that lr does nothing"),
        ('[[train.group]]\nmatch = "*"\nbetas = [0.9, 0.9]\n', "train.group[0].betas: is an argument of adam"),
        ('[[train.group]]\nmatch = "*"\nlearning_rate = 1.0\n', "did you mean 'lr'?"),
        ('loss = "mse"\nmetric = "accuracy"\n', "metric: is accuracy, which the loss mse has not"),
        ('metric = "auc"\n', "metric: 'auc' is unknown"),
        ("ema = 1.0\n", "ema: expected a number from 0 to below 1"),
        ('optimizer = "rprop"\netas = [1.5, 2.0]\n', "etas: expected one number between 0 and 1 and one above 1"),
        ('[train.schedule]\nkind = "multistep"\n', "milestones: is missing: at which optimizer steps"),
        ('[train.schedule]\nkind = "multistep"\nmilestones = [5, 3]\n', "milestones: expected whole numbers, the smaller first"),
        ('[train.schedule]\nkind = "cosine"\nwarmup_steps = 3\nwarmup_form = "constant"\n', "warmup_start: is to be above 0"),
        ('[train.schedule]\nkind = "cosine"\npower = 2\n', "power: belongs to kind = \"polynomial\", and the kind is \"cosine\""),
        ("[train.stop]\npatience = -1\n", "train.stop.patience: expected a whole number of at least 0"),
    ],
)  # fmt: skip
def test_a_misuse_is_one_line(tmp_path, recipe, says):
    refused_recipe(tmp_path, recipe, says)


def test_a_guest_that_has_no_such_parameter_is_said(tmp_path):
    guest = make_task("guest", "MLP", seed=9)
    job = Job(tmp_path, [task_of({})], TRAIN + GROUPS, guests=[guest])
    assert 'no parameter is named by [[train.group]] match = "head.*"' in job.output
