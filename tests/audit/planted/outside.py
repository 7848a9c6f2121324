"""What tells beside what else the cloud has: earlier jobs, public data, other files of the job."""

import numpy

from . import beside, network, planted, table, task


@planted("rows of the wanted task in an earlier job", "earlier job")
def earlier_rows(folder):
    first = beside(folder / "first", table(1), table(3))
    job = beside(folder, table(1), table(2))
    return job, ("--earlier", first.path)


@planted(
    "weights of the wanted task in an earlier job", "earlier job", "earlier weights"
)
def earlier_weights(folder):
    model = network((20,), seed=5)
    for parameter in model.parameters():  # as trained ones, which are kept
        parameter.data.add_(0.01 * parameter.data**2)
    first = beside(folder / "first", task("mine", table(4), model), table(3))
    job = beside(folder, task("mine", table(1), model), table(2))
    return job, ("--earlier", first.path)


@planted("rows that anybody has", "public data")
def public_rows(folder):
    x, y = table(2)
    numpy.savez(folder / "public.npz", x=x, y=y)
    return beside(folder, table(1), (x, y)), ("--public", folder / "public.npz")


@planted("a file with the wanted task's name", "secrets")
def name_in_a_file(folder):
    job = beside(folder, task("confidential", table(1)), table(2))
    (job.path / "confidential.txt").write_text("")
    return job


@planted("a name inside a file", "secrets")
def name_in_a_text(folder):
    job = beside(folder, task("confidential", table(1)), table(2))
    with open(job.path / "README.md", "a") as file:
        file.write("confidential\n")
    return job
