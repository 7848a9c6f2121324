"""Law 10: one source. What a job holds and could be made alike for all its tasks is made alike; an analyst's code, not ours,
looks at it."""

import numpy
import pytest
import torch
from conftest import Job, Task, load_network, make_task, shards, vectors
from safetensors.torch import load_file
from scipy.stats import ks_2samp
from torch import nn
from twister import relations_held, twister_relations


def held(values, relations):
    """The part of the relations that hold among uniform values as numbers of 24 bits."""
    bound = 1 / numpy.sqrt(values.shape[1])
    numbers = numpy.rint((values.ravel().astype(float) / bound + 1) / 2 * 2**24).astype(int)  # fmt: skip
    return relations_held(numbers, relations)


def built(constructor, seed=1):
    torch.manual_seed(seed)
    return constructor()


class Dense(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(48, 60), nn.Linear(60, 10)

    def forward(self, x):
        return self.two(self.one(x))


def job_of_three(folder, *options):
    """A wanted task, a variant on made-up data, and a guest."""
    mine, guest = (Task(n, built(Dense, s), *vectors((48,), 40, 10, s)) for s, n in enumerate(("mine", "guest")))  # fmt: skip
    return Job(folder, [mine], "", [guest], options=("--decoys", 1, *options)), mine


def test_relations_of_the_generator_hold_in_none(tmp_path):
    relations = twister_relations()
    assert len(relations) == 15
    job, mine = job_of_three(tmp_path)
    own = mine.initial["one.weight"].numpy()
    assert (
        held(own, relations) > 0.98
    )  # the largest values have a digit less than the grid
    for sub in load_network(job.path).subnetworks:
        assert abs(held(sub.linear0_weight.detach().numpy(), relations) - 0.5) < 0.05


def test_kept_starts_are_the_owners_and_the_variants(tmp_path):
    job, mine = job_of_three(tmp_path, "--start", "keep")
    assert "--start keep" in job.output
    weights = [sub.linear0_weight for sub in load_network(job.path).subnetworks]
    own = mine.initial["one.weight"]
    assert sorted(torch.equal(w, own) for w in weights) == [False, True, True]


def test_starts_have_the_form_of_their_owners(tmp_path):
    job, mine = job_of_three(tmp_path)
    for sub in load_network(job.path).subnetworks:
        for name, own in mine.initial.items():
            layer = "linear0" if name.startswith("one") else "linear1"
            found = getattr(sub, f"{layer}_{name.rpartition('.')[2]}").detach()
            bound = 1 / (48 if layer == "linear0" else 60) ** 0.5
            assert found.abs().max() <= bound and not torch.equal(found, own)
            assert ks_2samp(found.flatten(), own.flatten()).pvalue > 1e-5
    state = job.start(mine)
    assert {n: t.shape for n, t in state.items()} == {n: t.shape for n, t in mine.initial.items()}  # fmt: skip


def test_a_start_depends_on_its_place_alone(tmp_path):
    """Which tasks are wanted changes no value."""
    tasks = [Task(n, built(Dense, s), *vectors((48,), 40, 10, s)) for s, n in enumerate("ab")]  # fmt: skip
    one = Job(tmp_path / "one", tasks[:1], "", tasks[1:])
    both = Job(tmp_path / "both", tasks, "")
    weights = [load_file(job.path / "weights.safetensors") for job in (one, both)]
    assert weights[0].keys() == weights[1].keys()
    assert all(torch.equal(weights[0][n], weights[1][n]) for n in weights[0])


def on_angles(values):
    """Of normal values, how far the pairs of 16 drawn together are from angles of 24 bits, on the average."""
    pairs = values.ravel()[: values.size // 16 * 16].astype(float).reshape(-1, 2, 8)
    turns = numpy.arctan2(pairs[:, 1], pairs[:, 0]) / (2 * numpy.pi) % 1
    steps = turns[turns < 0.25] * 2**24  # where float32 is finer than the grid
    return numpy.abs(steps - numpy.rint(steps)).mean()


class Normal(Dense):
    def __init__(self):
        super().__init__()
        for parameter in self.parameters():
            nn.init.normal_(parameter, 0, 0.05)


def test_normal_values_are_on_the_grid_of_none(tmp_path):
    mine, guest = (Task(n, built(Normal, s), *vectors((48,), 40, 10, s)) for s, n in enumerate(("mine", "guest")))  # fmt: skip
    job = Job(tmp_path, [mine], "", [guest], options=("--decoys", 1))
    assert on_angles(mine.initial["one.weight"].numpy()) < 0.1
    for sub in load_network(job.path).subnetworks:
        assert abs(on_angles(sub.linear0_weight.detach().numpy()) - 0.25) < 0.05


@pytest.mark.parametrize("rows", [40, 60, 25])
def test_labels_of_a_decoy_are_as_balanced_as_its_tasks(tmp_path, rows):
    """Each class as often as in the wanted stream, up to the rows that one of them leaves out or repeats."""
    task = make_task("mine", "MLP", 40)
    job = Job(tmp_path, [task], "", options=("--decoys", 2, "--rows", rows))
    labels = shards(job.path)["y.int64"].numpy()
    counts = [numpy.bincount(column, minlength=10) for column in labels.T]
    own = counts[job.stream(task)["targets"][0]]
    for other in counts:
        assert numpy.abs(own - other).max() <= (0 if rows == 40 else 4)
    assert any((a != b).any() for a, b in zip(labels.T, labels.T[1:], strict=False))
