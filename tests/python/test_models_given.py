"""Whatever a user calls a model, and however it is called: it works, or one line says what to give."""

import amalgam
import lightning
import numpy
import pytest
import torch
from conftest import assert_same_state
from export_model import exported
from test_export_meaning import EXAMPLE, X, Y, made, net, refused
from torch import nn

STATIC = X[:, :2].copy()
BOTH = torch.zeros(4, 6), torch.zeros(4, 2)


class Lit(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = net()

    def forward(self, x):
        return self.net(x)


def test_wrappers_are_taken_off(tmp_path):
    for number, wrapped in enumerate((torch.compile(net()), nn.DataParallel(net()), nn.DataParallel(torch.compile(net())))):  # fmt: skip
        folder = tmp_path / str(number)
        folder.mkdir()
        _, found = made(folder, wrapped)
        assert_same_state(found, net().state_dict())
    (tmp_path / "lit").mkdir()
    _, found = made(tmp_path / "lit", Lit())
    assert sorted(found) == sorted(Lit().state_dict())


def test_programs(tmp_path):
    program = exported(net().train(), [EXAMPLE])
    _, found = made(tmp_path, program, None)
    assert_same_state(found, net().state_dict())


@pytest.mark.filterwarnings("ignore")
def test_what_is_no_model(tmp_path):
    refused(tmp_path, nn.Linear, "is the class Linear")
    refused(tmp_path, lambda x: x, "is a function")
    refused(tmp_path, torch.jit.trace(net().eval(), EXAMPLE), "is TorchScript")
    refused(tmp_path, net().state_dict(), "is a state dict")
    refused(tmp_path, 3, "is int")
    refused(tmp_path, nn.Sequential(nn.LazyLinear(3)), "call the model once")
    refused(tmp_path, nn.Linear(6, 3, device="meta"), "'weight' is on the device 'meta'")  # fmt: skip
    refused(tmp_path, nn.Module(), "has no forward()")
    inside = nn.Sequential(torch.compile(nn.Linear(6, 3)))
    refused(tmp_path, inside, "'0' inside the model is wrapped by OptimizedModule")


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.a, self.b = nn.Linear(6, 3), nn.Linear(2, 3)

    def forward(self, X, Static):
        return self.a(X) + self.b(Static)


class Dict(Two):
    def forward(self, batch):
        return super().forward(batch["X"], batch["Static"])


class Star(Two):
    def forward(self, *inputs):
        return super().forward(*inputs)


class Keywords(Two):
    def forward(self, **inputs):
        return super().forward(**inputs)


class Nested(Two):
    def forward(self, batch, scale=1.0):
        return super().forward(batch[0]["X"], batch[1]) * scale


FIELDS = {"X": X, "Static": STATIC, "y": Y}
NAMED = dict(zip(("X", "Static"), BOTH, strict=True))


@pytest.mark.parametrize(("model", "example", "data"), [
    (Two, BOTH, FIELDS),
    (Two, NAMED, FIELDS),
    (Dict, NAMED, FIELDS),
    (Dict, (NAMED,), FIELDS),
    (Dict, {"batch": NAMED}, [({"X": a, "Static": b}, c) for a, b, c in zip(X, STATIC, Y, strict=True)]),
    (Star, BOTH, [((a, b), c) for a, b, c in zip(X, STATIC, Y, strict=True)]),
    (Star, BOTH, list(zip(X, STATIC, Y, strict=True))),
    (Keywords, NAMED, FIELDS),
    (Nested, (({"X": BOTH[0]}, BOTH[1]), 2.0), {"X": X, "batch_1": STATIC, "y": Y}),
])  # fmt: skip
def test_arguments(tmp_path, model, example, data):
    one = model()
    _, found = made(tmp_path, one, example, data)
    assert_same_state(found, one.state_dict())


@pytest.mark.full
def test_plain_training_of_a_dict_argument(tmp_path):
    data = [({"X": a, "Static": b}, c) for a, b, c in zip(X, STATIC, Y, strict=True)]
    job, _ = made(tmp_path, Dict(), NAMED, data)
    proof = amalgam.verify(Dict(), NAMED, data, job=job.path, key=job.key, steps=1)
    assert [p.holds for p in proof] == [True]


def test_names_of_files_in_capital_letters(tmp_path):
    numpy.savez(tmp_path / "d.npz", **FIELDS)
    job = amalgam.obfuscate(Two(), NAMED, tmp_path / "d.npz", job=tmp_path / "job", key=tmp_path / "key", start="keep", progress=False)  # fmt: skip
    found = amalgam.extract(job.path / "weights.safetensors", key=job.key)
    assert_same_state(found, Two().state_dict())


class Branches(nn.Linear):
    def forward(self, x):
        return super().forward(x if x.sum() > 0 else -x)


class Words(nn.Module):
    """Of [L] or [N, L]: without a batch, the length is taken for one."""

    def __init__(self):
        super().__init__()
        self.e, self.h = nn.Embedding(20, 4), nn.Linear(4, 3)

    def forward(self, x):
        return self.h(self.e(x).mean(-2))


def test_an_example_without_a_batch_dimension(tmp_path):
    refused(tmp_path, nn.Linear(6, 3), "example_inputs: 'input' is [6], one sample without a batch dimension; expected [N, 6]: give input.unsqueeze(0)", example=torch.zeros(6))  # fmt: skip
    images = numpy.random.default_rng(0).random((24, 1, 8, 8), numpy.float32)
    picture = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(72, 3))
    refused(tmp_path, picture, "[1, 8, 8], one sample without", "expected [N, 1, 8, 8]", example=torch.zeros(1, 8, 8), data=(images, Y))  # fmt: skip
    tokens = numpy.random.default_rng(0).integers(0, 20, (24, 6))
    refused(tmp_path, Words(), "first dimension is not the batch", "an example [N, ...]", example=torch.zeros(6, dtype=torch.long), data=(tokens, Y))  # fmt: skip
    refused(tmp_path, Two(), "expected batches of as many, each [N, ...]", example=(torch.zeros(6), torch.zeros(2)), data=FIELDS)  # fmt: skip


class Fixed(nn.Linear):
    def forward(self, x):
        return super().forward(x.view(4, 6))


def test_a_batch_of_one_size_is_no_missing_dimension(tmp_path):
    refused(tmp_path, Fixed(6, 3), "the batch size is used as a fixed number")


def test_examples_that_do_not_fit(tmp_path, capfd):
    refused(tmp_path, net(), "cannot be called with [4, 6], [4]", "without targets", example=(EXAMPLE, torch.zeros(4)))  # fmt: skip
    refused(tmp_path, net(), "compare their shapes", example=torch.zeros(4, 5))
    refused(tmp_path, net(), "is str", example="x")
    refused(tmp_path, net(), "of at least one", example=torch.zeros(0, 6))
    refused(tmp_path, Two(), "different numbers of samples", example=(BOTH[0], BOTH[1][:3]), data=FIELDS)  # fmt: skip
    refused(tmp_path, Branches(6, 3), "torch.where", "test_models_given.py")
    assert capfd.readouterr() == ("", "")  # nothing of torch's own
    made(tmp_path, net(), numpy.zeros((1, 6), numpy.float32))
