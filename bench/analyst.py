"""What an outside analyst measures in a job: numpy over its files, and nothing of this project.

Of each sub-network a row of statistics: of its start (relations and grids of generators, exact values, moments), its
structure, its place in the job, and its labels. A rule that an analyst fixes beforehand is "the greatest" or "the least".
"""

import importlib.util
import json
import zlib

import numpy
from safetensors.numpy import load_file
from twister import relations_held, twister_relations

RELATIONS = twister_relations()


def relations_of_uniform(values):
    """Of values taken for uniform ones, the part of the relations that hold among them."""
    bound = numpy.abs(values).max()
    numbers = numpy.rint((values / bound + 1) / 2 * 2**24).astype(numpy.int64)[:1500]
    return relations_held(numbers, RELATIONS)


def off_uniform_grid(values):
    """How far values are from whole numbers of 2^-23 of the largest one's bound, a bound of 1/sqrt(n) or not."""
    bound = numpy.abs(values).max()
    guesses = [1 / numpy.sqrt(n) for n in (round(1 / bound**2), round(3 / bound**2), round(6 / bound**2)) if n > 0]  # fmt: skip
    found = [0.25]
    for guess in guesses:
        steps = (values[:2000].astype(float) / guess + 1) * 2**23
        coarse = steps[numpy.abs(values[:2000]) > guess / 8]
        found.append(numpy.abs(coarse - numpy.rint(coarse)).mean() if len(coarse) else 0.25)  # fmt: skip
    return min(found)


def off_normal_grid(values):
    """How far pairs of sixteen are from angles of 24 bits."""
    pairs = values[: min(values.size, 16000) // 16 * 16].astype(float).reshape(-1, 2, 8)
    turns = numpy.arctan2(pairs[:, 1], pairs[:, 0]) / (2 * numpy.pi) % 1
    steps = turns[turns < 0.25] * 2**24
    return numpy.abs(steps - numpy.rint(steps)).mean() if len(steps) else 0.25


def of_large(tensors):
    """Statistics of the largest matrices of a start, together."""
    large = sorted((t.ravel() for t in tensors if t.dtype == numpy.float32 and t.ndim > 1), key=len)[-3:]  # fmt: skip
    large = [t for t in large if len(t) >= 64 and numpy.abs(t).max() > 0]
    if not large:
        return {}
    values = max(large, key=len)
    scaled = values / values.std() if values.std() else values
    lags = [numpy.corrcoef(values[:-k], values[k:])[0, 1] for k in (1, 2, 16)]
    bits = values.view(numpy.uint32)
    norms = numpy.linalg.norm(scaled[: len(scaled) // 8 * 8].reshape(-1, 8), axis=1)
    return {
        "relations of MT19937": max(relations_of_uniform(t) for t in large),
        "off the 24-bit grid": min(off_uniform_grid(t) for t in large),
        "off the angles' grid": min(off_normal_grid(t) for t in large),
        "mean": scaled.mean(),
        "skewness": (scaled**3).mean(),
        "kurtosis": (scaled**4).mean(),
        "range over deviation": numpy.abs(scaled).max(),
        "largest over least value": abs(scaled.max() + scaled.min()),
        "correlation at lag 1": lags[0],
        "correlation at lag 2": lags[1],
        "correlation at lag 16": lags[2],
        "odd mantissas": (bits & 1).mean(),
        "zeros at the end of mantissas": (bits & 15 == 0).mean(),
        "negative values": (values < 0).mean(),
        "values that come again": 1 - len(numpy.unique(values)) / len(values),
        "compressibility": len(zlib.compress(values[:4000].tobytes())),
        "norms of eight": norms.std(),
    }


def of_structure(tensors):
    floats = [t for t in tensors if t.dtype == numpy.float32]
    values = numpy.concatenate([t.ravel() for t in floats])
    rows = [t.reshape(len(t), -1) for t in floats if t.ndim > 1]
    return {
        "parameters": len(values),
        "tensors": len(tensors),
        "zeros": (values == 0).mean(),
        "ones": (values == 1).mean(),
        "constant tensors": sum(t.size > 1 and (t == t.flat[0]).all() for t in floats),
        "constant rows": sum(constant_rows(r) for r in rows if r.shape[1] > 1),
        "sum of values": values.astype(float).sum(),
        "largest value": numpy.abs(values).max(),
        "orthogonal tensors": sum(is_orthogonal(r) for r in rows),
        "equal tensors": len(floats) - len({t.tobytes() for t in floats}),
        "powers of two": numpy.mean(
            [n & (n - 1) == 0 for t in tensors for n in t.shape]
        ),
    }


def constant_rows(rows):
    return (rows == rows[:, :1]).all(1).sum()


def is_orthogonal(rows):
    rows = rows if len(rows) <= rows.shape[1] else rows.T
    if len(rows) < 2 or len(rows) > 256:
        return False
    product = rows.astype(float) @ rows.T
    scale = product[0, 0]
    return bool(scale > 0 and numpy.abs(product / scale - numpy.eye(len(rows))).max() < 1e-4)  # fmt: skip


def of_labels(column):
    counts = numpy.bincount(column - column.min())
    centred = column - column.mean()
    spread = (centred**2).sum() or 1
    return {
        "first label": column[0],
        "last label": column[-1],
        "classes": len(numpy.unique(column)),
        "evenness of classes": counts.std(),
        "largest class": counts.max(),
        "equal classes": (counts == counts[0]).mean(),
        "labels' correlation at lag 1": (centred[:-1] * centred[1:]).sum() / spread,
        "runs of labels": (column[:-1] != column[1:]).sum(),
        "mean label of the first half": centred[: len(centred) // 2].mean(),
    }


def statistics(job):
    """A dict of statistics for each sub-network of a job, in its order."""
    network = import_model(job).load(job / "weights.safetensors")
    shards = [load_file(path) for path in sorted((job / "data").glob("train-*"))]
    labels = numpy.concatenate([s["y.int64"] for s in shards]) if "y.int64" in shards[0] else None  # fmt: skip
    entries = json.loads((job / "job.json").read_text())["subnetworks"]
    found = []
    for number, (sub, entry) in enumerate(zip(network.subnetworks, entries, strict=True)):  # fmt: skip
        tensors = [p.detach().numpy() for p in sub.parameters()]
        features = next(f for f in entry["fields"] if f["role"] == "feature")
        positions = dict(sub.named_buffers())[features["positions"]].numpy()
        own = of_large(tensors) | of_structure(tensors) | of_place(number, positions)
        own["length of the entry"] = len(json.dumps(entry))
        for field in entry["fields"]:
            if field["role"] == "target" and field["tensor"] == "y.int64" and len(field["positions"]) == 1:  # fmt: skip
                own["target's column"] = field["positions"][0]
                own |= of_labels(labels[:, field["positions"][0]])
        found.append(own)
    return found


def of_place(number, positions):
    return {
        "place": number,
        "mean position": positions.mean(),
        "first position": positions[0],
        "least position": positions.min(),
        "ascents of positions": (numpy.diff(positions) > 0).mean(),
    }


def import_model(job):
    spec = importlib.util.spec_from_file_location("job_model", job / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
