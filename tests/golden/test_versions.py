"""Archives of every supported PyTorch are read alike, and run as the model that wrote them."""

import numpy
import pytest
import torch
from conftest import (
    ROOT,
    assert_same_state,
    import_from,
    load_network,
    plan_of,
    run,
    same_bits,
)
from safetensors.torch import load_file

HERE = ROOT / "tests" / "golden"


@pytest.mark.parametrize("version", ["2.9", "2.10", "2.11", "2.12", "2.13"])
def test_archive(tmp_path, version):
    model = import_from(HERE / "make_archives.py", "make_archives").Golden()
    for parameter in model.parameters():
        parameter.data = torch.linspace(-1, 1, parameter.numel()).view(parameter.shape)
    model.tied.weight = model.out.weight
    x = numpy.random.default_rng(0).random((20, 1, 8, 8), numpy.float32)
    numpy.savez(tmp_path / "d.npz", x=x, y=numpy.arange(20) % 4)
    (tmp_path / "r.toml").write_text("")
    files = (
        "--model",
        HERE / f"torch-{version}.pt2",
        "--data",
        tmp_path / "d.npz",
        "--recipe",
        tmp_path / "r.toml",
    )
    run("obfuscate", *files, "--job", tmp_path / "job", "--key", tmp_path / "k")
    weights = tmp_path / "job" / "weights.safetensors"
    run(
        "extract",
        "--key",
        tmp_path / "k",
        "--trained",
        weights,
        "--out",
        tmp_path / "out",
    )
    assert_same_state(load_file(tmp_path / "out"), model.state_dict())

    plan = plan_of(tmp_path / "k")
    number = plan["wanted"]["task"]["subnetwork"]
    stream = plan["streams"][number]
    module = load_network(tmp_path / "job").subnetworks[number]
    batch = load_file(next((tmp_path / "job" / "data").iterdir()))
    rows = torch.as_tensor(x)[stream["rows"]]
    for training in (True, False):
        model.train(training)
        module.train(training)
        torch.manual_seed(1)
        found = module(batch)
        torch.manual_seed(1)
        assert same_bits(found.detach(), model(rows)["logits"].detach())
