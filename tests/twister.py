"""What MT19937 leaves in what it draws, found in numpy's: an analyst's code, which nothing of this project is in."""

import numpy


def joined(outputs):
    """The low 24 bits of outputs k + 1, k + 397 and k + 624, side by side."""
    return [int(a) | int(b) << 24 | int(c) << 48 for a, b, c in zip(outputs[1:], outputs[397:], outputs[624:], strict=False)]  # fmt: skip


def twister_relations():
    """Masks over these 72 bits whose parity is even in all that MT19937 gives, by elimination."""
    pivots = {}
    for seed in range(8):
        outputs = numpy.random.RandomState(seed).randint(0, 1 << 32, 1400, numpy.uint32)
        for row in joined(outputs & 0xFFFFFF):
            for bit, pivot in pivots.items():
                row ^= pivot if row >> bit & 1 else 0
            if row:
                bit = row.bit_length() - 1
                pivots = {b: p ^ row if p >> bit & 1 else p for b, p in pivots.items()}
                pivots[bit] = row
    free = [bit for bit in range(72) if bit not in pivots]
    return [1 << f | sum(1 << b for b, p in pivots.items() if p >> f & 1) for f in free]


def relations_held(numbers, relations):
    """The part of the relations that hold among numbers of 24 bits; half of them do by chance."""
    rows = joined(numbers)
    return numpy.mean([(j & r).bit_count() % 2 == 0 for j in rows for r in relations]) if rows else 0.5  # fmt: skip
