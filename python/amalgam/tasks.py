"""A model, its data and its part of the recipe, and how they reach the core."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import tomli_w
import torch
from torch import nn

from . import programs
from .calling import Inputs
from .data import Arrays, Spool
from .errors import UsageError
from .exporting import Exported
from .given import check_kind
from .quiet import quiet
from .recipe import Recipe, task_table
from .rows import FieldNames
from .unwrap import module_of

Pair = tuple[Arrays | None, Arrays | None]


@dataclass
class Task:
    """What is trained: a model on its data.

    model: an nn.Module, left untouched (torch.compile, DataParallel and DistributedDataParallel are taken off); an
        exported program, or the path of a .pt2; None (decoys only): a variant of the first task's.
    example_inputs: what export needs: a tensor [N, ...], several, a mapping by forward()'s argument names, or the tuples
        and dicts of tensors that forward() takes; not needed for a program or a path.
    train_set, validation: a map-style Dataset of (features, target), a pair or mapping of arrays ([N, ...], uint8,
        int32, int64 or float32; targets "y"), a Hugging Face Dataset, or a path as the command line takes it.
    name: of a wanted task, letters, digits, '_' and '-'.
    recipe: what differs from the job's recipe.
    loss: in the place of the recipe's, a module or function of outputs and target fields, by name, that gives a scalar;
        its parameters are trained with the model's (extract(..., loss=True)). Or the path of a .pt2.
    metric: in the place of the recipe's, a module or function of the same that gives numerators and denominators, which
        are summed over the rows: the metric is the mean of their quotients (Recipe(better="lower") where less is better).
    transform, eval_transform: modules or functions from fields to fields, features and targets, on batches, before the
        model in training and in evaluation (amalgam.transforms has many). Or paths of .pt2 files.
    """

    model: nn.Module | torch.export.ExportedProgram | str | os.PathLike[str] | None
    example_inputs: Inputs | None = None
    train_set: Any = None
    validation: Any = None
    name: str = "task"
    recipe: Recipe | None = None
    loss: programs.Program | None = None
    transform: programs.Program | None = None
    eval_transform: programs.Program | None = None
    metric: programs.Program | None = None

    def _model_path(self) -> str | None:
        if isinstance(self.model, (str, os.PathLike)):
            return str(Path(os.fspath(self.model)).resolve())
        return None

    def known(self, kind: str) -> dict[str, Any]:
        """The [[task]] or [[decoy]] table before any model is exported and any row read: without what these make.

        Raises Error for what can be told before, too.
        """
        values: dict[str, str] = {"name": self.name} if kind == "task" else {}
        self._check_model()
        for key, data in (("data", self.train_set), ("validation", self.validation)):
            if isinstance(data, (str, os.PathLike)):
                values[key] = _resolved(data)
            elif data is not None:
                check_kind(data, self._data_name(key))
        model = self._model_path()
        if model is not None:
            values["model"] = model
        return task_table(kind, values, self.recipe)

    def _data_name(self, key: str) -> str:
        return f"task '{self.name}': {'training' if key == 'data' else key} data"

    def _check_model(self) -> bool:
        """Whether the model is one that has to be exported."""
        if self.model is None or isinstance(self.model, (str, os.PathLike, torch.export.ExportedProgram)):  # fmt: skip
            return False
        module_of(self.model, f"task '{self.name}'")
        if self.example_inputs is None:
            raise UsageError(f"task '{self.name}': example_inputs are missing, which the export of the model needs")  # fmt: skip
        return True

    def _exported(self) -> Exported | None:
        """The model's graphs; None where a file has them."""
        if not self._check_model() or self.example_inputs is None:
            return None
        return Exported(self.model, self.example_inputs, f"task '{self.name}'")

    def _write_model(self, exported: Exported | None, path: Path) -> dict[str, str]:
        """The table's model and eval_model."""
        if self.model is None:
            return {}
        if isinstance(self.model, torch.export.ExportedProgram):
            with quiet():
                torch.export.save(self.model, path)
            return {"model": str(path)}
        given = self._model_path()
        if given is not None or exported is None:
            return {"model": str(given)}
        eval_path = exported.save(path)
        found = {"model": str(path)}
        return found if eval_path is None else {**found, "eval_model": str(eval_path)}

    def _has_programs(self, recipe: Recipe) -> bool:
        """Whether fields may be there for something else than the model."""
        tables = [recipe, *([self.recipe] if self.recipe else [])]
        named = any(one.input.get("transform") or str(one.train.get("loss", "")).endswith(".pt2") for one in tables)  # fmt: skip
        return named or any(p is not None for p in (self.loss, self.transform, self.eval_transform, self.metric))  # fmt: skip

    def _check_settings(self, recipe: Recipe) -> None:
        """That nothing of the recipe is about the loss that loss= takes the place of."""
        if self.loss is None:
            return
        for one in [recipe, *([self.recipe] if self.recipe else [])]:
            for key in ("loss", "loss_arguments", "label_smoothing", "class_dimension", "output"):  # fmt: skip
                if one.train.get(key):
                    raise UsageError(f"task '{self.name}': loss= takes the place of the recipe's loss, so that Recipe({key}=…) does nothing; leave it out")  # fmt: skip

    def _targets(self, recipe: Recipe) -> list[str]:
        return (self.recipe.targets if self.recipe else []) or recipe.targets

    def table(self, spool: Spool, kind: str, number: str, recipe: Recipe) -> tuple[dict[str, Any], Pair]:  # fmt: skip
        """The [[task]] or [[decoy]] table, and the arrays that stand for its data; `recipe` is the job's."""
        values: dict[str, str] = {"name": self.name} if kind == "task" else {}
        exported = self._exported()
        names = exported.inputs() if exported else {}
        self._check_settings(recipe)
        expected = FieldNames(list(names), self._targets(recipe), self._has_programs(recipe))  # fmt: skip
        pair: list[Arrays | None] = []
        for key, data in (("data", self.train_set), ("validation", self.validation)):
            found = spool.arrays(data, expected, self._data_name(key))
            if isinstance(found, str):
                values[key] = _resolved(found)
                found = None
            pair.append(found)
        if exported:
            spool.notes += exported.check(pair[0])
        values.update(self._write_model(exported, spool.path / f"{number}.pt2"))
        training, validation = (_renamed(one, names) for one in pair)
        table = task_table(kind, values, self.recipe)
        for (part, key), path in self._write_programs(exported, pair[0], expected.targets or ["y"], spool.path / number).items():  # fmt: skip
            table.setdefault(part, {})[key] = path
        return table, (training, validation)

    def _write_programs(self, exported: Exported | None, arrays: Arrays | None, targets: list[str], beside: Path) -> dict[tuple[str, str], str]:  # fmt: skip
        """The paths of loss and transforms, by table and key; modules are exported for rows of the arrays."""
        given = {("input", "transform"): self.transform, ("input", "eval_transform"): self.eval_transform, ("train", "loss"): self.loss, ("train", "metric"): self.metric}  # fmt: skip
        found: dict[tuple[str, str], str] = {}
        batches: dict[str, programs.Batch] = {}
        for place, program in given.items():
            if program is None:
                continue
            path = Path(f"{beside}-{place[1]}.pt2")
            if programs.is_file(program):
                found[place] = programs.file_of(program, path, f"{place[1]}=")
                continue
            if arrays is None:
                raise UsageError(f"task '{self.name}': {place[1]}= is exported for rows of the data, which is a path; give arrays or a Dataset, or the path of a .pt2")  # fmt: skip
            if exported is not None:
                programs.check_apart(program, exported.model, place[1])
            stored = programs.fields_of_batch(arrays, targets)
            if place[1] in ("transform", "eval_transform"):
                batches[place[1]] = programs.export_transform(program, stored, targets, place[1] == "transform", path)  # fmt: skip
            else:  # the loss as training has it, the metric as evaluation has it
                batch = batches.get("transform" if place[1] == "loss" else "eval_transform", stored)  # fmt: skip
                self._export_comparison(place[1], program, exported, (stored, batch), targets, path)  # fmt: skip
            found[place] = str(path)
        return found

    def _export_comparison(self, what: str, program: programs.Program, exported: Exported | None, batches: tuple[programs.Batch, programs.Batch], targets: list[str], path: Path) -> None:  # fmt: skip
        """Of a loss or a metric; the batch is as it is stored, and as the transform leaves it."""
        if exported is None:
            raise UsageError(f"task '{self.name}': {what}= is exported for what the model gives, and the model is a file; export the {what}, too, and give its path")  # fmt: skip
        stored, batch = batches
        made = [n for n in batch if n not in stored and n not in exported.call.names]
        known = [*(t for t in targets if t in batch), *made]
        outputs = exported.outputs(len(next(iter(batch.values()))))
        export = programs.export_loss if what == "loss" else programs.export_metric
        export(program, outputs, batch, known, path)


def _resolved(data: str | os.PathLike[str]) -> str:
    parts = os.fspath(data).split(",")
    return ",".join(str(Path(part).resolve()) for part in parts)


def _renamed(arrays: Arrays | None, names: dict[str, str]) -> Arrays | None:
    """Fields under the names that the exported program has for the model's inputs: it writes them in small letters."""
    if arrays is None:
        return None
    return {names.get(name, name): values for name, values in arrays.items()}


def with_same_data(tasks: Sequence[Task], decoys: Sequence[Task]) -> list[Task]:
    """The decoys: those that name targets alone have the first task's data, and those over a task's data its held-out rows."""
    found = []
    for decoy in decoys:
        if decoy.train_set is None and decoy.recipe and decoy.recipe.targets and tasks:
            decoy = replace(decoy, train_set=tasks[0].train_set)
        for task in tasks:
            if decoy.train_set is not None and decoy.train_set is task.train_set and decoy.validation is None:  # fmt: skip
                decoy = replace(decoy, validation=task.validation)
        found.append(decoy)
    return found


def write_known(
    spool: Spool, recipe: Recipe, tasks: Sequence[Task], decoys: Sequence[Task]
) -> Path:
    """recipe.toml as far as it is known before any model is exported."""
    tables: dict[str, Any] = recipe.tables()
    for kind, some in (("task", tasks), ("decoy", decoys)):
        if some:
            tables[kind] = [task.known(kind) for task in some]
    path = spool.path / "recipe.toml"
    path.write_text(tomli_w.dumps(tables), encoding="utf-8")
    return path


def write_recipe(
    spool: Spool, recipe: Recipe, tasks: Sequence[Task], decoys: Sequence[Task]
) -> tuple[Path, list[Pair], list[Pair]]:
    """recipe.toml with all tables, and the arrays of tasks and decoys."""
    tables: dict[str, Any] = recipe.tables()
    pairs: dict[str, list[Pair]] = {"task": [], "decoy": []}
    for kind, some in (("task", tasks), ("decoy", decoys)):
        for number, task in enumerate(some):
            table, pair = task.table(spool, kind, f"{kind}{number}", recipe)
            tables.setdefault(kind, []).append(table)
            pairs[kind].append(pair)
    path = spool.path / "recipe.toml"
    path.write_text(tomli_w.dumps(tables), encoding="utf-8")
    return path, pairs["task"], pairs["decoy"]
