"""How to train, as recipe.toml says it (docs/recipe.md)."""

from __future__ import annotations

import contextlib
import decimal
import numbers
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import tomli_w

from . import _core
from .errors import Error, Finding, InvalidError, UsageError

_JOB = ("epochs", "batch_size", "precision", "seed")
_TABLES = ("input", "text", "table", "data")


def _mapping(value: Any, name: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        example = {"schedule": '{"kind": "cosine"}', "input": '{"scale": 255.0}', "table": '{"encode": "index"}'}.get(name, '{"length": 64}')  # fmt: skip
        raise _invalid(f"Recipe({name}=…)", f"expected a mapping, as in {example}, found {value!r:.60}")  # fmt: skip
    return {str(key): item for key, item in value.items()}


class Recipe:
    """The tables of recipe.toml as arguments.

    Keywords are the keys of [train], the optimizer's arguments among them; `schedule`, `input`, `text` and `table` are the
    tables of those names, and `targets` names the fields that are targets (default: "y"). Numbers of NumPy and PyTorch are numbers, and arrays are lists. What is not given takes the
    defaults of docs/recipe.md; the core checks all of it, and names unknown keys together with the nearest known one.

        Recipe(optimizer="sgd", lr=0.05, momentum=0.9, epochs=3, input={"scale": 255.0})
        Recipe(lr=0.1, loss_arguments={"weight": [1.0, 2.5]}, group=[{"match": "backbone.*", "lr": 0.01}], stop={"patience": 3})
    """

    def __init__(
        self,
        *,
        schedule: Mapping[str, Any] | None = None,
        input: Mapping[str, Any] | None = None,
        text: Mapping[str, Any] | None = None,
        table: Mapping[str, Any] | None = None,
        targets: str | Sequence[str] | None = None,
        **train: Any,
    ) -> None:
        self.train = dict(train)
        if schedule is not None:
            self.train["schedule"] = _mapping(schedule, "schedule")
        self.input = _mapping(input, "input")
        self.text = _mapping(text, "text")
        self.table = None if table is None else _mapping(table, "table")
        names = [targets] if isinstance(targets, str) else targets or []
        if not isinstance(names, (list, tuple)) or not all(isinstance(n, str) for n in names):  # fmt: skip
            raise _invalid("Recipe(targets=…)", f"expected the name of a field or a list of names, found {targets!r:.60}")  # fmt: skip
        self.targets = list(names)
        self.source: str | None = None  # the file that it was read from

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Recipe:
        """Of a recipe.toml without [[task]] and [[decoy]]. Paths in it become absolute."""
        try:
            import tomllib
        except ModuleNotFoundError:  # Python 3.10
            import tomli as tomllib  # type: ignore[import-not-found, no-redef]
        path = Path(path)
        _core.check_recipe(os.fspath(path))
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        if "task" in tables or "decoy" in tables:
            raise UsageError(f"{path}: tasks and decoys are arguments here, not tables")
        text = tables.get("text", {})
        tokenizer = text.get("tokenizer", "train:")
        if not tokenizer.startswith("train:"):
            text["tokenizer"] = str((path.parent / tokenizer).resolve())
        programs = [*((tables.get("train", {}), n) for n in ("loss", "metric")), *((tables.get("input", {}), n) for n in ("transform", "eval_transform"))]  # fmt: skip
        for table, name in programs:
            if str(table.get(name, "")).endswith(".pt2"):
                table[name] = str((path.parent / table[name]).resolve())
        recipe = cls(input=tables.get("input"), text=text, table=tables.get("table"), targets=tables.get("data", {}).get("targets"))  # fmt: skip
        recipe.train = tables.get("train", {})
        recipe.source = str(path)
        return recipe

    @classmethod
    def of(cls, recipe: Any) -> Recipe:
        """What `recipe=` may be: a Recipe, the path of a recipe.toml, or None for the defaults."""
        if recipe is None:
            return cls()
        if isinstance(recipe, cls):
            return recipe
        if isinstance(recipe, (str, os.PathLike)):
            return cls.read(recipe)
        cure = (
            "; write recipe=amalgam.Recipe(**…)" if isinstance(recipe, Mapping) else ""
        )
        raise UsageError(f"recipe: expected an amalgam.Recipe or the path of a recipe.toml, found {type(recipe).__name__}{cure}")  # fmt: skip

    def to_toml(self) -> str:
        """The text of a recipe.toml."""
        return tomli_w.dumps(self.tables())

    def tables(self, place: str = "") -> dict[str, Any]:
        """The tables of a recipe.toml, but empty ones. Errors begin with `place`."""
        tables = {"train": self.train, "input": self.input, "text": self.text}
        if self.targets:
            tables["data"] = {"targets": self.targets}
        found = {name: _table([name], values, place) for name, values in tables.items() if values}  # fmt: skip
        if self.table is not None:  # an empty one says that CSV files are tables
            found["table"] = _table(["table"], self.table, place)
        return found

    def __repr__(self) -> str:
        parts = [f"{k}={v!r}" for k, v in self.train.items()]
        parts += [f"{k}={v!r}" for k, v in (("input", self.input), ("text", self.text), ("table", self.table), ("targets", self.targets)) if v]  # fmt: skip
        return f"Recipe({', '.join(parts)})"


def _invalid(where: str, what: str) -> InvalidError:
    return InvalidError([Finding(3, where, what)])


def _argument(table: Sequence[str], key: str) -> str:
    """How a key of the table is given in Python: train.lr is Recipe(lr=…)."""
    first, *rest = [*table, key] if key else list(table)
    if first == "data":
        return "Recipe(targets=…)"
    if first == "train":
        first, *rest = rest if rest else ("…",)
    inner = f"{{{rest[0]!r}: …}}" if rest else "…"
    return f"Recipe({first}={inner})" if first != "…" else "Recipe(…)"


def _place(place: str, tasks: Sequence[str]) -> str:
    """What a place in the recipe that was written for the core is called in Python."""
    table = place.split(".")
    found = re.fullmatch(r"(task|decoy)\[(\d+)\]", table[0])
    if not found:
        return _argument(table, "")
    kind, number = found[1], int(found[2])
    named = f"task '{tasks[number]}'" if kind == "task" and number < len(tasks) else f"{kind}s[{number}]"  # fmt: skip
    if len(table) > 1 and table[1] in ("train", *_TABLES):
        return f"{named}: {_argument(table[1:], '')}"
    return f"{named}: Task({'.'.join(table[1:])}=…)"


def _file(name: str, tasks: Sequence[str]) -> str:
    """What a model that was written for the core is called in Python."""
    found = re.fullmatch(r"(task|decoy)(\d+)(?:-(\w+))?\.pt2", name)
    if not found:
        return name
    kind, number = found[1], int(found[2])
    named = f"task '{tasks[number]}'" if kind == "task" and number < len(tasks) else f"{kind}s[{number}]"  # fmt: skip
    what = {None: "the model", "eval": "the model in eval mode"}.get(found[3], f"{found[3]}=")  # fmt: skip
    return f"{named}: {what}"


@contextlib.contextmanager
def findings_named(path: Path, recipe: Recipe, tasks: Sequence[str]) -> Iterator[None]:
    """Findings on the recipe at `path` and on the models beside it, which were written for the core, name the arguments
    that they were made of."""
    try:
        yield
    except Error as error:
        found = [
            _named(finding, str(path), recipe, tasks) for finding in error.findings
        ]
        if tuple(found) == error.findings:
            raise
        raise type(error)(found) from None


def _named(finding: Finding, path: str, recipe: Recipe, tasks: Sequence[str]) -> Finding:  # fmt: skip
    found = re.fullmatch(re.escape(path) + r"(?::\d+)?(?:: (.+))?", finding.where, re.DOTALL)  # fmt: skip
    if not found:
        beside = re.escape(f"{Path(path).parent}{os.sep}") + r"([\w.-]+)"
        where, what = (re.sub(beside, lambda m: _file(m[1], tasks), text) for text in (finding.where, finding.what))  # fmt: skip
        return finding._replace(where=where, what=what)
    place = found[1] or ""
    if not place:
        return finding._replace(where=recipe.source or "Recipe(…)")
    if recipe.source and not place.startswith(("task[", "decoy[")):
        return finding._replace(where=f"{recipe.source}: {place}")
    what = finding.what
    for table in ("schedule", "loss_arguments", "stop", *_TABLES):
        what = re.sub(rf"\[(?:\w+\.)?(?:train\.)?{table}\]", f"{table}={{…}}", what)
    what = re.sub(r"\[(?:\w+\.)?train\], as", "the recipe, as", what)
    what = re.sub(r"belongs to \[(?:\w+\.)?train\]", "is an argument of Recipe itself", what)  # fmt: skip
    return finding._replace(where=_place(place, tasks), what=what)


def _string(value: str, where: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise _invalid(where, f"{value!r:.80} is no text in UTF-8") from None
    return str(value)


def _value(value: Any, where: str) -> Any:
    """The value as TOML has it: bool, int, float, str, or a list of them."""
    # NumPy's and PyTorch's scalars and arrays, and whatever has the same method.
    if hasattr(value, "tolist") and not isinstance(value, (str, bytes)):
        value = value.tolist()
    if isinstance(value, bool):
        return value
    if isinstance(value, numbers.Integral):
        value = int(value)
        if not -(2**63) <= value < 2**63:
            raise _invalid(where, f"{value} does not fit; expected a whole number below 2**63")  # fmt: skip
        return value
    if isinstance(value, (numbers.Real, decimal.Decimal)):
        return float(value)
    if isinstance(value, (str, os.PathLike)):
        return _string(os.fsdecode(value), where)
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_value(item, where) for item in value]
    if value is None:
        raise _invalid(where, "None is no value of a recipe; leave the argument out")
    raise _invalid(where, f"{type(value).__name__} is no value of a recipe; expected a number, a string, True or False, or a list of them")  # fmt: skip


def _table(table: Sequence[str], values: Mapping[str, Any], place: str) -> dict[str, Any]:  # fmt: skip
    """`values` as TOML has them; `table` is the path to it, and `place` says whose recipe it is."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        where = place + _argument(table, str(name))
        key = _string(str(name), where)
        if isinstance(value, Mapping):
            found[key] = _table([*table, key], value, place)
        elif isinstance(value, Sequence) and value and all(isinstance(one, Mapping) for one in value):  # fmt: skip
            found[key] = [_table([*table, f"{key}[{i}]"], one, place) for i, one in enumerate(value)]  # fmt: skip
        else:
            found[key] = _value(value, where)
    return found


def task_table(kind: str, values: Mapping[str, Any], differs: Recipe | None) -> dict[str, Any]:  # fmt: skip
    """A [[task]] or [[decoy]] table, with what differs from the job's recipe."""
    found = {key: _value(v, f"Task({key}=…)") for key, v in values.items()}
    if differs is None:
        return found
    place = f"task '{values['name']}': " if kind == "task" else "decoy: "
    if not isinstance(differs, Recipe):
        raise UsageError(f"{place}recipe: expected an amalgam.Recipe, found {type(differs).__name__}")  # fmt: skip
    for key in _JOB:
        if key in differs.train:
            raise UsageError(f"{place}recipe: '{key}' belongs to the whole job")
    tables = differs.tables(place)
    if "data" in tables and "data" in found:
        tables["data"]["path"] = found["data"]
    return {**found, **tables}
