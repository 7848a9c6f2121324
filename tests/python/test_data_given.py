"""Whatever a user calls a dataset: the job holds the values that numpy, pandas or torch would give, or one line says why not."""

import random

import amalgam
import datasets
import numpy
import pandas
import pyarrow
import pytest
import scipy.sparse
import torch
from amalgam.data import Spool
from PIL import Image
from test_export_meaning import X, Y, made, net, refused
from torch import nn
from torch.utils.data import (  # fmt: skip
    ConcatDataset,
    DataLoader,
    IterableDataset,
    Subset,
    TensorDataset,
    random_split,
)

TX, TY = torch.as_tensor(X), torch.as_tensor(Y)
BF, LARGE = TX.bfloat16(), (X * 60000).astype(numpy.uint16)
PAIR = torch.view_as_complex(torch.stack([TX, TX], -1)).conj()


def read(data, names=("x",)):
    with Spool(progress=False) as spool:
        found = spool.arrays(data, list(names), "data")
        return {n: numpy.array(v) for n, v in found.items()}, spool.notes


def says(data, *words, names=("x",)):
    with pytest.raises(amalgam.InvalidError) as found:
        read(data, names)
    text = str(found.value)
    assert all(word in text for word in words), text
    assert len(text.splitlines()) == 1 and text.startswith("data: ")


def same(data, x=X, y=Y, names=("x",)):
    found, _ = read(data, names)
    assert sorted(found) == ["x", "y"]
    for array, like in zip((found["x"], found["y"]), (x, y), strict=True):
        assert array.dtype.isnative and array.dtype == like.dtype
        assert numpy.array_equal(array, like), (array, like)


@pytest.mark.parametrize(("data", "x"), [
    ((TX.to_sparse(), TY), X),
    ((TX.to_sparse_csr(), TY), X),
    ((scipy.sparse.csr_matrix(X), Y), X),
    ((TX.clone().requires_grad_(), TY), X),
    ((X.astype(">f4"), Y.astype(">i8")), X),
    ((numpy.asfortranarray(X), Y), X),
    ((X[::-1, ::-1], Y), X[::-1, ::-1]),
    ((numpy.ma.masked_array(X, mask=False), Y), X),
    ((PAIR.real, TY), X),
    ((PAIR.imag, TY), -X),
    ((pandas.DataFrame(X), pandas.Series(Y)), X),
    ((pandas.DataFrame(X).astype("Float32"), pandas.Series(Y, dtype="Int64")), X),
    ((X.tolist(), Y.tolist()), X),
    ((list(TX), list(TY)), X),
    ([X, Y], X),
    ({"x": X, "label": Y}, X),
    ({"x": X.tolist(), "targets": Y.tolist()}, X),
    (((X,), Y), X),
    (TensorDataset(TX, TY), X),
    (Subset(TensorDataset(TX, TY), range(24)), X),
    (ConcatDataset([TensorDataset(TX[:9], TY[:9]), TensorDataset(TX[9:], TY[9:])]), X),
    (list(zip(X, Y, strict=True)), X),
    (tuple((x, int(y)) for x, y in zip(X, Y, strict=True)), X),
    ([{"input": x, "label": y} for x, y in zip(X.tolist(), Y.tolist(), strict=True)], X),
])  # fmt: skip
def test_the_same_values(data, x):
    if isinstance(data, list) and isinstance(data[0], dict):
        found, _ = read(data, ["input"])
        data = found["input"], found["y"]
    same(data, numpy.ascontiguousarray(x))


@pytest.mark.parametrize(("x", "dtype"), [
    (BF, "float32"), (TX.half(), "float32"), (X.astype(numpy.float16), "float32"), (LARGE, "int32"),
    (LARGE.astype("<u4"), "int64"), (LARGE.astype("u8"), "int64"), (X > 0.5, "uint8"), (LARGE.astype("i2"), "int32"),
])  # fmt: skip
def test_smaller_types_become_larger_ones_exactly(x, dtype):
    plain = x.double().numpy() if isinstance(x, torch.Tensor) else x
    for data in ((x, Y), list(zip(x, Y, strict=True))):
        found, notes = read(data)
        assert found["x"].dtype == dtype and numpy.array_equal(found["x"], plain)
    if dtype == "float32":
        _, notes = read((x, Y))
        assert "the same values as float32" in notes[0]


def masked():
    return numpy.ma.masked_array(X, mask=X > 0.9)


@pytest.mark.parametrize(("data", "words"), [
    (DataLoader(TensorDataset(TX, TY)), ("loader.dataset",)),
    (type("Stream", (IterableDataset,), {"__iter__": lambda s: iter([])})(), ("is a stream", "list(dataset)")),
    (zip(X, Y, strict=True), ("once only", "list(...)")),
    ((row for row in zip(X, Y, strict=True)), ("once only",)),
    (TensorDataset, ("is the class TensorDataset",)),
    (pandas.DataFrame(X), ("is a DataFrame", "to_numpy")),
    (3, ("int has no length",)),
    ((masked(), Y), ("'x' has masked values", "filled")),
    ((X, numpy.array(list("abc"))[Y]), ("'y' is text", "numpy.unique")),
    ((X, pandas.Series(list("abcabcabcabcabcabcabcabc"))), ("'y' is", "factorize")),
    ((X, pandas.Series(Y).astype("category")), ("categorical", ".cat.codes")),
    ((X, pandas.Series([1, None] * 12, dtype="Int64")), ("missing values", "fillna")),
    ((pandas.DataFrame({"a": X[:, 0], "s": ["t"] * 24}), Y), ("column 's'",)),
    ((X.astype(complex), Y), ("is complex", "x.real")),
    ((X, numpy.array([{}] * 24)), ("'y' holds objects",)),
    ((X, numpy.zeros(24, "M8[D]")), ("'y' holds dates",)),
    ((numpy.zeros(24, [("a", "f4"), ("b", "i4")]), Y), ("structured", "dtype.names")),
    ((X, numpy.full(24, 2**64 - 1, numpy.uint64)), ("uint64",)),
    ((torch.quantize_per_tensor(TX, 0.1, 0, torch.quint8), TY), ("dequantize",)),
    ([(x, None) for x in X], ("row 0: 'y' is None",)),
    ([(x, "abc"[y]) for x, y in zip(X, Y, strict=True)], ("row 0: 'y' is text",)),
    ([(X[0], 1), (X[0, :5], 1)] * 3, ("row 1: 'x' is float32 [5]", "one shape")),
    ([(X[0], 1), (X[0] > 1, 1)] * 3, ("row 1: 'x' is uint8",)),
    ([(X[0], 1, 2)], ("a sample is tuple of 3",)),
    ([[]], ("a sample is list of 0",)),
    ([], ("has no rows",)),
    ([(Image.new("P", (4, 4)), 1)], ("mode 'P'", "convert('RGB')")),
    ({"x": X, "more": X, "y": Y}, ("'more', which the model does not take",)),
])  # fmt: skip
def test_one_line_with_the_cure(data, words):
    says(data, *words)


class Rows(torch.utils.data.Dataset):
    def __init__(self, change):
        self.change = change

    def __len__(self):
        return len(X)

    def __getitem__(self, row):
        return self.change(X[row]), int(Y[row])


class NegativeLength(Rows):
    def __len__(self):
        return -1


def broken(x):
    if x[0] == X[7, 0]:
        raise KeyError("gone")
    return x


def test_rows_that_differ_when_they_are_read_again():
    states = torch.get_rng_state(), random.getstate(), numpy.random.get_state()[1].tobytes()  # fmt: skip
    draw = numpy.random.default_rng(0)
    for noise in (torch.rand, random.random, numpy.random.rand, draw.random):
        one = 1 if noise is torch.rand else None

        def change(x, noise=noise, one=one):
            return x + float(noise(one) if one else noise())

        says(Rows(change), "differs when it is read again", "would be frozen", "docs/augmentation.md")  # fmt: skip
    random.setstate(states[1])
    says(Subset(Rows(lambda x: x[::-1] if random.random() < 0.5 else x), range(20)), "would be frozen")  # fmt: skip
    read(Rows(lambda x: x * 2))
    says(NegativeLength(broken), "len(NegativeLength) fails: ValueError")
    says(Rows(broken), "row 7 of 24 cannot be read (rows are counted from 0): KeyError")
    read(random_split(TensorDataset(TX, TY), [20, 4])[0])


def hugging_face(**columns):
    return datasets.Dataset.from_dict({"x": X.tolist(), "label": Y.tolist(), **columns})


def test_hugging_face_datasets():
    data = hugging_face()
    more = hugging_face(text=["t"] * 24)
    same(data)
    same(data.with_format("torch"))
    same(data.with_format("pandas"))
    same(more.with_format("torch", columns=["x", "label"]))
    same(more.remove_columns("text"))

    def doubled(batch):
        return {"x": [numpy.array(v, numpy.float32) * 2 for v in batch["x"]], "label": batch["label"]}  # fmt: skip

    same(data.with_transform(doubled), X * 2)
    copied = hugging_face()
    copied.set_transform(doubled)
    same(copied, X * 2)

    def noisy(batch):
        return {"x": [numpy.array(v) + random.random() for v in batch["x"]], "label": batch["label"]}  # fmt: skip

    says(data.with_transform(noisy), "would be frozen")
    says(more, "'text'", "remove_columns(['text'])")
    says(datasets.DatasetDict(train=data, test=data), "data['train']", "validation=")
    says(data.to_iterable_dataset(), "is a stream", "streaming")
    says(hugging_face().add_column("mask", X.tolist()).add_column("text", ["t"] * 24), "remove_columns(['text'])", names=("x", "mask"))  # fmt: skip
    says(data.rename_column("x", "other"), "no field 'x', 'mask'", names=("x", "mask"))
    ragged = datasets.Dataset.from_dict({"x": [[1, 2][: 1 + i % 2] for i in range(24)], "label": Y.tolist()})  # fmt: skip
    says(ragged, "row 1: 'x'", "pad")
    letters = datasets.Dataset.from_dict({"x": X.tolist(), "label": ["a"] * 24})
    says(letters, "row 0: 'y' is text")


def test_a_missing_label_is_no_augmentation():
    """Arrow turns a column of whole numbers with a gap into floats."""
    gap = datasets.Dataset.from_dict({"x": X.tolist(), "label": [None if i == 9 else int(y) for i, y in enumerate(Y)]})  # fmt: skip
    says(gap, "'label' is None or nan in row 9")
    late = datasets.Dataset.from_dict({"x": [[1.0]] * 300, "label": [0] * 299 + [None]})
    says(late, "'label' is None or nan in row 299")


@pytest.mark.filterwarnings("ignore")
def test_arrays_that_are_none_to_numpy():
    ragged = torch.nested.nested_tensor([TX[i, : 1 + i % 3] for i in range(24)])
    says((ragged, TY), "'x' is a nested tensor; pad it")
    says([ragged, TY], "'x' is a nested tensor; pad it")
    says((pyarrow.array(X.tolist()), pyarrow.array(Y)), "'x' is pyarrow's")
    says(pyarrow.table({"x": X.tolist(), "y": Y}), "a Table of pyarrow")
    says({"x": pyarrow.array(X.tolist()), "y": Y}, "give a numpy array or a tensor")


def test_hugging_face_images():
    picture = numpy.random.default_rng(0).integers(0, 256, (4, 4, 3), dtype=numpy.uint8)
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["a", "b"])})  # fmt: skip

    def of(image):
        return datasets.Dataset.from_dict({"image": [image] * 3, "label": [0, 1, 0]}, features=features)  # fmt: skip

    found, _ = read(of(Image.fromarray(picture)), ["image"])
    assert numpy.array_equal(found["image"], numpy.stack([picture] * 3))
    says(of(Image.fromarray(picture).convert("P")), "mode 'P'", names=("image",))


def test_what_the_core_says_of_arrays(tmp_path):
    refused(tmp_path, net(), "finite", data=(numpy.where(X > 0.9, numpy.nan, X).astype(numpy.float32), Y))  # fmt: skip
    refused(tmp_path, net(), "rows", data=(X, Y[:-1]))
    refused(tmp_path, net(), "class -1", "-100", data=(X, numpy.where(Y == 2, -1, Y)))
    refused(tmp_path, net(), "argmax", data=(X, numpy.eye(3, dtype=numpy.int64)[Y]))
    refused(tmp_path, net(), "float64", data=(X, Y[:, None].astype(float)))
    job, _ = made(tmp_path, nn.Linear(6, 2), data=(BF, Y > 0))
    assert any("bfloat16" in note for note in job.facts["notes"])
