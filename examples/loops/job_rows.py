"""The rows of a job as a map-style dataset: each is a dict of the shards' tensors."""

import importlib.util
from pathlib import Path

import torch
from safetensors.torch import load_file


class JobRows(torch.utils.data.Dataset):
    """All in memory, which is short; train.py maps the shards instead."""

    def __init__(self, job, split="train"):
        shards = [load_file(p) for p in sorted(Path(job, "data").glob(f"{split}-*"))]
        self.columns = {n: torch.cat([shard[n] for shard in shards]) for n in shards[0]}

    def __len__(self):
        return len(next(iter(self.columns.values())))

    def __getitem__(self, row):
        return {name: column[row] for name, column in self.columns.items()}


def load_network(job):
    """The job's Network, with its initial values."""
    spec = importlib.util.spec_from_file_location("model", Path(job, "model.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load(str(Path(job, "weights.safetensors"))).train()
