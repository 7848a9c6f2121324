"""One rule for what becomes an array: a whole field of a dataset, or one sample's value of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy
import torch

from .errors import InvalidError

Array = numpy.ndarray[Any, Any]

# What the core has no type for, and the type that holds the same values.
_EXACT = {
    "bool": "uint8",
    "int8": "int32",
    "int16": "int32",
    "uint16": "int32",
    "uint32": "int64",
    "float16": "float32",
}
_IMAGE_MODES = ("L", "RGB", "F", "I", "I;16")
_CURES = {
    "U": "is text; give numbers: numpy.unique(labels, return_inverse=True)[1] numbers labels",
    "M": "holds dates; give numbers, such as (x - x.min()) / numpy.timedelta64(1, 'D')",
    "m": "holds spans of time; give numbers, such as x / numpy.timedelta64(1, 'D')",
    "c": "is complex; give real and imaginary parts: numpy.stack([x.real, x.imag], 1)",
    "V": "is a structured array; give a dict of its fields, {n: a[n] for n in a.dtype.names}",
    "O": "holds objects, or rows of different shapes; give numbers in rows of one shape (pad them)",
}  # fmt: skip
_CURES["S"] = _CURES["T"] = _CURES["U"]


def _of_tensor(value: torch.Tensor, where: str) -> Array:
    if value.is_nested:
        raise InvalidError(f"{where} is a nested tensor; pad it: torch.nested.to_padded_tensor(x, 0)")  # fmt: skip
    if value.is_quantized:
        raise InvalidError(f"{where} is quantized; give x.dequantize()")
    if value.device.type == "meta":
        raise InvalidError(f"{where} is on the device 'meta' and has no values")
    value = value.detach()
    if value.layout is not torch.strided:
        value = value.to_dense()
    if value.dtype in (torch.bfloat16, torch.float16):
        value = value.to(torch.float32)
    elif value.is_floating_point() and value.dtype not in (torch.float32, torch.float64):  # fmt: skip
        raise InvalidError(f"{where} is {value.dtype}; give x.float()")
    return value.resolve_conj().resolve_neg().cpu().numpy()


def _of_image(value: Any, where: str) -> Array:
    if value.mode not in _IMAGE_MODES:
        raise InvalidError(f"{where} is an image of mode '{value.mode}'; give image.convert('RGB'), or 'L' for gray")  # fmt: skip
    return numpy.asarray(value)


def _of_pandas(value: Any, where: str) -> Array:
    """A DataFrame, Series or Index."""
    columns = dict(value.items()) if value.ndim == 2 else {"": value}
    types = []
    for name, column in columns.items():
        place = f"{where}: column '{name}'" if value.ndim == 2 else where
        dtype = getattr(column.dtype, "numpy_dtype", column.dtype)
        if str(dtype) == "category":
            raise InvalidError(f"{place} is categorical; give its numbers, .cat.codes")
        if dtype.kind not in "biuf":
            raise InvalidError(f"{place} is {dtype}, no number; drop it, or give numbers (pandas.factorize numbers labels)")  # fmt: skip
        if dtype is not column.dtype and bool(column.isna().any()):
            raise InvalidError(f"{place} has missing values; fill them (fillna) or drop their rows (dropna)")  # fmt: skip
        types.append(dtype)
    found: Array = value.to_numpy(dtype=numpy.result_type(*types))
    return found


def _of_list(value: Any, where: str) -> Array:
    """Numbers as torch.tensor() takes them: floats are float32."""
    items = [item if isinstance(item, (int, float, bool, str, type(None))) else as_array(item, where) for item in value]  # fmt: skip
    if any(item is None for item in items):
        raise InvalidError(f"{where} has None among its values")
    try:
        found = numpy.asarray(items)
    except ValueError:
        raise InvalidError(f"{where} {_CURES['O']}") from None
    return found.astype(numpy.float32) if found.dtype == numpy.float64 else found


def _converted(value: Any, where: str) -> Array:
    if isinstance(value, torch.Tensor):
        return _of_tensor(value, where)
    if isinstance(value, numpy.ma.MaskedArray):
        if numpy.ma.is_masked(value):
            raise InvalidError(f"{where} has masked values; fill them: x.filled(0)")
        return numpy.asarray(value.data)
    if isinstance(value, (numpy.ndarray, numpy.generic, int, float)):
        return numpy.asarray(value)
    if value is None:
        raise InvalidError(f"{where} is None; a loss that needs no targets takes samples without them")  # fmt: skip
    if isinstance(value, (list, tuple)):
        return _of_list(value, where)
    kind = type(value).__module__.partition(".")[0]
    if kind == "scipy" and hasattr(value, "toarray"):
        return numpy.asarray(value.toarray())
    if kind == "pandas" and hasattr(value, "to_numpy"):
        return _of_pandas(value, where)
    if hasattr(value, "mode") and hasattr(value, "convert"):
        return _of_image(value, where)
    if isinstance(value, (str, bytes)):
        raise InvalidError(f"{where} {_CURES['U']}")
    if isinstance(value, Mapping):
        raise InvalidError(f"{where} is {type(value).__name__}; expected numbers")
    if hasattr(value, "to_numpy"):
        return numpy.asarray(value.to_numpy())
    return numpy.asarray(value)


def _native(array: Array, where: str) -> Array:
    """In this machine's byte order and a type of the core's, with the same values."""
    if array.dtype.kind in _CURES:
        raise InvalidError(f"{where} {_CURES[array.dtype.kind]}")
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    name = array.dtype.name
    if name == "uint64":
        if array.size and int(array.max()) >= 2**63:
            raise InvalidError(f"{where} is uint64 with values that int64 does not hold")  # fmt: skip
        return array.astype(numpy.int64)
    if name in _EXACT:
        return array.astype(_EXACT[name])
    if name not in ("uint8", "int32", "int64", "float32", "float64"):
        raise InvalidError(f"{where} is {name}; give uint8, int32, int64 or float32")
    return array


def as_array(value: Any, where: str) -> Array:
    """`value` as an array of uint8, int32, int64, float32 or float64; a view where it can be.

    value: numbers, an array, a tensor (of any layout, on any device), a scipy sparse matrix, a pandas Series or DataFrame,
    a Pillow image, or lists of these; smaller types become a larger one that holds their values exactly.
    Raises InvalidError, which begins with `where` and ends with the cure.
    """
    try:
        found = _converted(value, where)
    except InvalidError:
        raise
    except Exception as error:  # of whichever library it is of
        lines = str(error).strip().splitlines() or [""]
        raise InvalidError(f"{where} is {type(value).__module__.partition('.')[0]}'s {type(value).__name__}, which is no array ({type(error).__name__}: {lines[0]}); give a numpy array or a tensor") from None  # fmt: skip
    return _native(found, where)
