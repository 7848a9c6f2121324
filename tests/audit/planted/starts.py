"""What a start tells."""

import numpy
import torch
from torch import nn
from torch.nn.utils import parametrizations

from . import TABLES, beside, network, planted, table, task

KEEP = ("--start", "keep")


def with_start(change, seed=1):
    model = network((20,), seed=seed)
    with torch.no_grad():
        change(model)
    return model


def sides(folder, change, other=None, options=KEEP, **more):
    guest = task("guest", table(2), other)
    return beside(folder, task("mine", table(1), with_start(change), **more), guest, TABLES, options)  # fmt: skip


@planted("another generator drew the guest's start", "generator")
def another_generator(folder):
    def drawn(model):
        random = numpy.random.Generator(numpy.random.PCG64(3))
        for layer in (model[1], model[3]):
            bound = layer.in_features**-0.5
            for parameter in layer.parameters():
                numbers = random.integers(0, 1 << 24, parameter.shape).astype(numpy.float32)  # fmt: skip
                values = numbers * numpy.float32(2**-24) * numpy.float32(2 * bound)
                parameter.copy_(torch.from_numpy(values - numpy.float32(bound)))

    return sides(folder, lambda model: None, with_start(drawn))


@planted("normal values beside uniform ones", "initial values", "generator", "special")
def normal_values(folder):
    return sides(folder, lambda model: nn.init.normal_(model[1].weight, 0, 0.1))


@planted(
    "orthogonal rows in the wanted start",
    "start of another form",
    "special",
    "generator",
    "initial values",
)
def orthogonal(folder):
    return sides(folder, lambda model: nn.init.orthogonal_(model[1].weight))


@planted("a row of zeros", "start of another form", "special", "initial values")
def zero_row(folder):
    return sides(folder, lambda model: model[3].weight[0].zero_())


@planted(
    "biases of 0 beside biases that were drawn",
    "start of another form",
    "special",
    "initial values",
)
def zero_biases(folder):
    return sides(folder, lambda model: model[1].bias.zero_())


@planted(
    "a matrix that is the unit matrix",
    "start of another form",
    "special",
    "initial values",
    "generator",
)
def unit_matrix(folder):
    return sides(folder, lambda model: nn.init.eye_(model[1].weight))


class Gated(nn.Module):
    def __init__(self, bias=None, seed=0):
        super().__init__()
        torch.manual_seed(seed)
        self.cells, self.head = nn.LSTM(5, 16, batch_first=True), nn.Linear(16, 10)
        if bias is not None:
            with torch.no_grad():
                for name in ("bias_ih_l0", "bias_hh_l0"):
                    getattr(self.cells, name)[16:32] = bias

    def forward(self, x):
        return self.head(self.cells(x.view(-1, 4, 5))[0][:, -1])


@planted(
    "a forget gate's bias of 1", "start of another form", "special", "initial values"
)
def forget_gate(folder):
    mine, guest = task("mine", table(1), Gated(1, 1)), task("guest", table(2), Gated(None, 2))  # fmt: skip
    return beside(folder, mine, guest, TABLES, KEEP)


@planted("a norm that is tied to its direction", "start of another form", "special")
def tied_norm(folder):
    def normed(seed, moved):
        torch.manual_seed(seed)
        first = parametrizations.weight_norm(nn.Linear(20, 32))
        if moved:
            with torch.no_grad():
                first.parametrizations.weight.original0.mul_(1.01)
        return nn.Sequential(first, nn.ReLU(), nn.Linear(32, 10))

    mine, guest = task("mine", table(1), normed(1, False)), task("guest", table(2), normed(2, True))  # fmt: skip
    return beside(folder, mine, guest, TABLES, KEEP)


@planted("hand-made filters that are not trained", "frozen", "special")
def frozen_filters(folder):
    model = network((20,), seed=1)
    model[1].weight.requires_grad_(False)
    with torch.no_grad():
        model[1].weight.copy_(torch.arange(32 * 20).view(32, 20) % 3 - 1.0)
    return beside(folder, task("mine", table(1), model), table(2))


@planted(
    "a trained model beside a fresh one",
    "trained",
    "initial values",
    "generator",
    "special",
)
def trained_beside_fresh(folder):
    model = network((20,), seed=1)
    x, y = table(1)
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    for _ in range(100):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(torch.from_numpy(x)), torch.from_numpy(y))  # fmt: skip
        loss.backward()
        optimizer.step()
    model.zero_grad(set_to_none=True)
    return beside(folder, task("mine", (x, y), model), table(2))
