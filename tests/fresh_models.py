"""Models in which every initializer of torch.nn.init has its place, and models that start from something else."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations


class Convolutions(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.Conv2d(16, 32, 3, padding=1)  # fmt: skip
        self.one, self.two = nn.BatchNorm2d(16), nn.BatchNorm2d(32)
        self.head = nn.Linear(32, 10)
        for layer in (self.first, self.second):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        x = F.relu(self.one(self.first(x)))
        return self.head(F.relu(self.two(self.second(x))).mean((2, 3)))


class Perceptron(nn.Module):
    """torch.nn's own layers, and single values."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(20, 40), nn.Tanh(), nn.Linear(40, 40), nn.Tanh(), nn.Linear(40, 10))  # fmt: skip
        nn.init.xavier_uniform_(self.layers[2].weight, gain=5 / 3)
        nn.init.xavier_normal_(self.layers[4].weight)
        self.gate = nn.Linear(10, 1)

    def forward(self, x):
        x = self.layers(x)
        return x * self.gate(x).sigmoid()


class Recurrent(nn.Module):
    """A padding row; gates with a constant of their own, or drawn by themselves."""

    def __init__(self, kind=nn.LSTM, gates=False):
        super().__init__()
        self.embed = nn.Embedding(120, 24, padding_idx=0)
        self.cells = kind(24, 32, num_layers=2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(64, 10)
        for name, parameter in self.cells.named_parameters() if gates else ():
            if "bias" in name:
                nn.init.zeros_(parameter)
                parameter.data[32:64] = 1
            elif "hh" in name:
                for gate in parameter.data.chunk(4):
                    nn.init.orthogonal_(gate)
            else:
                for gate in parameter.data.chunk(4):
                    nn.init.xavier_uniform_(gate)

    def forward(self, x):
        return self.head(self.cells(self.embed(x.long() % 120))[0][:, -1])


class Attention(nn.Module):
    """Layers that are copies of one another, and positions of a truncated normal distribution."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(200, 32, padding_idx=1)
        self.positions = nn.Parameter(torch.empty(1, 20, 32))
        nn.init.trunc_normal_(self.positions, std=0.02, a=-0.04, b=0.04)
        layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(32, 10)

    def forward(self, x):
        return self.head(self.layers(self.embed(x.long() % 200) + self.positions).mean(1))  # fmt: skip


class Parametrized(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = parametrizations.weight_norm(nn.Linear(20, 40))
        self.middle = nn.Linear(40, 40)
        self.last = nn.utils.weight_norm(nn.Linear(40, 10))
        nn.init.orthogonal_(self.middle.weight, gain=2**0.5)

    def forward(self, x):
        return self.last(F.relu(self.middle(F.relu(self.first(x)))))


class HandMade(nn.Module):
    """Filters and tables that mean something, trainable and frozen, and a copy of a layer that is not trained."""

    def __init__(self):
        super().__init__()
        sobel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
        self.filters = nn.Parameter(sobel.expand(4, 1, 3, 3).clone(), requires_grad=False)  # fmt: skip
        self.mix = nn.Parameter(torch.eye(10))
        self.scale = nn.Parameter(torch.tensor(2.6592))
        self.online, self.target = nn.Linear(4, 10), nn.Linear(4, 10)
        self.target.load_state_dict(self.online.state_dict())
        self.target.requires_grad_(False)
        self.fresh = nn.Linear(10, 40)
        self.head = nn.Linear(40, 10)
        self.register_buffer("phases", torch.arange(4.0).sin())

    def forward(self, x):
        x = F.relu(F.conv2d(x, self.filters)).mean((2, 3)) + self.phases
        x = (self.online(x) - self.target(x)) @ self.mix * self.scale
        return self.head(self.fresh(x))


class Spectral(nn.Module):
    """Its buffers follow its weight."""

    def __init__(self):
        super().__init__()
        self.first = parametrizations.spectral_norm(nn.Linear(20, 40))
        self.head = nn.Linear(40, 10)

    def forward(self, x):
        return self.head(F.relu(self.first(x)))


VECTORS, IMAGES, TOKENS = (20,), (3, 12, 12), (20,)

# A constructor and the shape of a sample.
FRESH = {
    "convolutions": (Convolutions, IMAGES),
    "perceptron": (Perceptron, VECTORS),
    "lstm": (Recurrent, TOKENS),
    "gru": (lambda: Recurrent(nn.GRU), TOKENS),
    "gates": (lambda: Recurrent(gates=True), TOKENS),
    "attention": (Attention, TOKENS),
    "parametrized": (Parametrized, VECTORS),
}
# Beside these, what of its trainable tensors is kept.
MADE = {
    "hand-made": (HandMade, (1, 12, 12), {"mix", "scale", "online.weight", "online.bias"}),
    "spectral": (Spectral, VECTORS, {"first.bias", "first.parametrizations.weight.original"}),
}  # fmt: skip
