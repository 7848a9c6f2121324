"""Law 3 for transforms of one's own, in training and in evaluation: eager PyTorch is the oracle."""

import amalgam
import amalgam.transforms as T
import numpy
import plain_training
import pytest
import torch
from conftest import images, metrics
from own_programs import Focal, Language, Trained
from torch import nn
from torch.nn import functional as F

TRAIN = {"lr": 0.05, "batch_size": 16, "epochs": 2}
PLAIN = {"arguments": {"lr": 0.05}, "batch_size": 16, "epochs": 2}
CLASSES = 4


def pictures(count=90, seed=0, size=8):
    x, y = images((3, size, size), count, CLASSES, seed)
    return {"x": x, "y": y}


def network(size=8):
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * (size - 2) ** 2, CLASSES))  # fmt: skip


AUGMENT = T.Chain(T.RandomResizedCrop(8), T.RandomHorizontalFlip(), T.ColorJitter(0.4, 0.4, 0.4), T.Normalize(T.IMAGENET))  # fmt: skip
PLAINLY = T.Normalize(T.IMAGENET)


def test_augmentation_of_features(tmp_path):
    example = torch.zeros(2, 3, 8, 8)
    made = Trained(tmp_path, network(), pictures(), amalgam.Recipe(**TRAIN), PLAIN, example=example, transform=AUGMENT, eval_transform=PLAINLY)  # fmt: skip
    made.assert_same()


def test_mixed_targets_and_held_out_rows(tmp_path):
    """What is mixed has probabilities as targets; evaluation compares with class numbers."""
    example = torch.zeros(2, 3, 8, 8)
    mix = T.Chain(AUGMENT, T.MixUp(CLASSES))
    held_out = pictures(40, 1)
    made = Trained(tmp_path, network(), pictures(), amalgam.Recipe(**TRAIN, metric="accuracy"), {**PLAIN, "best": {"metric": "accuracy", "better": "higher"}}, example=example, validation=held_out, transform=mix, eval_transform=PLAINLY)  # fmt: skip
    kept = {}
    rows = torch.tensor(made.stream["held_out"])
    x, y = ({n: made.data[n]} for n in ("x", "y"))
    plain_training.train(made.model, x, y, torch.tensor(made.stream["rows"]), made.plain_recipe, held_out=({"x": held_out["x"]}, {"y": held_out["y"]}, rows), kept=kept, **made.own)  # fmt: skip
    best = amalgam.extract(tmp_path / "result", key=made.key, best=True)
    for name, tensor in kept["best"].items():
        assert torch.equal(best[name], tensor), name
    lines = metrics(tmp_path / "result")
    assert all("accuracy" in line for line in lines if line["split"] == "valid")
    assert not any("accuracy" in line for line in lines if line["split"] == "train")


def test_a_transform_and_a_loss_of_soft_targets(tmp_path):
    def loss(output, y):
        return -(y * F.log_softmax(output, 1)).sum(1).mean()

    soft = nn.Module()
    soft.forward = lambda y: F.one_hot(y, CLASSES).float()
    example = torch.zeros(2, 3, 8, 8)
    Trained(tmp_path, network(), pictures(), amalgam.Recipe(**TRAIN, input={"scale": 255.0}), {**PLAIN, "input": {"scale": 255.0}}, example=example, transform=T.CutMix(CLASSES), eval_transform=soft, loss=loss).assert_same()  # fmt: skip


def test_masked_language_modelling(tmp_path):
    """Targets that the data has not: a transform makes them."""
    random = numpy.random.default_rng(0)
    data = {"x": random.integers(2, 32, (80, 12)).astype(numpy.int64)}
    mask = T.MaskTokens(mask=1, vocabulary=32, special=[0])
    made = Trained(tmp_path, Language(32), data, amalgam.Recipe(**TRAIN), {**PLAIN, "targets": []}, example=torch.zeros(2, 12, dtype=torch.int64), transform=mask, eval_transform=mask)  # fmt: skip
    made.assert_same()
    with pytest.raises(amalgam.Error, match="a transform reads the numbers of its tokens"):  # fmt: skip
        amalgam.obfuscate(Language(32), torch.zeros(2, 12, dtype=torch.int64), data, transform=mask, eval_transform=mask, recipe=amalgam.Recipe(**TRAIN), disguise="vocabulary", job=tmp_path / "j", key=tmp_path / "k", progress=False)  # fmt: skip


@pytest.mark.parametrize(
    "own, says",
    [
        ({"transform": T.RandomResizedCrop(6)}, "the transform gives 'x' as [3, 6, 6] a sample, but the model's input 'input' is [3, 8, 8]"),
        ({"transform": T.MaskTokens(1, 32)}, "targets are [3, 8, 8] a sample, which 'cross_entropy' cannot compare"),
        ({"transform": nn.Identity()}, "the transform changes none of the fields"),
        ({"transform": lambda x, boxes: x}, "transform= takes 'boxes', which the data has not"),
        ({"transform": T.MixUp}, "transform= is the class MixUp"),
        ({"transform": nn.Conv2d(3, 3, 1)}, "a transform is not trained"),
        ({"eval_transform": lambda x: x.float().mean()}, "without a batch dimension"),
    ],
)  # fmt: skip
def test_misuse_is_one_line(tmp_path, own, says):
    data = pictures()
    if isinstance(own.get("transform"), nn.Conv2d):
        data["x"] = data["x"].astype(numpy.float32)
    with pytest.raises(amalgam.Error) as found:
        amalgam.obfuscate(network(), torch.zeros(2, 3, 8, 8), data, recipe=amalgam.Recipe(**TRAIN), job=tmp_path / "job", key=tmp_path / "key", progress=False, **own)  # fmt: skip
    assert says in str(found.value), found.value
    assert len(str(found.value).splitlines()) == 1


def test_the_command_takes_programs_as_files(tmp_path):
    """verify, too, which trains the exported programs in plain PyTorch."""
    from conftest import run
    from warm_python import warm_python

    example = torch.zeros(2, 3, 8, 8)
    chain = T.Chain(AUGMENT, T.MixUp(CLASSES))
    mix = nn.Module()
    mix.forward = lambda x, y: chain(x=x, y=y)
    data = pictures()
    numpy.savez(tmp_path / "data.npz", **data)
    amalgam.obfuscate(network(), example, data, transform=mix, eval_transform=PLAINLY, recipe=amalgam.Recipe(**TRAIN), job=tmp_path / "a", key=tmp_path / "a.key", progress=False)  # fmt: skip
    batch = torch.export.Dim("batch", min=2)
    x, y = torch.as_tensor(data["x"][:4]), torch.as_tensor(data["y"][:4])
    for name, module, fields in (
        ("mix", mix, {"x": x, "y": y}),
        ("plainly", PLAINLY, {"x": x}),
    ):
        shapes = {n: {0: batch} for n in fields}
        torch.export.save(torch.export.export(module, (), fields, dynamic_shapes=shapes), tmp_path / f"{name}.pt2")  # fmt: skip
    torch.export.save(torch.export.export(network(), (example,), dynamic_shapes=({0: batch},)), tmp_path / "model.pt2")  # fmt: skip
    (tmp_path / "recipe.toml").write_text('[train]\nlr = 0.05\nbatch_size = 16\nepochs = 2\n[input]\ntransform = "mix.pt2"\neval_transform = "plainly.pt2"\n')  # fmt: skip
    call = ["--model", "model.pt2", "--data", "data.npz", "--recipe", "recipe.toml"]
    run("obfuscate", *call, "--job", "job", "--key", "home.key", cwd=tmp_path)
    proof = run("verify", *call, "--job", "job", "--key", "home.key", "--python", warm_python(), cwd=tmp_path)  # fmt: skip
    assert "bit" in proof.stdout, proof.stdout


def test_a_focal_loss_in_a_file(tmp_path):
    from conftest import run
    from warm_python import warm_python

    data = pictures()
    numpy.savez(tmp_path / "data.npz", **data)
    batch = torch.export.Dim("batch", min=2)
    x = torch.zeros(4, 3, 8, 8)
    torch.export.save(torch.export.export(network(), (x,), dynamic_shapes=({0: batch},)), tmp_path / "model.pt2")  # fmt: skip
    loss = torch.export.export(Focal([1.0, 2.0, 0.5, 1.5]), (torch.zeros(4, CLASSES), torch.zeros(4, dtype=torch.int64)), dynamic_shapes=({0: batch}, {0: batch}))  # fmt: skip
    torch.export.save(loss, tmp_path / "focal.pt2")
    (tmp_path / "recipe.toml").write_text('[train]\nlr = 0.05\nbatch_size = 16\nepochs = 2\nloss = "focal.pt2"\n[input]\nscale = 255.0\n')  # fmt: skip
    call = ["--model", "model.pt2", "--data", "data.npz", "--recipe", "recipe.toml"]
    run("obfuscate", *call, "--job", "job", "--key", "home.key", cwd=tmp_path)
    assert '"loss": "program"' in (tmp_path / "job" / "job.json").read_text()
    assert "focal" not in (tmp_path / "job" / "job.json").read_text()
    proof = run("verify", *call, "--job", "job", "--key", "home.key", "--python", warm_python(), cwd=tmp_path)  # fmt: skip
    assert "bit" in proof.stdout, proof.stdout
