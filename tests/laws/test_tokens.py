"""Laws 1 to 4 for tokens: language models that predict their own next tokens, and several fields a sample."""

import numpy
import pytest
import torch
from command_lines import obfuscate_call
from conftest import (
    DATA,
    OPTIMIZERS,
    Job,
    assert_same_outputs,
    assert_same_state,
    refused,
    shards,
)
from export_model import export
from tokens import TokenTask
from torch import nn
from torch.nn import functional as F

VOCABULARY, LENGTH = 96, 24


class Causal(nn.Module):
    """A GPT in small: tied weights, causal attention with dropout, learned positions."""

    def __init__(self, width=32, heads=2, layers=2, dropout=0.1):
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.tokens = nn.Embedding(VOCABULARY, width)
        self.places = nn.Embedding(LENGTH, width)
        self.norms = nn.ModuleList([nn.LayerNorm(width) for _ in range(2 * layers + 1)])
        self.packed = nn.ModuleList(
            [nn.Linear(width, 3 * width) for _ in range(layers)]
        )
        self.out = nn.ModuleList([nn.Linear(width, width) for _ in range(layers)])
        self.wide = nn.ModuleList([nn.Linear(width, 4 * width) for _ in range(layers)])
        self.narrow = nn.ModuleList(
            [nn.Linear(4 * width, width) for _ in range(layers)]
        )
        self.head = nn.Linear(width, VOCABULARY, bias=False)
        self.head.weight = self.tokens.weight

    def attend(self, x, layer):
        b, n, c = x.shape
        q, k, v = (
            t.view(b, n, self.heads, c // self.heads).transpose(1, 2)
            for t in self.packed[layer](x).chunk(3, -1)
        )
        dropout = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, dropout_p=dropout, is_causal=True)
        return self.out[layer](y.transpose(1, 2).reshape(b, n, c))

    def forward(self, input_ids):
        x = self.tokens(input_ids) + self.places(torch.arange(LENGTH))
        x = F.dropout(x, self.dropout, self.training)
        for layer in range(len(self.out)):
            x = x + self.attend(self.norms[2 * layer](x), layer)
            hidden = F.gelu(self.wide[layer](self.norms[2 * layer + 1](x)))
            x = x + F.dropout(self.narrow[layer](hidden), self.dropout, self.training)
        return self.head(self.norms[-1](x))


class Masked(nn.Module):
    """Several fields: tokens, their mask, and numbers beside them."""

    def __init__(self, outputs=None):
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, 16)
        self.extra = nn.Linear(3, 16)
        self.lstm = nn.LSTM(16, 20, batch_first=True)
        self.head = nn.Linear(20, outputs or VOCABULARY)
        self.classifies = outputs is not None

    def forward(self, input_ids, attention_mask, numbers):
        x = self.tokens(input_ids) * attention_mask[:, :, None]
        x, _ = self.lstm(x + self.extra(numbers)[:, None])
        return self.head(x[:, -1] if self.classifies else x)


def real_tokens(rows, seed=0):
    """WikiText-2 as characters where it is there, else tokens with an order of their own."""
    path = (
        next(iter(sorted((DATA / "wikitext-2").rglob("*valid*"))), None)
        if DATA.exists()
        else None
    )
    if (
        path is not None
        and path.is_file()
        and path.suffix in (".txt", ".tokens", ".raw")
    ):
        text = numpy.frombuffer(
            path.read_bytes()[seed * 997 :][: rows * LENGTH], numpy.uint8
        )
        return (text.astype(numpy.int64) % VOCABULARY).reshape(rows, LENGTH)
    random = numpy.random.default_rng(seed)
    steps = random.integers(1, 4, (rows, LENGTH))
    return (random.integers(0, VOCABULARY, (rows, 1)) + steps.cumsum(1)) % VOCABULARY


TRAIN = '[train]\nbatch_size = 16\nepochs = 2\nloss = "next_token"\n'
PLAIN = {"batch_size": 16, "epochs": 2, "loss": "next_token"}


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_language_models_train_as_alone(tmp_path, count, dropout):
    torch.manual_seed(1)
    toml, plain = OPTIMIZERS["adamw"]
    fields = {"input_ids": real_tokens(100)}
    task = TokenTask("mine", Causal(dropout=dropout), fields, recipe={**plain, **PLAIN})
    job = Job(tmp_path, [task], TRAIN + toml, options=("--decoys", count - 1))
    assert_same_state(job.extract(job.train())["mine"], job.plain(task))
    text = (job.path / "model.py").read_text()
    assert "[:, 1:]" in text and "y.int64" not in text
    assert "bit-identical" in job.verified("--steps", 3)


def test_padding_is_ignored_and_every_field_has_columns(tmp_path):
    torch.manual_seed(2)
    random = numpy.random.default_rng(2)
    lengths = random.integers(4, LENGTH, 80)
    mask = (numpy.arange(LENGTH) < lengths[:, None]).astype(numpy.int32)
    fields = {
        "input_ids": (real_tokens(80, 2) * mask).astype(numpy.int32),
        "attention_mask": mask,
        "numbers": random.random((80, 3), numpy.float32),
    }
    dtypes = [torch.int32, torch.int32, torch.float32]
    recipe = {**OPTIMIZERS["sgd"][1], **PLAIN, "mask": 1}
    task = TokenTask("mine", Masked(), fields, recipe=recipe)
    job = Job(tmp_path, [task], TRAIN + OPTIMIZERS["sgd"][0], options=("--decoys", 1))
    extracted = job.extract(job.train())["mine"]
    assert_same_state(extracted, job.plain(task, dtypes=dtypes))
    columns = job.plan()["columns"]
    assert columns == {"x.int32": 4 * LENGTH, "x.float32": 6}
    target = job.module(task).target(shards(job.path))
    rows = job.stream(task)["rows"]
    assert ((target == -100).numpy() == (mask[rows, 1:] == 0)).all()
    assert "bit-identical" in job.verified("--steps", 3)


def test_classification_of_several_fields(tmp_path):
    torch.manual_seed(3)
    tokens = real_tokens(60, 3)
    fields = {
        "input_ids": tokens,
        "attention_mask": numpy.ones((60, LENGTH), numpy.float32),
        "numbers": numpy.random.default_rng(3).random((60, 3), numpy.float32),
    }
    recipe = {**OPTIMIZERS["adamw"][1], "batch_size": 16}
    task = TokenTask("mine", Masked(4), fields, tokens[:, 0] % 4, recipe)
    other = TokenTask("other", Causal(), {"input_ids": real_tokens(50, 4)}, recipe={**PLAIN, **recipe, "loss": "next_token"}, table='[here.train]\nloss = "next_token"\n')  # fmt: skip
    train = f"[train]\nbatch_size = 16\n{OPTIMIZERS['adamw'][0]}"
    job = Job(tmp_path, [task, other], train)
    other.recipe["epochs"] = 1
    extracted = job.extract(job.train())
    for one in (task, other):
        assert_same_state(extracted[one.name], job.plain(one))


def test_same_function_before_training(tmp_path):
    torch.manual_seed(5)
    task = TokenTask("mine", Causal(), {"input_ids": real_tokens(40, 5)})
    job = Job(tmp_path, [task], TRAIN, options=("--decoys", 1))
    shard, module = shards(job.path), job.module(task)
    tokens = torch.as_tensor(task.x[0][job.stream(task)["rows"]])
    task.model.load_state_dict(job.start(task))
    assert_same_outputs(module, task.model, (lambda: module(shard), lambda: task.model(tokens)))  # fmt: skip


def test_what_does_not_fit_is_refused(tmp_path):
    export(nn.Sequential(nn.Flatten(), nn.Linear(12, 5)), (12,), tmp_path / "flat.pt2")
    task = TokenTask("mine", Causal(), {"input_ids": real_tokens(30)})
    task.write(tmp_path)
    (tmp_path / "r.toml").write_text(TRAIN)

    def attempt(model, says, **arrays):
        numpy.savez(tmp_path / "bad.npz", **arrays)
        refused(*obfuscate_call(tmp_path, model=model, data="bad.npz"), says=says)

    tokens = real_tokens(30)
    attempt("mine.pt2", "has targets", x=tokens, y=tokens[:, 0])
    attempt("mine.pt2", "rows of two or more tokens", x=tokens.astype(numpy.float32))
    attempt("flat.pt2", "'next_token' needs [12, classes]", x=tokens[:, :12])
    tokens[7, 3] = VOCABULARY
    attempt("mine.pt2", f"row 7: token {VOCABULARY}", x=tokens)
    tokens[7, 3] = -1
    attempt("mine.pt2", "row 7: token -1", x=tokens)
