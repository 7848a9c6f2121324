"""ResNet-18 on CIFAR-10 with RandomResizedCrop, colour jitter and mixup: in Python and through the commands, bit for bit."""

import amalgam
import amalgam.transforms as T
import numpy
import plain_training
import pytest
import torch
from conftest import (
    DATA,
    SEED,
    assert_same_state,
    extract_call,
    needs,
    plan_of,
    run,
    train_job,
)
from example_models import example_models
from real_data import read_cifar
from safetensors.torch import load_file
from torch import nn
from warm_python import warm_python

RECIPE = 'optimizer = "sgd"\nlr = 0.05\nmomentum = 0.9\nweight_decay = 0.0005\nbatch_size = 64\n'  # fmt: skip
PLAIN = {"arguments": {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.0005}, "batch_size": 64}  # fmt: skip


class Augment(nn.Module):
    """Under the names of arrays' fields."""

    def __init__(self):
        super().__init__()
        self.chain = T.Chain(T.RandomResizedCrop(32), T.RandomHorizontalFlip(), T.ColorJitter(0.4, 0.4, 0.4, 0.1), T.Normalize(T.IMAGENET), T.MixUp(10))  # fmt: skip

    def forward(self, x, y):
        return self.chain(x=x, y=y)


def pieces(rows, width):
    needs(DATA / "cifar10-images.tar.gz")
    torch.manual_seed(0)
    model = example_models(resnet=width)["ResNet18"][0]()
    x, y = read_cifar(DATA, rows)
    return model, x, numpy.asarray(y)


def plain_state(model, x, y, key):
    plan = plan_of(key)
    rows = plan["streams"][plan["wanted"]["task"]["subnetwork"]]["rows"]
    plain_training.train(model, x, y, torch.tensor(rows), dict(PLAIN), transform=Augment(), eval_transform=T.Normalize(T.IMAGENET))  # fmt: skip
    return model.state_dict()


@pytest.mark.parametrize("rows, width", [(256, 8), pytest.param(2000, 64, marks=pytest.mark.full)])  # fmt: skip
def test_in_python(tmp_path, rows, width):
    model, x, y = pieces(rows, width)
    recipe = amalgam.Recipe(optimizer="sgd", lr=0.05, momentum=0.9, weight_decay=0.0005, batch_size=64)  # fmt: skip
    places = {"job": tmp_path / "job", "key": tmp_path / "key"}
    amalgam.obfuscate(model, torch.zeros(2, 3, 32, 32), (x, y), transform=T.Chain(*Augment().chain.transforms), eval_transform=T.Normalize(T.IMAGENET), recipe=recipe, seed=SEED, progress=False, into=model, **places)  # fmt: skip
    trained = train_job(tmp_path / "job", tmp_path / "result")
    state = plain_state(model, x, y, tmp_path / "key")
    assert_same_state(amalgam.extract(trained, key=tmp_path / "key"), state)


def test_through_the_commands(tmp_path):
    model, x, y = pieces(256, 8)
    numpy.savez(tmp_path / "d.npz", x=x, y=y)
    batch = torch.export.Dim("batch", min=2)
    examples = {"m": (model, (torch.zeros(4, 3, 32, 32),)), "augment": (Augment(), (torch.as_tensor(x[:4]), torch.as_tensor(y[:4]))), "plainly": (T.Normalize(T.IMAGENET), (torch.as_tensor(x[:4]),))}  # fmt: skip
    for name, (module, inputs) in examples.items():
        torch.export.save(torch.export.export(module.train(), inputs, dynamic_shapes=({0: batch},) * len(inputs)), tmp_path / f"{name}.pt2")  # fmt: skip
    torch.export.save(torch.export.export(model.eval(), examples["m"][1], dynamic_shapes=({0: batch},)), tmp_path / "e.pt2")  # fmt: skip
    (tmp_path / "r.toml").write_text(f'[train]\n{RECIPE}[input]\ntransform = "augment.pt2"\neval_transform = "plainly.pt2"\n')  # fmt: skip
    call = ["--model", "m.pt2", "--eval-model", "e.pt2", "--data", "d.npz", "--recipe", "r.toml"]  # fmt: skip
    run("obfuscate", *call, "--job", "job", "--key", "key", cwd=tmp_path)
    proof = run("verify", *call[:2], *call[4:], "--job", "job", "--key", "key", "--python", warm_python(), "--steps", 3, cwd=tmp_path).stdout  # fmt: skip
    assert "bit" in proof, proof
    trained = train_job(tmp_path / "job", tmp_path / "result")
    run(*extract_call(tmp_path / "key", tmp_path / "job" / "weights.safetensors", tmp_path / "start"))  # fmt: skip
    run(*extract_call(tmp_path / "key", trained, tmp_path / "w"))
    model.load_state_dict(load_file(tmp_path / "start"))
    assert_same_state(load_file(tmp_path / "w"), plain_state(model.train(), x, y, tmp_path / "key"))  # fmt: skip
