"""Tokens numbered anew: undone at extraction, exact where no sum runs over the vocabulary."""

import numpy
import pytest
import torch
from conftest import (
    OPTIMIZERS,
    Job,
    assert_same_state,
    assert_start_of,
    refused,
    run,
    same_bits,
    shards,
)
from safetensors.torch import load_file
from tokens import TokenTask
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


def tokens(model, dtype=numpy.int64, recipe=None):
    """Texts whose class shifts their tokens, taken as int64 whatever they are stored as."""
    random = numpy.random.default_rng(0)
    y = random.integers(0, 4, ROWS)
    x = (random.integers(0, 40, (ROWS, LENGTH)) + 20 * y[:, None]) % VOCABULARY
    targets = None if isinstance(model, Predicts) else y
    return TokenTask("mine", model, {"x": x.astype(dtype)}, targets, recipe, dtype=torch.int64)  # fmt: skip


def stream_of(job, task):
    """The tokens that the job holds of it, its own in the same order, and its stream."""
    stream = job.stream(task)
    found = shards(job.path)[f"x.{task.x[0].dtype}"][:, stream["positions"][0]].numpy()
    return found, task.x[0][stream["rows"]], stream


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", [numpy.uint8, numpy.int32, numpy.int64])
def test_classifiers_stay_exact_by_default(tmp_path, optimizer, dtype):
    torch.manual_seed(1)
    toml, plain = OPTIMIZERS[optimizer]
    task = tokens(Bag(), dtype, {**plain, **PLAIN})
    job = Job(
        tmp_path, [task], TRAIN + toml, options=("--decoys", 2, "--start", "keep")
    )
    assert "numbered anew" in job.output and "stays exact" in job.output
    found, own, stream = stream_of(job, task)
    numbers = numpy.array(stream["numbers"])
    assert sorted(numbers) == list(range(VOCABULARY))
    assert (found == numbers[own]).all()
    assert not (found == own).all()
    others = [s["numbers"] for s in job.plan()["streams"]]
    assert len({tuple(n) for n in others}) == 3  # each stream has its own
    assert_same_state(job.start(task), task.initial)
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
    task = tokens(Bag(), recipe=PLAIN)
    job = Job(tmp_path, [task], TRAIN, options=("--disguise", "none"))
    found, own, stream = stream_of(job, task)
    assert (found == own).all() and not stream["numbers"]
    assert "numbered anew" not in job.output


@pytest.mark.parametrize("tied", [False, True])
def test_language_models_up_to_rounding_when_asked(tmp_path, tied):
    torch.manual_seed(3)
    loss = 'loss = "next_token"\n'
    toml, plain = OPTIMIZERS["sgd"]
    task = tokens(Predicts(tied), recipe={**plain, **PLAIN, "loss": "next_token"})  # fmt: skip
    exact = Job(tmp_path / "exact", [task], TRAIN + loss + toml)
    assert not exact.stream(task)["numbers"]
    job = Job(tmp_path / "job", [task], TRAIN + loss + toml, options=("--disguise", "vocabulary"))  # fmt: skip
    assert "up to rounding" in job.output
    found, own, stream = stream_of(job, task)
    assert (found == numpy.array(stream["numbers"])[own]).all()
    assert_start_of(job.start(task), task)
    extracted = job.extract(job.train())["mine"]
    plain_state = job.plain(task)
    for name, tensor in plain_state.items():
        assert torch.allclose(extracted[name], tensor.detach(), atol=1e-4), name
    moved = (plain_state["head.weight"] - job.start(task)["head.weight"]).abs().max()
    assert moved > 1e-2  # the tolerance says something
    said = job.verified("--steps", 3)
    assert "up to rounding only, because of tokens that are numbered anew" in said


def test_clipping_weakens(tmp_path):
    torch.manual_seed(4)
    clip = "clip_grad_norm = 0.5\n"
    task = tokens(Bag(), recipe={**PLAIN, "clip_grad_norm": 0.5})
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
    task = tokens(model(), recipe=PLAIN)
    job = Job(tmp_path, [task], TRAIN)
    assert not job.stream(task)["numbers"]
    assert_same_state(job.extract(job.train())["mine"], job.plain(task))
    refused(*job.again(tmp_path), "--disguise", "vocabulary", says=says)


def test_bytes_of_a_larger_vocabulary_stay(tmp_path):
    torch.manual_seed(6)
    task = tokens(Bag(300), numpy.uint8, PLAIN)
    job = Job(tmp_path, [task], TRAIN)
    assert not job.stream(task)["numbers"]


def test_shared_columns_stay(tmp_path):
    torch.manual_seed(7)
    task = tokens(Bag(), recipe=PLAIN)
    job = Job(tmp_path, [task], TRAIN, options=("--amount", "0.5"))
    assert not job.stream(task)["numbers"]
    refused(*job.again(tmp_path), "--amount", 0.5, "--disguise", "vocabulary", status=2, says="needs a whole stream")  # fmt: skip


def test_like_keeps_the_numbers(tmp_path):
    torch.manual_seed(8)
    task = tokens(Bag(), recipe=PLAIN)
    job = Job(tmp_path, [task], TRAIN)
    like = (*job.again(tmp_path), "--like", job.key)
    refused(*like, "--disguise", "none", says="were numbered anew in the old job")
    run(*like)
    again = load_file(tmp_path / "j" / "weights.safetensors")
    first = load_file(job.path / "weights.safetensors")
    assert all(same_bits(first[name], again[name]) for name in first)
