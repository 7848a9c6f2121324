"""How to train, as recipe.toml says it (docs/recipe.md)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .errors import UsageError

_JOB = ("epochs", "batch_size", "precision", "seed")


class Recipe:
    """The tables of recipe.toml as arguments.

    Keywords are the keys of [train], the optimizer's arguments among them; `schedule`, `input` and `text` are the
    tables of those names. What is not given takes the defaults of docs/recipe.md; the core checks all of it, and names
    unknown keys together with the nearest known one.

        Recipe(optimizer="sgd", lr=0.05, momentum=0.9, epochs=3, input={"scale": 255.0})
    """

    def __init__(
        self,
        *,
        schedule: Mapping[str, Any] | None = None,
        input: Mapping[str, Any] | None = None,
        text: Mapping[str, Any] | None = None,
        **train: Any,
    ) -> None:
        self.train = dict(train)
        if schedule is not None:
            self.train["schedule"] = dict(schedule)
        self.input = dict(input or {})
        self.text = dict(text or {})

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Recipe:
        """Of a recipe.toml without [[task]] and [[decoy]]. Paths in it become absolute."""
        try:
            import tomllib
        except ModuleNotFoundError:  # Python 3.10
            import tomli as tomllib  # type: ignore[import-not-found, no-redef]
        path = Path(path)
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        if "task" in tables or "decoy" in tables:
            raise UsageError(f"{path}: tasks and decoys are arguments here, not tables")
        text = tables.get("text", {})
        tokenizer = text.get("tokenizer", "train:")
        if not tokenizer.startswith("train:"):
            text["tokenizer"] = str((path.parent / tokenizer).resolve())
        recipe = cls(input=tables.pop("input", None), text=text)
        recipe.train = tables.pop("train", {})
        tables.pop("text", None)
        if tables:
            raise UsageError(f"{path}: unknown tables: {', '.join(tables)}")
        return recipe

    def to_toml(self) -> str:
        """The text of a recipe.toml."""
        return _tables("", {"train": self.train, "input": self.input, "text": self.text})  # fmt: skip

    def __repr__(self) -> str:
        parts = [f"{k}={v!r}" for k, v in self.train.items()]
        parts += [f"{k}={v!r}" for k, v in (("input", self.input), ("text", self.text)) if v]  # fmt: skip
        return f"Recipe({', '.join(parts)})"


def _value(value: Any, where: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (str, os.PathLike)):
        text = os.fspath(value)
        escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    if isinstance(value, Sequence):
        return "[" + ", ".join(_value(item, where) for item in value) + "]"
    raise UsageError(f"{where}: {type(value).__name__} is no value of a recipe")


def _table(name: str, values: Mapping[str, Any]) -> str:
    own = {k: v for k, v in values.items() if not isinstance(v, Mapping)}
    inner = {k: v for k, v in values.items() if isinstance(v, Mapping)}
    lines = [f"[{name}]"] + [f"{k} = {_value(v, f'{name}.{k}')}" for k, v in own.items()]  # fmt: skip
    return "\n".join(lines) + "\n" + "".join(_table(f"{name}.{k}", v) for k, v in inner.items())  # fmt: skip


def _tables(prefix: str, tables: Mapping[str, Mapping[str, Any]]) -> str:
    return "".join(_table(prefix + name, values) for name, values in tables.items() if values)  # fmt: skip


def task_toml(kind: str, values: Mapping[str, Any], differs: Recipe | None) -> str:
    """A [[task]] or [[decoy]] table, with what differs from the job's recipe."""
    text = f"[[{kind}]]\n" + "".join(
        f"{k} = {_value(v, f'{kind}.{k}')}\n" for k, v in values.items()
    )
    if differs is None:
        return text
    for key in _JOB:
        if key in differs.train:
            raise UsageError(f"{kind} recipe: '{key}' belongs to the whole job")
    tables = {"train": differs.train, "input": differs.input, "text": differs.text}
    return text + _tables(f"{kind}.", tables)
