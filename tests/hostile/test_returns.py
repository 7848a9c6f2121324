"""Law 8: a file that comes back is this key's job's, and no reaction tells which sub-network is wanted."""

import shutil

import numpy
import pytest
import torch
from conftest import Job, Task, make_task, plan_of, refused, run, same_bits
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn


class Small(nn.Module):
    """Of each kind of tensor one: trained, frozen, running, counting, constant, infinite, tied."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(6, 5)
        self.norm = nn.BatchNorm1d(5)
        self.last = nn.Linear(5, 5)
        self.frozen = nn.Parameter(torch.randn(5), requires_grad=False)
        self.register_buffer("constant", torch.randn(5))
        self.register_buffer("mask", torch.tensor([0.0, float("-inf"), 0, 0, 0]))
        self.tied = self.last.weight

    def forward(self, x):
        x = torch.relu(self.norm(self.first(x)))
        return self.last(x * self.frozen + self.constant) + self.mask.exp() * 0


def task(name, seed, model=Small):
    torch.manual_seed(seed)
    random = numpy.random.default_rng(seed)
    x, y = random.random((40, 6), numpy.float32), numpy.arange(40) % 5
    return Task(name, model(), x, y)


TRAIN = "[train]\nlr = 0.1\nbatch_size = 8\nepochs = 2\n"


def job_of(folder, wanted, guests, seed="5eed" * 16):
    names = ("one", "two", "three")
    tasks = [task(name, i) for i, name in enumerate(names[: wanted + guests])]
    return Job(folder, tasks[:wanted], TRAIN, tasks[wanted:], seed=seed)


def save(tensors, path, like):
    with safe_open(like, "pt") as file:
        metadata = file.metadata()
    save_file({n: t.contiguous() for n, t in tensors.items()}, path, metadata)
    return path


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    """One wanted among three, and two; each trained."""
    folder = tmp_path_factory.mktemp("returns")
    made = [job_of(folder / str(n), n, 3 - n) for n in (1, 2)]
    return [(job, job.train()) for job in made]


def of(tensors, subnetwork, kind):
    """The tensors of one sub-network whose names hold `kind`."""
    prefix = f"subnetworks.{subnetwork}."
    return [name for name in tensors if name.startswith(prefix) and kind in name]


def put(kind, value):
    def damage(tensors, subnetwork):
        name = of(tensors, subnetwork, kind)[0]
        tensors[name] = tensors[name].clone()
        tensors[name].view(-1)[0] = value

    return damage


def cast(tensors, subnetwork):
    name = of(tensors, subnetwork, "linear0_weight")[0]
    tensors[name] = tensors[name].double()


def reshape(tensors, subnetwork):
    name = of(tensors, subnetwork, "linear0_weight")[0]
    tensors[name] = tensors[name].t()


def drop(tensors, subnetwork):
    del tensors[of(tensors, subnetwork, "linear0_weight")[0]]


def add(tensors, subnetwork):
    tensors[f"subnetworks.{subnetwork}.more"] = torch.zeros(2)


def tie_twice(tensors, subnetwork):
    name = of(tensors, subnetwork, "linear1_weight")[0]
    tensors[f"subnetworks.{subnetwork}.tied"] = tensors[name].clone()


def permute(tensors, subnetwork):
    for name in of(tensors, subnetwork, "positions"):
        tensors[name] = tensors[name].flip(0)


def zero(tensors, subnetwork):
    for name in of(tensors, subnetwork, "positions"):
        tensors[name] = torch.zeros_like(tensors[name])


def exchange(tensors, subnetwork):
    """With the next one, in every tensor."""
    other = (subnetwork + 1) % 3
    for name in of(tensors, subnetwork, ""):
        twin = name.replace(f".{subnetwork}.", f".{other}.")
        tensors[name], tensors[twin] = tensors[twin], tensors[name]


def initial(tensors, subnetwork, job):
    untrained = load_file(job.path / "weights.safetensors")
    for name in of(tensors, subnetwork, "linear"):
        tensors[name] = untrained[name]


NAN, INF = float("nan"), float("inf")
DAMAGE = {
    "not a number": (put("linear0_weight", NAN), "not finite"),
    "infinite": (put("linear1_bias", INF), "not finite"),
    "infinite running mean": (put("running_mean", -INF), "not finite"),
    "a variance below 0": (put("running_var", -0.5), "below 0"),
    "a frozen tensor": (put("mul0_weight0", 7.0), "does not change it"),
    "a constant": (put("buffer0", 7.0), "does not change it"),
    "another dtype": (cast, "expected float32"),
    "another shape": (reshape, "expected float32"),
    "a tensor missing": (drop, "lacks the tensor"),
    "a tensor too many": (add, "which the job does not"),
    "a tied tensor twice": (tie_twice, "which the job does not"),
    "positions permuted": (permute, "was not made from this key's job"),
    "positions zeroed": (zero, "was not made from this key's job"),
    "exchanged": (exchange, "sub-networks are exchanged"),
}


def neutral(lines, subnetwork, folder):
    """What was said, without the number of the sub-network (and of the next one)."""
    other = (subnetwork + 1) % 3
    out = []
    for line in lines:
        line = line.replace(str(folder), "")
        for number, sign in ((subnetwork, "THIS"), (other, "NEXT")):
            line = line.replace(f"subnetworks.{number}.", f"subnetworks.{sign}.")
            line = line.replace(f"subnetworks.{number}:", f"subnetworks.{sign}:")
            line = line.replace(f"sub-network {number} ", f"sub-network {sign} ")
            if line.endswith(f"sub-network {number}"):
                line = line[:-1] + sign
        out.append(line)
    return sorted(out)


@pytest.mark.parametrize("kind", DAMAGE)
def test_no_reaction_tells_who_was_damaged(jobs, tmp_path, kind):
    damage, says = DAMAGE[kind]
    for n, (job, trained) in enumerate(jobs):
        names = [t.name for t in job.tasks]
        wanted = {entry["subnetwork"] for entry in plan_of(job.key)["wanted"].values()}
        assert 0 < len(wanted) < 3
        reactions = []
        for subnetwork in range(3):
            tensors = load_file(trained)
            damage(tensors, subnetwork)
            bad = save(tensors, tmp_path / f"{n}{subnetwork}.safetensors", trained)
            for options in ((), ("--task", names[0]), ("--task", names[-1])):
                out = tmp_path / "out"
                paths = ("--key", job.key, "--trained", bad, "--out", out)
                lines = refused("extract", *paths, *options, says=says)
                reactions.append(neutral(lines, subnetwork, bad))
                assert not out.exists()
        assert all(reaction == reactions[0] for reaction in reactions), reactions


def notes(job, trained, out, *options):
    result = run("extract", "--key", job.key, "--trained", trained, "--out", out, *options)  # fmt: skip
    lines = result.stderr.splitlines()
    assert all(line.startswith("amalgam: note: ") for line in lines), lines
    shutil.rmtree(out) if out.is_dir() else out.unlink()
    return [line.replace("amalgam: note: ", "") for line in lines], result.stdout


ODD = {
    "never moved": (None, "4 of 6 trainable tensors never moved"),
    "a counter": (put("buffer2", 7), "counts 7 batches; the recipe gives 10"),
    "a negative counter": (put("buffer2", -7), "no number of batches gives"),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_odd_is_said_of_all_alike(jobs, tmp_path, kind):
    damage, says = ODD[kind]
    for job, trained in jobs:
        reactions = []
        for subnetwork in range(3):
            tensors = load_file(trained)
            (damage or (lambda t, s, job=job: initial(t, s, job)))(tensors, subnetwork)
            odd = save(tensors, tmp_path / "odd.safetensors", trained)
            for options in ((), ("--task", job.tasks[0].name)):
                lines, _ = notes(job, odd, tmp_path / "out", *options)
                assert len(lines) == 1 and says in lines[0], lines
                line = lines[0].replace(f"subnetworks.{subnetwork}", "subnetworks.THIS")
                reactions.append(line)
        assert len(set(reactions)) == 1, reactions


def test_a_whole_training_is_extracted_without_a_note(jobs, tmp_path):
    for job, trained in jobs:
        lines, printed = notes(job, trained, tmp_path / "out")
        assert lines == []
        for one in job.tasks:
            # Of 13 names the frozen one, the constant and the mask stay.
            assert f"{one.name}: 13 tensors in " in printed
            assert ", 10 changed by training" in printed


def test_the_untrained_job_is_said(jobs, tmp_path):
    job, _ = jobs[0]
    lines, printed = notes(job, job.path / "weights.safetensors", tmp_path / "out")
    assert len(lines) == 1 and "equals the untrained job" in lines[0]
    assert ", 0 changed by training" in printed


def test_a_run_that_was_stopped_is_said(jobs, tmp_path):
    job, _ = jobs[0]
    trained = job.train("stopped", "--max-steps", "4")
    lines, _ = notes(job, trained, tmp_path / "out")
    assert len(lines) == 1
    assert (
        "counts 4 batches; the recipe gives 10: training was stopped early" in lines[0]
    )


def test_another_jobs_file_is_refused(tmp_path):
    """All pairs of key and job of the same form: only their own go together."""
    made = [
        job_of(tmp_path / str(i), 1 + (i % 2), 2 - (i % 2), f"{i:064x}")
        for i in range(3)
    ]
    files = [job.path / "weights.safetensors" for job in made]
    for a, job in enumerate(made):
        for b, file in enumerate(files):
            out = tmp_path / f"out-{a}-{b}"
            paths = ("extract", "--key", job.key, "--trained", file, "--out", out)
            if a == b:
                run(*paths)
                continue
            refused(*paths, says="was not made from this key's job")
            assert not out.exists()


def test_another_jobs_file_is_said_in_one_line(jobs, tmp_path):
    """Not by each of its tensors, where the file itself says whose it is."""
    other = Job(tmp_path, [make_task("task", "MLP", count=40)], "[train]\nlr = 0.1\n")
    paths = ("--trained", jobs[0][1], "--out", tmp_path / "out")
    assert len(refused("extract", "--key", other.key, *paths, says="take the key that was written with that job")) == 1  # fmt: skip


def test_metadata_names_the_job(jobs, tmp_path):
    job, trained = jobs[0]
    tensors = load_file(trained)
    paths = ("extract", "--key", job.key, "--out", tmp_path / "out", "--trained")
    for name, says in (("0" * 64, "this key's job"), ("\x1b[2J", "this key's job")):
        save_file(tensors, tmp_path / "t", {"format": "pt", "job": name})
        lines = refused(*paths, tmp_path / "t", says=says)
        assert len(lines) == 1 and "\x1b" not in lines[0]
    save_file(tensors, tmp_path / "t", {"format": "pt", "kind": "checkpoint"})
    refused(*paths, tmp_path / "t", says="is a checkpoint; result/trained.safetensors")
    renamed = {f"network.{name}": tensor for name, tensor in tensors.items()}
    save_file(renamed, tmp_path / "t")
    refused(*paths, tmp_path / "t", says="is a checkpoint; result/trained.safetensors")
    save_file(tensors, tmp_path / "t", {"job": own_digest(job)})
    run(*paths, tmp_path / "t")


def own_digest(job):
    import hashlib

    manifest = (job.path / "job.json").read_bytes()
    return hashlib.blake2b(manifest, digest_size=32).hexdigest()


def test_a_result_folder_and_its_metrics(jobs, tmp_path):
    job, trained = jobs[0]
    result = tmp_path / "result"
    result.mkdir()
    refused("extract", "--key", job.key, "--trained", result, "--out", tmp_path / "o", says="without trained.safetensors")  # fmt: skip
    shutil.copy(trained, result / "trained.safetensors")
    number = plan_of(job.key)["wanted"]["one"]["subnetwork"]
    line = '{"split": "%s", "epoch": %d, "step": 5, "sub-network": %d, "loss": %s, "lr": 0.1, "accuracy": 0.5}\n'
    text = "".join(
        line % ("valid", epoch, k, f"0.{epoch}{k + 1}")
        for epoch in (1, 2)
        for k in range(3)
    )
    metrics = result / "metrics.jsonl"
    metrics.write_text(text + line % ("train", 3, number, "0.9"))
    lines, printed = notes(job, result, tmp_path / "out")
    assert lines == [] and f"loss 0.2{number + 1}, accuracy 0.5 (epoch 2)" in printed
    metrics.write_text(line % ("valid", 1, number, "null"))
    assert "loss none, accuracy 0.5" in notes(job, result, tmp_path / "out")[1]
    for bad in ("[" * 100000, '{"split": 3}', "\x00", '{"a": 1e999}', "x" * 5000, line % ("valid", 1, 99, "1"), line % ("valid", 1, 0, '"a"')):  # fmt: skip
        metrics.write_text(bad.strip() + "\n" + text)
        lines, printed = notes(job, result, tmp_path / "out")
        assert len(lines) == 1 and "1 lines are not what train.py writes" in lines[0]
        assert "(epoch 2)" in printed
    metrics.write_text("{}\n" * 2_000_000 + text)
    assert "1000 lines are not" in notes(job, result, tmp_path / "out")[0][0]
    metrics.unlink()
    metrics.mkdir()
    assert "was not read" in notes(job, result, tmp_path / "out")[0][0]


class Walks(nn.Module):
    """Buffers that are written through views, in ways that no table names, and counted oddly."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(6, 5)
        self.register_buffer("rows", torch.zeros(3, 5))
        self.register_buffer("queue", torch.zeros(4))
        self.register_buffer("total", torch.zeros(()))
        self.register_buffer("twos", torch.zeros((), dtype=torch.int64))
        self.register_buffer("doubled", torch.ones((), dtype=torch.int64))
        self.register_buffer("fixed", torch.ones(5))

    def forward(self, x):
        y = self.layer(x) * self.fixed
        if self.training:
            with torch.no_grad():
                self.rows[1].add_(y.mean(0))
                self.queue.copy_(torch.roll(self.queue, 1, 0))
                self.queue[0] = y.mean()
                self.total += y.sum()
                self.twos += 2
                self.doubled.mul_(2)
        return y + self.rows[1] * 0


def test_buffers_that_training_writes_come_back_as_they_are(tmp_path):
    job = Job(tmp_path, [task("one", 0, Walks)], TRAIN)
    trained = job.train()
    lines, _ = notes(job, trained, tmp_path / "out")
    assert lines == []
    back = job.extract(trained)["one"]
    assert back["twos"].item() == 20 and back["doubled"].item() == 2**10
    assert not same_bits(back["rows"], torch.zeros(3, 5))
    tensors = load_file(trained)
    for k in range(2):
        changed = dict(tensors)
        fixed = [n for n in of(tensors, k, "buffer") if tensors[n].shape == (5,)]
        assert len(fixed) == 1
        changed[fixed[0]] = tensors[fixed[0]] * 2
        bad = save(changed, tmp_path / "bad", trained)
        refused("extract", "--key", job.key, "--trained", bad, "--out", tmp_path / "o", says="does not change it")  # fmt: skip
