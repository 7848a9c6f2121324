"""The attackers' own small networks, and what training one on a stream shows.

They are alike for all streams, whatever a job's sub-networks are: a cloud may train what it likes on what it was sent.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from .stream import TOKENS, Lesson, Stream, lesson_of

EPOCHS = 8
BATCH = 64
LEARNING_RATE = 3e-3
SEED = 0  # of initial values and of the order of rows: the same for all streams


class Reference(nn.Module):
    """embed: from rows to what gradients can reach; body and head: to the outputs."""

    def __init__(self, embed: nn.Module, body: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.embed, self.body, self.head = embed, body, head

    def forward(self, inputs: Tensor) -> Tensor:
        return self.from_embedded(self.embed(inputs))

    def from_embedded(self, embedded: Tensor) -> Tensor:
        found: Tensor = self.head(self.body(embedded))
        return found


class Causal(nn.Module):
    """[rows, L, in] to [rows, L, out], each place from itself and the two before it."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(inputs, outputs, 3)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.convolution(functional.pad(x.transpose(1, 2), (2, 0)))
        return functional.relu(found.transpose(1, 2))


class MeanOverPlaces(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mean(1)


def image_body(shape: torch.Size) -> nn.Module:
    first = 2 if min(shape[1:]) >= 16 else 1
    layers: list[nn.Module] = []
    for inputs, outputs, stride in ((shape[0], 16, first), (16, 32, 2), (32, 32, 2)):
        layers += [nn.Conv2d(inputs, outputs, 3, stride, 1), nn.BatchNorm2d(outputs), nn.ReLU()]  # fmt: skip
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten())


def reference_for(lesson: Lesson) -> Reference:
    """A network with the same initial values each time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        if not lesson.inputs.is_floating_point():
            body: list[nn.Module] = [Causal(32, 32)]
            if lesson.objective == "classes":
                body.append(MeanOverPlaces())
            return Reference(nn.Embedding(TOKENS, 32), nn.Sequential(*body), nn.Linear(32, lesson.outputs))  # fmt: skip
        if lesson.inputs.dim() == 4:
            return Reference(nn.Identity(), image_body(lesson.inputs.shape[1:]), nn.Linear(128, lesson.outputs))  # fmt: skip
        hidden = nn.Sequential(nn.Linear(lesson.inputs.shape[1], 64), nn.BatchNorm1d(64), nn.ReLU())  # fmt: skip
        return Reference(nn.Identity(), hidden, nn.Linear(64, lesson.outputs))


def loss_of(lesson: Lesson, outputs: Tensor, targets: Tensor) -> Tensor:
    if lesson.objective == "other half":
        return functional.mse_loss(outputs, targets)
    return functional.cross_entropy(outputs.flatten(0, -2), targets.flatten())


@dataclass(frozen=True)
class Fitted:
    """A network that was trained on a stream, with what was seen on the way."""

    stream: Stream
    lesson: Lesson
    network: Reference
    initial: dict[str, Tensor]
    first_loss: float  # before training
    losses: list[float]  # mean of each epoch
    gradients: list[list[float]]  # norms by parameter: before training, and after
    training_score: (
        float  # accuracy, or for "other half" the variance that is explained
    )
    held_out_score: float
    held_out_loss: float
    chance: float  # the score of who knows the commonest class, or the mean


def score_of(lesson: Lesson, outputs: Tensor, targets: Tensor) -> float:
    if lesson.objective == "other half":
        return float(1 - (outputs - targets).square().mean() / targets.var().clamp(min=1e-6))  # fmt: skip
    return float((outputs.argmax(-1) == targets).float().mean())


def chance_of(lesson: Lesson) -> float:
    if lesson.objective == "other half":
        return 0.0
    common = lesson.training()[1].flatten().mode().values
    return float((lesson.held_out()[1] == common).float().mean())


def gradient_norms(network: Reference, lesson: Lesson) -> list[float]:
    inputs, targets = (part[:BATCH] for part in lesson.training())
    network.eval()
    loss = loss_of(lesson, network(inputs), targets)
    found = torch.autograd.grad(loss, list(network.parameters()))
    network.train()
    return [float(gradient.norm()) for gradient in found]


def train(network: Reference, lesson: Lesson) -> list[float]:
    """The mean loss of each epoch."""
    inputs, targets = lesson.training()
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, fused=True)
    generator = torch.Generator().manual_seed(SEED)
    losses = []
    for _ in range(EPOCHS):
        order = torch.randperm(len(inputs), generator=generator)
        total = batches = 0.0
        for rows in order.split(BATCH):
            if len(rows) < 2:
                continue
            loss = loss_of(lesson, network(inputs[rows]), targets[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total, batches = total + float(loss.detach()), batches + 1
        losses.append(total / max(1.0, batches))
    return losses


def fit(stream: Stream) -> Fitted:
    lesson = lesson_of(stream)
    network = reference_for(lesson)
    initial = {name: value.clone() for name, value in network.state_dict().items()}
    before = gradient_norms(network, lesson)
    with torch.no_grad():
        inputs, targets = lesson.training()
        first_loss = float(loss_of(lesson, network.eval()(inputs), targets))
    network.train()
    losses = train(network, lesson)
    after = gradient_norms(network, lesson)
    network.eval()
    with torch.no_grad():
        training_score = score_of(lesson, network(inputs), targets)
        inputs, targets = lesson.held_out()
        outputs = network(inputs)
    return Fitted(
        stream,
        lesson,
        network,
        initial,
        first_loss,
        losses,
        [before, after],
        training_score,
        score_of(lesson, outputs, targets),
        float(loss_of(lesson, outputs, targets)),
        chance_of(lesson),
    )
