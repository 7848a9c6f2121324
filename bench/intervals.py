"""Intervals of shares, for the benchmarks that play games."""

import math


def wilson(hits, games, z=1.96):
    """The interval of a share (Wilson 1927), at 95 % by default."""
    share = hits / games
    middle = (share + z * z / (2 * games)) / (1 + z * z / games)
    half = z * math.sqrt(share * (1 - share) / games + z * z / (4 * games**2)) / (1 + z * z / games)  # fmt: skip
    return middle - half, middle + half
