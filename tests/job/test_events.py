"""Curves for TensorBoard: those of metrics.jsonl, whether it is installed or not."""

import sys
import types

import pytest
from conftest import metrics
from trainer_runs import refused, run, small_job


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    return small_job(tmp_path_factory.mktemp("job"))


class Writer:
    """What torch.utils.tensorboard has, as far as it is used."""

    written: list

    def __init__(self, folder, purge_step):
        self.folder = folder
        self.written.append((folder, "purge", purge_step))

    def add_scalar(self, name, value, step):
        self.written.append((self.folder, name, value, step))

    def flush(self):
        pass


def test_curves_are_those_of_the_metrics(job, tmp_path, monkeypatch):
    module = types.ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = Writer
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    monkeypatch.setattr(Writer, "written", [], raising=False)
    out = run(job, tmp_path / "r", "--tensorboard", tmp_path / "curves").parent
    found = {entry for entry in Writer.written if entry[1] != "purge"}
    expected = set()
    for line in metrics(out):
        folder = str(tmp_path / "curves" / f"sub-network-{line['sub-network']}")
        for name in line.keys() - {"split", "epoch", "step", "sub-network"}:
            expected.add((folder, f"{name}/{line['split']}", line[name], line["step"]))
    assert found == expected and len({entry[0] for entry in found}) == 2
    assert {entry[1].split("/")[1] for entry in found} == {"train", "valid"}


def test_without_it_one_line_says_so(job, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    refused(job, tmp_path / "r", "--tensorboard", says=["--tensorboard: cannot be imported", "pip install tensorboard"])  # fmt: skip
