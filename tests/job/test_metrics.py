"""What train.py says of the rows, and what extract repeats of it."""

import pytest
import torch
from command_lines import extract_call
from conftest import load_network, metrics, shards
from conftest import run as amalgam
from safetensors.torch import load_file
from trainer_runs import run, small_job


def test_the_metrics_of_held_out_rows_are_means_over_the_rows(tmp_path):
    """12 rows in batches of 8: the last, of 4, counts as half of the first. Epochs are counted as files of epochs are."""
    job = small_job(tmp_path)
    run(job, tmp_path / "r")
    network = load_network(job).eval()
    batch = shards(job, "valid")
    found = [line for line in metrics(tmp_path / "r") if line["split"] == "valid"]
    assert [(line["epoch"], line["sub-network"]) for line in found] == [(1, 0), (1, 1), (2, 0), (2, 1)]  # fmt: skip
    for line in found:
        network.load_state_dict(load_file(tmp_path / "r" / f"epoch-{line['epoch']:03}.safetensors"))  # fmt: skip
        sub = network.subnetworks[line["sub-network"]]
        with torch.no_grad():
            output = sub(batch)
            loss = sub.loss(output, batch)
        assert line["loss"] == pytest.approx(float(loss), rel=1e-5)
        right = (output.argmax(-1) == sub.target(batch)).float().mean()
        assert line["accuracy"] == pytest.approx(float(right))


def test_a_file_of_an_epoch_comes_with_its_own_metrics(tmp_path):
    job = small_job(tmp_path)
    run(job, tmp_path / "r")
    for name, epoch in (("epoch-001", 1), ("epoch-002", 2), ("trained", 2)):
        done = amalgam(*extract_call(tmp_path / "home.key", tmp_path / "r" / f"{name}.safetensors", tmp_path / name))  # fmt: skip
        assert f"(epoch {epoch})" in done.stdout
        losses = [line["loss"] for line in metrics(tmp_path / "r") if (line["split"], line["epoch"]) == ("valid", epoch)]  # fmt: skip
        assert any(f"loss {loss:.4g}, " in done.stdout for loss in losses)
