"""Laws 2, 3 and 4 for the families of transformers, and docs/models.md, which says what was found.

AMALGAM_UPDATE_DOCS=1 pytest tests/families writes the table anew.
"""

import os
import re

import numpy
import pytest
import torch
from conftest import (
    ROOT,
    Job,
    Task,
    assert_same_outputs,
    assert_same_state,
    assert_start_of,
    same_bits,
    shards,
)
from families import FAMILIES

TABLE = ROOT / "docs" / "models.md"
ROWS, BATCH, STEPS = 80, 8, 10
RECIPE = {
    "batch_size": BATCH,
    "optimizer": "AdamW",
    "arguments": {"lr": 0.002, "weight_decay": 0.01},
}
TRAIN = f'[train]\nbatch_size = {BATCH}\noptimizer = "adamw"\nlr = 0.002\nweight_decay = 0.01\n'


class FamilyTask(Task):
    """Exported by keyword arguments, as transformers' models are called."""

    def __init__(self, family):
        torch.manual_seed(1)
        self.family = family
        self.fields, y = family.example(ROWS, numpy.random.default_rng(1))
        recipe = {**RECIPE, "loss": family.loss, "keywords": list(self.fields)}
        table = f'[here.train]\nloss = "{family.loss}"\n'
        super().__init__("mine", family.make(), list(self.fields.values()), y, recipe, table=table, eval_graph=family.eval_graph)  # fmt: skip

    def export(self, training):
        examples = {name: torch.as_tensor(x[:4]) for name, x in self.fields.items()}
        batch = {name: {0: torch.export.Dim("batch", min=2)} for name in examples}
        return torch.export.export(
            self.model.train(training), (), examples, dynamic_shapes=batch
        )

    def write(self, folder):
        program = self.export(True)
        self.operations = [
            str(node.target)
            for module in program.graph_module.modules()
            if isinstance(module, torch.fx.GraphModule)
            for node in module.graph.nodes
            if "aten." in str(node.target)
        ]
        torch.export.save(program, folder / "mine.pt2")
        if self.eval_graph:
            torch.export.save(self.export(False), folder / "mine-eval.pt2")
        self.model.load_state_dict(self.initial)
        arrays = self.fields if self.y is None else {**self.fields, "y": self.y}
        numpy.savez(folder / "mine.npz", **arrays)


def assert_same_function(job, task):
    shard, module = shards(job.path), job.module(task)
    rows = job.stream(task)["rows"]
    inputs = {name: torch.as_tensor(x)[rows] for name, x in task.fields.items()}
    task.model.load_state_dict(job.start(task))
    plain = lambda: task.model(**inputs).logits  # noqa: E731
    assert_same_outputs(module, task.model, (lambda: module(shard), plain))


def assert_drawn_anew(start, task):
    """Every initializer of theirs is known. A constant is the same when it is drawn again."""
    for name, parameter in task.model.named_parameters():
        own = task.initial[name]
        if parameter.requires_grad and (own != own.flatten()[0]).any():
            assert not same_bits(start[name], own), name


def table_row(job, task):
    text = (job.path / "model.py").read_text()
    passed = sorted(set(re.findall(r"torch\.ops\.(aten\.\w+\.\w+)", text)))
    total, distinct = len(task.operations), len(set(task.operations))
    cells = [
        task.family.name,
        f"`{task.family.model}`",
        f"{total} of {distinct} kinds",
        ", ".join(f"`{name}`" for name in passed) or "none",
        "its own" if task.family.eval_graph else "the same",
        f"exact: function, {STEPS} steps of training, {len(task.initial)} tensors back",
    ]
    return "| " + " | ".join(cells) + " |"


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_families_train_as_alone(tmp_path, family):
    task = FamilyTask(family)
    job = Job(tmp_path, [task], TRAIN, options=("--decoys", 1))
    assert_start_of(job.start(task), task)
    assert_drawn_anew(job.start(task), task)
    assert_same_function(job, task)
    row = table_row(job, task)
    task.model.train()
    trained = job.extract(job.train("result", "--max-steps", STEPS))["mine"]
    expected = job.plain(task, max_steps=STEPS)
    assert_same_state(trained, expected)
    start = job.start(task)
    changed = [n for n in expected if not same_bits(expected[n], start[n])]
    assert len(changed) > len(expected) // 2, "nothing was trained"
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    if os.environ.get("AMALGAM_UPDATE_DOCS"):
        lines = [line for line in lines if not line.startswith(f"| {family.name} |")]
        TABLE.write_text("\n".join([*lines, row]) + "\n", encoding="utf-8")
    else:
        assert row in lines, f"docs/models.md is old; it should say:\n{row}"
