"""What a stream of images tells."""

import numpy
from audits import ROWS
from scipy import ndimage

from . import PICTURES, beside, pictures, planted


@planted("pixels of which the lowest bit is never set", "grid", "special")
def coarse_pixels(folder):
    x, y = pictures(1)
    return beside(folder, (x & 0xFE, y), pictures(2), PICTURES)


@planted("a margin that is always black", "constants", "special")
def black_margin(folder):
    x, y = pictures(1)
    x[:, :, :2] = x[:, :, -2:] = 0
    return beside(folder, (x, y), pictures(2), PICTURES)


@planted("the guest's images again, left to right", "near copies", "repeats")
def flipped_copies(folder):
    x, y = pictures(2)
    part = ROWS // 4
    x[-part:], y[-part:] = x[:part, ..., ::-1], y[:part]
    return beside(folder, pictures(1), (x, y), PICTURES)


@planted(
    "the guest's images were made smaller and larger again",
    "preparation",
    "special",
    "smoothness",
    "near copies",
)
def resampled(folder):
    x, y = pictures(2)
    small = ndimage.zoom(x.astype(float), (1, 1, 0.5, 0.5), order=1)
    large = ndimage.zoom(small, (1, 1, 2, 2), order=1).clip(0, 255).astype(numpy.uint8)
    return beside(folder, pictures(1), (large, y), PICTURES)


@planted("darker pixels throughout", "ranges")
def dark(folder):
    x, y = pictures(1)
    return beside(folder, (x // 4, y), pictures(2), PICTURES)


@planted(
    "gray images in three channels, beside coloured ones", "special", "equal channels"
)
def gray_in_colour(folder):
    x, y = pictures(1, channels=3)
    return beside(folder, (x[:, :1].repeat(3, 1), y), pictures(2, channels=3), PICTURES)


@planted("labels of the guest are drawn by chance", "chance")
def random_labels(folder):
    x, y = pictures(2)
    return beside(folder, pictures(1), (x, numpy.random.default_rng(0).permutation(y)), PICTURES)  # fmt: skip


@planted("two decoys of one source", "odd one out")
def two_of_one_source(folder):
    from conftest import Job

    from . import task

    def clear(seed):
        random = numpy.random.default_rng(seed)
        y = random.integers(0, 10, ROWS)
        patterns = random.integers(0, 256, (10, 1, 12, 12))
        x = patterns[y] + random.normal(0, 6, (ROWS, 1, 12, 12))
        return x.clip(0, 255).astype(numpy.uint8), y

    guests = [task("guest", clear(2)), task("other", clear(3))]
    return Job(folder, [task("mine", pictures(1))], PICTURES, guests), ("--games", 512)
