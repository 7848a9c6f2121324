"""Pictures on disk for the tests, and what Pillow reads of them."""

import tarfile
import zipfile

import numpy
from PIL import Image


def write_images(
    folder,
    classes=("ant", "bee", "cow"),
    count=6,
    size=(16, 16),
    ending="png",
    **options,
):
    """Class folders of smooth pictures; returns their paths in the order of (class, path)."""
    random = numpy.random.default_rng(len(classes) * count)
    paths = []
    for c, name in enumerate(classes):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            small = random.integers(0, 256, (4, 4, 3), numpy.uint8)
            small[..., c % 3] //= 2
            image = Image.fromarray(small).resize(size[::-1], Image.Resampling.BICUBIC)
            path = folder / name / f"{i:03}.{ending}"
            image.save(path, **options)
            paths.append(path)
    return paths


def pillow_pixels(paths, mode="RGB"):
    """uint8 [N, C, H, W], as a user of PyTorch would read them."""
    arrays = [numpy.asarray(Image.open(path).convert(mode)) for path in paths]
    stacked = numpy.stack(arrays)
    return stacked[:, None] if mode == "L" else stacked.transpose(0, 3, 1, 2)


def archived(folder, path):
    """The folder's files in a tar or zip archive, in another order than on disk."""
    files = sorted((p for p in folder.rglob("*") if p.is_file()), reverse=True)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(file, file.relative_to(folder))
        return path
    kind = {".tar": "w", ".gz": "w:gz"}[path.suffix.lower()]
    with tarfile.open(path, kind) as archive:
        for file in files:
            archive.add(file, file.relative_to(folder))
    return path
