"""Archives of every supported PyTorch are read alike, and run as the model that wrote them."""

import numpy
import pytest
import torch
from command_lines import extract_call, import_from, obfuscate_call
from conftest import (
    ROOT,
    assert_same_outputs,
    assert_same_state,
    load_network,
    plan_of,
    run,
    shards,
    vectors,
)
from safetensors.torch import load_file

HERE = ROOT / "tests" / "golden"


@pytest.mark.parametrize("version", ["2.9", "2.10", "2.11", "2.12", "2.13"])
def test_archive(tmp_path, version):
    model = import_from(HERE / "make_archives.py", "make_archives").golden()
    x, y = vectors((1, 8, 8), 20, 4)
    numpy.savez(tmp_path / "d.npz", x=x, y=y)
    (tmp_path / "r.toml").write_text("")
    run(*obfuscate_call(tmp_path, model=HERE / f"torch-{version}.pt2"))
    weights = tmp_path / "job" / "weights.safetensors"
    run(*extract_call(tmp_path / "key", weights, tmp_path / "out"))
    assert_same_state(load_file(tmp_path / "out"), model.state_dict())

    plan = plan_of(tmp_path / "key")
    number = plan["wanted"]["task"]["subnetwork"]
    module = load_network(tmp_path / "job").subnetworks[number]
    batch = shards(tmp_path / "job")
    rows = torch.as_tensor(x)[plan["streams"][number]["rows"]]
    plain = lambda: model(rows)["logits"]  # noqa: E731
    assert_same_outputs(module, model, (lambda: module(batch), plain))
