"""Jobs through Python with a loss and transforms of one's own, and eager PyTorch beside them."""

import amalgam
import plain_training
import torch
from conftest import SEED, assert_same_state, plan_of, train_job
from torch import nn
from torch.nn import functional as F


class Focal(nn.Module):
    """(1 - p)^gamma times cross entropy, with a weight for each class."""

    def __init__(self, weight, gamma=2.0):
        super().__init__()
        self.gamma = gamma
        self.register_buffer("weight", torch.tensor(weight))

    def forward(self, output, y):
        log = F.log_softmax(output, 1).gather(1, y[:, None])[:, 0]
        return (-self.weight[y] * (1 - log.exp()) ** self.gamma * log).mean()


class Uncertainty(nn.Module):
    """Two losses, weighed by parameters of its own (Kendall et al. 2018)."""

    def __init__(self):
        super().__init__()
        self.scales = nn.Parameter(torch.tensor([0.3, -0.2]))

    def forward(self, first, second, kind, size):
        a = F.cross_entropy(first, kind)
        b = F.smooth_l1_loss(second[:, 0], size)
        a, b = (torch.stack([a, b]) * (-self.scales).exp()).unbind()
        return a + b + self.scales.sum()


class TwoHeads(nn.Module):
    def __init__(self, width=12, classes=4):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(width, 16), nn.ReLU(), nn.Dropout(0.2))
        self.first, self.second = nn.Linear(16, classes), nn.Linear(16, 1)

    def forward(self, x):
        x = self.body(x)
        return self.first(x), self.second(x)


class Language(nn.Module):
    """A small masked language model."""

    def __init__(self, vocabulary=24):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, 16)
        self.layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
        self.head = nn.Linear(16, vocabulary)

    def forward(self, x):
        return self.head(self.layer(self.tokens(x))).movedim(-1, 1)


class Trained:
    """A job of one task, trained by its train.py and extracted; and the same by plain PyTorch."""

    def __init__(self, folder, model, data, recipe, plain, *, example=None, validation=None, decoys=1, **own):  # fmt: skip
        self.model, self.own, self.folder = model, own, folder
        x = data["x"] if isinstance(data, dict) else data[0]
        example = torch.as_tensor(x[:2]).float() if example is None else example
        self.job = amalgam.obfuscate(model, example, data, validation=validation, recipe=recipe, job=folder / "job", key=folder / "home.key", seed=SEED, generated=decoys, progress=False, into=model, **own)  # fmt: skip
        self.key = folder / "home.key"
        self.loss = own.get("loss")
        self.has_parameters = isinstance(self.loss, nn.Module) and any(True for _ in self.loss.parameters())  # fmt: skip
        if self.has_parameters:
            self.loss.load_state_dict(amalgam.extract(folder / "job" / "weights.safetensors", key=self.key, loss=True))  # fmt: skip
        self.trained = train_job(folder / "job", folder / "result")
        plan = plan_of(self.key)
        self.stream = plan["streams"][plan["wanted"]["task"]["subnetwork"]]
        self.plain_recipe = plain
        self.data = data

    def assert_same(self):
        """Law 3, for the model and where it has parameters for its loss."""
        x, y = ({n: a for n, a in self.data.items() if n in names} for names in self._names())  # fmt: skip
        plain_training.train(self.model, x, y, torch.tensor(self.stream["rows"]), self.plain_recipe, **self.own)  # fmt: skip
        assert_same_state(amalgam.extract(self.trained, key=self.key), self.model.state_dict())  # fmt: skip
        if self.has_parameters:
            assert_same_state(amalgam.extract(self.trained, key=self.key, loss=True), self.loss.state_dict())  # fmt: skip

    def _names(self):
        targets = self.plain_recipe.get("targets", ["y"])
        return [n for n in self.data if n not in targets], targets
