"""Augmentation inside a model: drawn anew for each sample of each batch, as plain PyTorch draws it, bit for bit."""

import amalgam.transforms as T
import torch
from conftest import Job, Task, assert_same_state, images
from torch import nn


class Augmented(nn.Module):
    """Bytes in; in training other ones each time."""

    def __init__(self):
        super().__init__()
        self.augment = T.Chain(
            T.RandomResizedCrop(8),
            T.RandomHorizontalFlip(),
            T.RandomAffine(15, (0.1, 0.1)),
            T.ColorJitter(0.4, 0.4, 0.4, 0.1),
            T.RandomErasing(),
            T.GaussianNoise(2.0),
        )
        self.normalize = T.Normalize(T.IMAGENET)
        self.layers = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 4))  # fmt: skip

    def forward(self, x):
        if self.training:
            x = self.augment(x=x)["x"]
        return self.layers(self.normalize(x))


def test_a_model_that_augments_trains_as_it_does_alone(tmp_path):
    torch.manual_seed(0)
    x, y = images((3, 8, 8), 90, 4, 0)
    recipe = {"arguments": {"lr": 0.05}, "batch_size": 16, "epochs": 2}
    task = Task("mine", Augmented(), x, y, recipe, eval_graph=True)
    job = Job(tmp_path, [task], "[train]\nlr = 0.05\nbatch_size = 16\nepochs = 2\n")
    assert_same_state(job.extract(job.train())["mine"], job.plain(task))
