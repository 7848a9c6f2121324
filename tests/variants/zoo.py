"""Small models with the structures that width inference must understand, beside the examples' own."""

import models
import torch
from example_models import example_models
from torch import nn
from torch.nn import functional as F


class Grouped(nn.Module):
    """Grouped convolutions, a channel shuffle, squeeze and excitation, group norm."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 24, 3, padding=1)
        self.grouped = nn.Conv2d(24, 48, 3, padding=1, groups=4)
        self.norm = nn.GroupNorm(8, 48)
        self.squeeze = nn.Linear(48, 12)
        self.excite = nn.Linear(12, 48)
        self.point = nn.Conv2d(48, 32, 1)
        self.head = nn.Linear(32, 10)

    def forward(self, x):
        x = F.relu(self.grouped(F.relu(self.stem(x))))
        b, c, h, w = x.shape
        x = x.view(b, 4, c // 4, h, w).transpose(1, 2).reshape(b, c, h, w)
        x = self.norm(x)
        gate = self.excite(F.silu(self.squeeze(x.mean((2, 3))))).sigmoid()
        x = self.point(x * gate[:, :, None, None])
        return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))


class Transformer(nn.Module):
    """Patches, a class token, packed attention written out, an MLP with GELU."""

    def __init__(self, width=32, heads=4):
        super().__init__()
        self.heads = heads
        self.patch = nn.Conv2d(3, width, 4, 4)
        self.token = nn.Parameter(torch.zeros(1, 1, width))
        self.position = nn.Parameter(torch.randn(1, 17, width) * 0.02)
        self.norms = nn.ModuleList([nn.LayerNorm(width) for _ in range(3)])
        self.packed = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.wide = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.position
        q, k, v = self.packed(self.norms[0](x)).chunk(3, -1)
        b, n, c = q.shape
        q, k, v = (
            t.view(b, n, self.heads, c // self.heads).transpose(1, 2) for t in (q, k, v)
        )
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, c)
        x = x + self.out(y)
        x = x + self.narrow(F.gelu(self.wide(self.norms[1](x))))
        return self.head(self.norms[2](x)[:, 0])


class Attended(nn.Module):
    """PyTorch's own encoder layer."""

    def __init__(self, width=32):
        super().__init__()
        self.enter = nn.Linear(24, width)
        self.layer = nn.TransformerEncoderLayer(width, 4, 64, batch_first=True)
        self.head = nn.Linear(width, 10)

    def forward(self, x):
        return self.head(self.layer(self.enter(x)).mean(1))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(12, 20, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(40, 10)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


class Gated(nn.Module):
    """A GRU whose last state goes on, and a plain recurrent network."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(12, 24, num_layers=2, batch_first=True)
        self.plain = nn.RNN(24, 16, bidirectional=True, batch_first=True)
        self.head = nn.Linear(24 + 32, 10)

    def forward(self, x):
        x, state = self.gru(x)
        return self.head(torch.cat([state[-1], self.plain(x)[0].mean(1)], 1))


class Branches(nn.Module):
    """Concatenated branches of several widths, split again; a tied weight; a parameter of its own."""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 8, 1)
        self.b = nn.Conv2d(3, 16, 3, padding=1)
        self.norm = nn.BatchNorm2d(24)
        self.gain = nn.Parameter(torch.ones(24, 1, 1))
        self.up = nn.ConvTranspose2d(8, 12, 2, 2)
        self.mid = nn.Linear(28, 40)
        self.back = nn.Linear(40, 28)
        self.back.weight = nn.Parameter(self.mid.weight.t().detach().clone())
        self.head = nn.Linear(28, 10)

    def forward(self, x):
        x = self.norm(torch.cat([self.a(x), self.b(x)], 1)) * self.gain
        left, right = x.split([8, 16], 1)
        x = torch.cat([self.up(left).mean((2, 3)), right.amax((2, 3))], 1)
        return self.head(self.back(torch.tanh(self.mid(x))))


ZOO = {
    **example_models(),
    "Grouped": (Grouped, (3, 16, 16)),
    "Transformer": (Transformer, (3, 16, 16)),
    "Attended": (Attended, (6, 24)),
    "Recurrent": (Recurrent, (7, 12)),
    "ViT": (lambda: models.ViT(size=16, width=24, heads=3, layers=1), (3, 16, 16)),
    "Gated": (Gated, (7, 12)),
    "Branches": (Branches, (3, 8, 8)),
}
