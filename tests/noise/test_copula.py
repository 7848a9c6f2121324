"""Decoys of tables: a gaussian copula, fitted on rows that are in no task."""

import amalgam
import numpy
import pytest
import torch
from command_lines import obfuscate_call
from conftest import (  # fmt: skip
    SEED,
    Job,
    Task,
    assert_same_state,
    digests,
    refused,
    run,
    shards,
)

TRAIN = '[train]\nbatch_size = 16\nlr = 0.05\nloss = "{}"\n'
PLAIN = {"batch_size": 16, "arguments": {"lr": 0.05}}


def table(rows, seed):
    """Two classes, opposite in how an amount goes with an age."""
    random = numpy.random.default_rng(seed)
    y = numpy.arange(rows) % 2
    z = random.normal(size=(rows, 3))
    z[:, 1] = 0.9 * numpy.where(y, 1, -1) * z[:, 0] + 0.44 * z[:, 1]
    age, amount = (40 + 10 * z[:, 0]).round(), numpy.exp(z[:, 1]).round(2)
    flag, other = z[:, 2] > 1, numpy.full(rows, 3)
    return numpy.column_stack([age, amount, flag, other]).astype(numpy.float32), y


def dense(outputs):
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, outputs))  # fmt: skip


def apart(folder, x, y, name="apart.npz"):
    numpy.savez(folder / name, x=x, y=y)
    return f"copula:{folder / name}"


def decoy_of(job, task, targets):
    own = job.stream(task)
    (decoy,) = [s for s in job.plan()["streams"] if s != own]
    tensors = shards(job.path)
    return tensors["x.float32"][:, decoy["positions"][0]].numpy(), tensors[targets][:, decoy["targets"][0]].numpy()  # fmt: skip


def test_the_same_from_python(tmp_path):
    task = Task("task", dense(2), *table(100, 0), PLAIN)
    noise = apart(tmp_path, *table(200, 1))
    Job(tmp_path, [task], TRAIN.format("cross_entropy"), options=("--noise", noise))  # fmt: skip
    recipe = amalgam.Recipe(batch_size=16, lr=0.05)
    job = amalgam.obfuscate(dense(2), torch.zeros(4, 4), (task.x, task.y), recipe=recipe, noise=noise, job=tmp_path / "again", key=tmp_path / "again.key", seed=SEED, progress=False)  # fmt: skip
    assert digests(job.path) == digests(tmp_path / "job")
    assert "generated decoy (copula)" in job.summary()
    with pytest.raises(amalgam.Error, match="copula:DATA"):
        amalgam.obfuscate(dense(2), torch.zeros(4, 4), (task.x, task.y), noise="copula", job=tmp_path / "none", key=tmp_path / "none.key", progress=False)  # fmt: skip
    assert not (tmp_path / "none").exists()


def test_a_table(tmp_path):
    task = Task("task", dense(2), *table(300, 0), PLAIN)
    noise = apart(tmp_path, *table(400, 1))
    job = Job(tmp_path, [task], TRAIN.format("cross_entropy"), options=("--noise", noise))  # fmt: skip
    made, labels = decoy_of(job, task, "y.int64")
    assert sorted(labels.ravel()) == sorted(task.y)
    for label, sign in ((0, -1), (1, 1)):
        rows = made[labels.ravel() == label]
        ranks = rows.argsort(0).argsort(0)
        assert sign * numpy.corrcoef(ranks[:, 0], ranks[:, 1])[0, 1] > 0.7
    assert numpy.array_equal(made[:, 0], made[:, 0].round())
    assert numpy.array_equal(made[:, 1], (made[:, 1].astype(float) * 100).round().astype(numpy.float32) / numpy.float32(100))  # fmt: skip
    assert set(made[:, 2]) == {0, 1} and set(made[:, 3]) == {3}
    # Rows that were given come again no oftener than in any table of this kind.
    known = {row.tobytes() for row in numpy.concatenate([task.x, table(400, 1)[0]])}
    shared = [numpy.mean([row.tobytes() in known for row in rows]) for rows in (made, table(2000, 2)[0])]  # fmt: skip
    assert shared[0] < shared[1] + 0.05
    assert_same_state(job.extract(job.train())["task"], job.plain(task))
    assert "generated decoy (copula)" in job.output and "apart" not in job.output
    run("inspect", job.path)


def test_beside_a_real_target(tmp_path):
    def rows(count, seed):
        x, _ = table(count, seed)
        return x, (x[:, :1] / 10 + 0.1 * numpy.log(x[:, 1:2] + 1)).astype(numpy.float32)  # fmt: skip

    task = Task("task", dense(1), *rows(300, 0))
    noise = apart(tmp_path, *rows(400, 1))
    job = Job(tmp_path, [task], TRAIN.format("mse"), options=("--noise", noise))
    made, targets = decoy_of(job, task, "y.float32")
    assert numpy.corrcoef(made[:, 0], targets.ravel())[0, 1] > 0.9


def test_any_number_of_threads_gives_the_same(tmp_path):
    task = Task("task", dense(2), *table(3000, 0), PLAIN)
    noise = apart(tmp_path, *table(400, 1))
    jobs = [
        Job(
            tmp_path / n,
            [task],
            TRAIN.format("cross_entropy"),
            options=("--noise", noise, "--threads", n),
        )
        for n in ("1", "3")
    ]
    a, b = (shards(job.path) for job in jobs)
    assert all(torch.equal(a[name], b[name]) for name in a)


X, Y = table(300, 0)
OTHER, LABELS = table(400, 1)
REFUSED = {
    "no rows": (None, 2, "copula:DATA"),
    "no path": ("", 2, "ends with the colon"),
    "no file": ("none.npz", 1, "there is no such file"),
    "the task's rows": ((X[:50], Y[:50]), 1, "50 of its 50 rows are also in"),
    "the held-out rows": ((OTHER[300:], LABELS[300:]), 1, "rows are also in"),
    "columns": ((OTHER[:, :3], LABELS), 1, "'x' is float32 [3], but float32 [4]"),
    "dtype": ((OTHER.astype(numpy.int32), LABELS), 1, "'x' is int32 [4]"),
    "a class that lacks": ((OTHER, 0 * LABELS), 1, "0 of class 1"),
    "few rows": ((OTHER[:14], LABELS[:14]), 1, "7 of class 0, 7 of class 1"),
    "unknown class": ((OTHER, LABELS + 1), 1, ""),
    "not finite": ((OTHER * numpy.float32("nan"), LABELS), 1, "nan"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused(tmp_path, name):
    data, status, says = REFUSED[name]
    task = Task("task", dense(2), X, Y, validation=(OTHER[300:], LABELS[300:]))
    task.write(tmp_path)
    (tmp_path / "r.toml").write_text(TRAIN.format("cross_entropy"))
    noise = "copula"
    if isinstance(data, str):
        noise = f"copula:{tmp_path / data}" if data else "copula:"
    elif data:
        noise = apart(tmp_path, *data)
    call = obfuscate_call(tmp_path, "--validation", tmp_path / "task-valid.npz", "--noise", noise, model="task.pt2", data="task.npz")  # fmt: skip
    refused(*call, status=status, says=says)


def test_rows_of_a_guest_are_in_the_job_as_well(tmp_path):
    task, guest = Task("task", dense(2), X, Y), Task("guest", dense(2), OTHER, LABELS)
    for one in (task, guest):
        one.write(tmp_path)
    (tmp_path / "r.toml").write_text(TRAIN.format("cross_entropy"))
    options = ("--decoy", f"@{tmp_path / 'guest.npz'}", "--decoys", 1)
    call = obfuscate_call(tmp_path, *options, "--noise", f"copula:{tmp_path / 'guest.npz'}", model="task.pt2", data="task.npz")  # fmt: skip
    refused(*call, status=1, says="rows are also in")


def test_an_unknown_generator_is_refused_where_none_is_needed(tmp_path):
    Task("task", dense(2), X, Y).write(tmp_path)
    Task("guest", dense(2), OTHER, LABELS).write(tmp_path)
    (tmp_path / "r.toml").write_text(TRAIN.format("cross_entropy"))
    call = obfuscate_call(tmp_path, "--decoy", f"@{tmp_path / 'guest.npz'}", "--noise", "copulas:x", model="task.pt2", data="task.npz")  # fmt: skip
    refused(*call, status=2, says="'copulas' does not exist")
