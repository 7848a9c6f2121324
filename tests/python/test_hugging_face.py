"""A Hugging Face Dataset gives the job that its arrays give."""

import amalgam
import datasets
import numpy
import torch
from conftest import SEED, digests
from test_api import EXAMPLE_TOKENS, Masked


def test_columns_by_name(tmp_path):
    random = numpy.random.default_rng(0)
    rows = {
        "input_ids": random.integers(0, 50, (600, 12)),
        "attention_mask": numpy.ones((600, 12), numpy.int64),
        "labels": random.integers(0, 3, 600),
    }
    torch.manual_seed(0)
    model = Masked()

    def made(data, name):
        return amalgam.obfuscate(model, EXAMPLE_TOKENS, data, job=tmp_path / name, key=tmp_path / f"{name}.key", seed=SEED, progress=False)  # fmt: skip

    there = datasets.Dataset.from_dict({n: x.tolist() for n, x in rows.items()})
    arrays = {**rows, "y": rows["labels"]}
    del arrays["labels"]
    assert digests(made(there, "a").path) == digests(made(arrays, "b").path)
