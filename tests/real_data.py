"""Readers of the real data that tests and benchmarks use, where it lies in a folder."""

import collections
import csv
import gzip
import io
import tarfile
from pathlib import Path

import numpy
from PIL import Image


def read_mnist(data):
    """The test images, uint8 [10000, 28, 28], and their labels."""

    def read(name, offset):
        with gzip.open(data / "mnist" / name) as file:
            return numpy.frombuffer(file.read(), numpy.uint8, offset=offset)

    x = read("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    return x, read("t10k-labels-idx1-ubyte.gz", 8).astype(numpy.int64)


def cifar_files(data, wanted):
    """(path in the archive, its bytes) of the images of CIFAR-10 whose path is wanted; reads on as far as is asked for."""
    with tarfile.open(data / "cifar10-images.tar.gz") as archive:
        for member in archive:
            if member.isfile() and wanted(Path(member.name)):
                yield Path(member.name), archive.extractfile(member).read()


def read_cifar(data, count=1000, skipped=0):
    """The first images of each class, after those that are skipped: uint8 [N, 3, 32, 32], and their labels."""
    x, y, seen = [], [], collections.Counter()

    def wanted(path):
        seen[path.parent.name] += 1
        return skipped < seen[path.parent.name] <= skipped + count

    for path, content in cifar_files(data, wanted):
        x.append(numpy.asarray(Image.open(io.BytesIO(content))).transpose(2, 0, 1))
        y.append(path.parent.name)
    names = sorted(seen)
    return numpy.stack(x), numpy.array([names.index(name) for name in y])


def read_ag_news(data):
    """Rows of (label, title, description)."""
    with open(data / "ag_news.csv", newline="", encoding="utf-8") as file:
        return list(csv.reader(file))
