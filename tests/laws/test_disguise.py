"""Tokens numbered anew: undone at extraction, exact where no sum runs over the vocabulary."""

import sys

import numpy
import pytest
import torch
from conftest import OPTIMIZERS, Job, Task, assert_same_state, refused, run, same_bits
from export_model import export_with
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

VOCABULARY, LENGTH, ROWS = 101, 7, 120
TRAIN = "[train]\nbatch_size = 16\nepochs = 2\n"
PLAIN = {"batch_size": 16, "epochs": 2}


class Bag(nn.Module):
    """Two embeddings of the same tokens, one frozen, with padding; odd sizes."""

    def __init__(self, vocabulary=VOCABULARY):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, 5, padding_idx=3)
        self.fixed = nn.Embedding(vocabulary, 3)
        self.fixed.weight.requires_grad_(False)
        self.head = nn.Linear(8, 4)

    def forward(self, input_ids):
        x = torch.cat([self.tokens(input_ids), self.fixed(input_ids)], -1)
        return self.head(F.dropout(x, 0.1, self.training).mean(1))


class Compares(Bag):
    """Looks at a token's number itself."""

    def forward(self, input_ids):
        seen = (input_ids != 3).to(torch.float32)[..., None]
        x = torch.cat([self.tokens(input_ids), self.fixed(input_ids)], -1)
        return self.head((x * seen).mean(1))


class Predicts(nn.Module):
    """An output layer of its own over the vocabulary, or the embedding's."""

    def __init__(self, tied=False):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, 12)
        self.lstm = nn.LSTM(12, 12, batch_first=True)
        self.head = nn.Linear(12, VOCABULARY, bias=not tied)
        if tied:
            self.head.weight = self.tokens.weight

    def forward(self, input_ids):
        return self.head(self.lstm(self.tokens(input_ids))[0])


class SumsAll(Bag):
    """Uses the embedding for something else than to look tokens up."""

    def forward(self, input_ids):
        x = torch.cat([self.tokens(input_ids), self.fixed(input_ids)], -1).mean(1)
        return self.head(x) + self.tokens.weight.mean()


class Tokens(Task):
    def __init__(self, name, model, dtype=numpy.int64, recipe=None, table="", seed=0):
        random = numpy.random.default_rng(seed)
        y = random.integers(0, 4, ROWS)
        x = (random.integers(0, 40, (ROWS, LENGTH)) + 20 * y[:, None]) % VOCABULARY
        self.predicts = isinstance(model, Predicts)
        super().__init__(name, model, x.astype(dtype), None if self.predicts else y, recipe, table=table)  # fmt: skip

    def write(self, folder):
        example = torch.ones(4, LENGTH, dtype=torch.int64)
        export_with(self.model, [example], folder / f"{self.name}.pt2")
        self.model.load_state_dict(self.initial)
        arrays = {"x": self.x} if self.predicts else {"x": self.x, "y": self.y}
        numpy.savez(folder / f"{self.name}.npz", **arrays)


def stream_of(job, task):
    shard = load_file(next((job.path / "data").iterdir()))
    stream = job.stream(task)
    name = "x." + str(task.x.dtype)
    return shard[name][:, stream["positions"][0]].numpy(), stream


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", [numpy.uint8, numpy.int32, numpy.int64])
def test_classifiers_stay_exact_by_default(tmp_path, optimizer, dtype):
    torch.manual_seed(1)
    toml, plain = OPTIMIZERS[optimizer]
    task = Tokens("mine", Bag(), dtype, {**plain, **PLAIN})
    job = Job(tmp_path, [task], TRAIN + toml, options=("--decoys", 2))
    assert "numbered anew" in job.output and "stays exact" in job.output
    found, stream = stream_of(job, task)
    numbers = numpy.array(stream["numbers"])
    assert sorted(numbers) == list(range(VOCABULARY))
    assert (found == numbers[task.x[stream["rows"]]]).all()
    assert not (found == task.x[stream["rows"]]).all()
    others = [s["numbers"] for s in job.plan()["streams"]]
    assert len({tuple(n) for n in others}) == 3  # each stream has its own
    assert_same_state(job.extract(job.path / "weights.safetensors", "untrained")["mine"], task.initial)  # fmt: skip
    # The padding's row is under its new number, and the graph knows it.
    weights = load_file(job.path / "weights.safetensors")
    own = [t for n, t in weights.items() if f"subnetworks.{job.subnetwork(task)}." in n and t.shape == (VOCABULARY, 5)]  # fmt: skip
    assert (own[0][numbers[3]] == 0).all()
    assert f"padding_idx={numbers[3]}" in (job.path / "model.py").read_text()
    extracted = job.extract(job.train())["mine"]
    assert_same_state(extracted, job.plain(task, dtypes=[torch.int64]))
    assert (extracted["tokens.weight"][3] == 0).all()


def test_none_leaves_the_numbers(tmp_path):
    torch.manual_seed(2)
    task = Tokens("mine", Bag(), recipe=PLAIN)
    job = Job(tmp_path, [task], TRAIN, options=("--disguise", "none"))
    found, stream = stream_of(job, task)
    assert (found == task.x[stream["rows"]]).all() and not stream["numbers"]
    assert "anew" not in job.output


@pytest.mark.parametrize("tied", [False, True])
def test_language_models_up_to_rounding_when_asked(tmp_path, tied):
    torch.manual_seed(3)
    loss = 'loss = "next_token"\n'
    toml, plain = OPTIMIZERS["sgd"]
    task = Tokens("mine", Predicts(tied), recipe={**plain, **PLAIN, "loss": "next_token"})  # fmt: skip
    exact = Job(tmp_path / "exact", [task], TRAIN + loss + toml)
    assert not exact.stream(task)["numbers"]
    job = Job(tmp_path / "job", [task], TRAIN + loss + toml, options=("--disguise", "vocabulary"))  # fmt: skip
    assert "up to rounding" in job.output
    found, stream = stream_of(job, task)
    assert (found == numpy.array(stream["numbers"])[task.x[stream["rows"]]]).all()
    assert_same_state(job.extract(job.path / "weights.safetensors", "untrained")["mine"], task.initial)  # fmt: skip
    extracted = job.extract(job.train())["mine"]
    plain_state = job.plain(task)
    for name, tensor in plain_state.items():
        assert torch.allclose(extracted[name], tensor.detach(), atol=1e-4), name
    moved = (plain_state["head.weight"] - task.initial["head.weight"]).abs().max()
    assert moved > 1e-2  # the tolerance says something
    proof = ["--key", job.key, "--job", job.path, "--recipe", job.recipe]
    said = run("verify", *proof, "--steps", 3, "--python", sys.executable).stdout
    assert "up to rounding only, because of tokens that are numbered anew" in said


def test_clipping_weakens(tmp_path):
    torch.manual_seed(4)
    clip = "clip_grad_norm = 0.5\n"
    task = Tokens("mine", Bag(), recipe={**PLAIN, "clip_grad_norm": 0.5})
    job = Job(tmp_path / "exact", [task], TRAIN + clip)
    assert not job.stream(task)["numbers"]
    assert_same_state(job.extract(job.train())["mine"], job.plain(task))
    job = Job(tmp_path / "job", [task], TRAIN + clip, options=("--disguise", "vocabulary"))  # fmt: skip
    assert job.stream(task)["numbers"] and "with clipping" in job.output


@pytest.mark.parametrize(
    "model, says",
    [
        (Compares, "its tokens meet more than embeddings"),
        (SumsAll, "its embedding is used for something else, too"),
    ],
)
def test_what_cannot_be_numbered_anew(tmp_path, model, says):
    torch.manual_seed(5)
    task = Tokens("mine", model(), recipe=PLAIN)
    job = Job(tmp_path, [task], TRAIN)
    assert not job.stream(task)["numbers"]
    assert_same_state(job.extract(job.train())["mine"], job.plain(task))
    out = ["--recipe", job.recipe, "--job", tmp_path / "j", "--key", tmp_path / "k"]
    refused("obfuscate", *out, "--disguise", "vocabulary", says=says)


def test_bytes_of_a_larger_vocabulary_stay(tmp_path):
    torch.manual_seed(6)
    task = Tokens("mine", Bag(300), numpy.uint8, PLAIN)
    job = Job(tmp_path, [task], TRAIN)
    assert not job.stream(task)["numbers"]


def test_shared_columns_stay(tmp_path):
    torch.manual_seed(7)
    task = Tokens("mine", Bag(), recipe=PLAIN)
    job = Job(tmp_path, [task], TRAIN, options=("--amount", "0.5"))
    assert not job.stream(task)["numbers"]
    out = ["--recipe", job.recipe, "--job", tmp_path / "j", "--key", tmp_path / "k"]
    refused("obfuscate", *out, "--amount", 0.5, "--disguise", "vocabulary", status=2, says="needs a whole stream")  # fmt: skip


def test_like_keeps_the_numbers(tmp_path):
    torch.manual_seed(8)
    task = Tokens("mine", Bag(), recipe=PLAIN)
    job = Job(tmp_path, [task], TRAIN)
    out = ["--recipe", job.recipe, "--job", tmp_path / "j", "--key", tmp_path / "k"]
    refused("obfuscate", *out, "--like", job.key, "--disguise", "none", says="were numbered anew in the old job")  # fmt: skip
    run("obfuscate", *out, "--like", job.key)
    again = load_file(tmp_path / "j" / "weights.safetensors")
    first = load_file(job.path / "weights.safetensors")
    assert all(same_bits(first[name], again[name]) for name in first)
