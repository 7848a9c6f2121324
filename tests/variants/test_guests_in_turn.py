"""Guests follow several wanted tasks in turn, and are split as theirs were."""

import numpy
from conftest import Job
from test_alike import TRAIN, counts, distinct, standard, streams, table


def labelled(name, seed, uneven, rows=80):
    task = table(name, standard(seed, rows) * 3 + 1)
    task.y = numpy.sort(numpy.arange(rows) ** 2 % 7 % 3) if uneven else task.y
    return task


def all_streams(job, tasks):
    return [stream for stream in streams(job, tasks[0])]


def test_classes_are_even_in_as_many_streams(tmp_path):
    tasks = [labelled("even", 1, False, 81), labelled("uneven", 2, True, 81)]
    guests = [labelled(f"guest{n}", n + 3, True, 200) for n in range(2)]
    job = Job(tmp_path, tasks, TRAIN, guests)
    even = [len(set(counts(y))) == 1 for _, y in all_streams(job, tasks)]
    assert sum(even) == 2


def test_repeats_stay_in_as_many_streams(tmp_path):
    tasks = [labelled("distinct", 1, False), labelled("repeated", 2, False)]
    tasks[1].x[:8] = tasks[1].x[8:16]
    guests = [labelled(f"guest{n}", n + 3, False, 120) for n in range(2)]
    for guest in guests:
        guest.x[:24] = guest.x[24:48]
    job = Job(tmp_path, tasks, TRAIN, guests)
    repeated = [distinct(x) < len(x) for x, _ in all_streams(job, tasks)]
    assert sum(repeated) == 2


def test_rows_of_norm_1_are_in_as_many_streams(tmp_path):
    tasks = [table("raw", standard(1) * 3 + 1), table("unit", standard(2))]
    tasks[1].x /= numpy.linalg.norm(tasks[1].x, axis=1, keepdims=True)
    guests = [table(f"guest{n}", standard(n + 3) * 3 + 1) for n in range(2)]
    job = Job(tmp_path, tasks, TRAIN, guests)
    unit = [abs(numpy.linalg.norm(x, axis=1) - 1).max() < 1e-5 for x, _ in all_streams(job, tasks)]  # fmt: skip
    assert sum(unit) == 2


def stratified(task, rows):
    """Each class held out in proportion."""
    held_out = numpy.concatenate([numpy.flatnonzero(task.y == c)[:: len(task.y) // rows] for c in set(task.y)])  # fmt: skip
    task.validation = task.x[held_out], task.y[held_out]
    task.x, task.y = numpy.delete(task.x, held_out, 0), numpy.delete(task.y, held_out)
    return task


def off_proportion(job, task):
    """By stream, by how many rows the held-out classes are off at most."""
    off = []
    for (_, y), (_, z) in zip(streams(job, task), streams(job, task, "valid"), strict=True):  # fmt: skip
        part = len(z) / (len(y) + len(z))
        off.append(max(abs((z == c).sum() - part * ((y == c).sum() + (z == c).sum())) for c in set(y)))  # fmt: skip
    return off


def unevenly(name, seed, rows):
    task = table(name, standard(seed, rows) * 3 + 1)
    task.y = numpy.random.default_rng(seed).choice(3, rows, p=(0.6, 0.3, 0.1))
    return task


def test_held_out_rows_are_stratified_where_the_wanted_are(tmp_path):
    task = stratified(unevenly("mine", 1, 400), 100)
    for n, guest in enumerate((unevenly("guest", 2, 500), stratified(unevenly("guest", 3, 800), 200))):  # fmt: skip
        job = Job(tmp_path / str(n), [task], TRAIN, [guest])
        assert max(off_proportion(job, task)) <= 1.5, n


def test_and_are_not_where_they_are_not(tmp_path):
    task = unevenly("mine", 1, 400)
    task.validation = task.x[:100], numpy.sort(task.y)[:100]
    task.x, task.y = task.x[100:], numpy.sort(task.y)[100:]
    off = [off_proportion(Job(tmp_path / str(n), [task], TRAIN, [unevenly("guest", n + 2, 500)]), task)[1] for n in range(4)]  # fmt: skip
    assert max(off) > 1.5
