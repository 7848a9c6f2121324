"""Tasks whose samples are several fields, or tokens."""

import numpy
import torch
from conftest import Task
from export_model import export_with


class TokenTask(Task):
    """A task of named fields; x is the list of them, in the order of the model's inputs.

    dtype: as what the model takes all of them, where that is not their own.
    """

    def __init__(self, name, model, fields, y=None, recipe=None, table="", dtype=None):
        super().__init__(name, model, list(fields.values()), y, recipe, table=table)
        self.fields, self.dtype = fields, dtype

    def write(self, folder):
        examples = [torch.as_tensor(x[:4]).to(self.dtype) for x in self.x]
        export_with(self.model, examples, folder / f"{self.name}.pt2")
        self.model.load_state_dict(self.initial)
        arrays = self.fields if self.y is None else {**self.fields, "y": self.y}
        numpy.savez(folder / f"{self.name}.npz", **arrays)
