"""Another job of the same tasks has the same decoys, plan and order, and says what the two tell together; what would name
the wanted task is refused."""

import models
import numpy
import pytest
import torch
from command_lines import extract_call, obfuscate_call
from conftest import Job, Task, images, plan_of, refused, run, shards, train_job
from safetensors.torch import load_file
from warm_python import warm_python

RECIPE = "[train]\nbatch_size = 16\nlr = {lr}\nepochs = {epochs}\n"


@pytest.fixture
def first(tmp_path):
    torch.manual_seed(0)
    x, y = images((1, 28, 28), 60, 10, 1)
    Task("mine", models.LeNet5(), x, y).write(tmp_path)
    for name, seed in (("other", 2), ("new", 3)):
        x, y = images((1, 28, 28), 60, 10, seed)
        numpy.savez(tmp_path / f"{name}.npz", x=x, y=y)
    (tmp_path / "r.toml").write_text(RECIPE.format(lr=0.1, epochs=1))
    (tmp_path / "r2.toml").write_text(RECIPE.format(lr=0.01, epochs=3))
    run(*command(tmp_path, "1"))
    return tmp_path


def command(folder, number, data="mine.npz", recipe="r.toml", decoys=2, options=()):
    guest = ("--decoy", f"@{folder}/other.npz", "--decoys", decoys)
    return obfuscate_call(folder, *guest, *options, model="mine.pt2", data=data, recipe=recipe, job=f"job{number}", key=f"key{number}")  # fmt: skip


def like(folder, number="1"):
    return ("--like", folder / f"key{number}")


def samples(folder, number):
    return shards(folder / f"job{number}")


def test_another_recipe_changes_nothing_else(first):
    run(*command(first, "2", recipe="r2.toml", options=like(first)))
    assert plan_of(first / "key1") == plan_of(first / "key2")
    for name in ("weights.safetensors", "model.py"):
        one, two = (first / job / name for job in ("job1", "job2"))
        assert one.read_bytes() == two.read_bytes()
    for name, tensor in samples(first, 1).items():
        assert torch.equal(tensor, samples(first, 2)[name])
    assert '"lr": 0.01' in (first / "job2" / "job.json").read_text()


def test_new_data_takes_the_old_place_and_can_be_verified(first):
    run(*command(first, "2", data="new.npz", options=like(first)))
    plan = plan_of(first / "key2")
    assert plan == plan_of(first / "key1")
    one, two = samples(first, 1)["x.uint8"], samples(first, 2)["x.uint8"]
    own = plan["wanted"]["task"]["subnetwork"]
    stream = plan["streams"][own]
    new = numpy.load(first / "new.npz")["x"].reshape(60, -1)
    assert (
        two[:, stream["positions"][0]].numpy().tobytes()
        == new[stream["rows"]].tobytes()
    )
    # The guest's stream is the old one; the generated ones imitate the task's data.
    same = [
        torch.equal(one[:, s["positions"][0]], two[:, s["positions"][0]])
        for s in plan["streams"]
    ]
    assert sum(same) == 1 and not same[own]
    files = obfuscate_call(first, model="mine.pt2", data="new.npz", job="job2", key="key2")[1:]  # fmt: skip
    told = run("verify", *files, "--steps", 3, "--python", warm_python()).stdout
    assert "10 of 10 tensors bit-identical" in told
    # A third job may be made like the second.
    run(*command(first, "3", options=like(first, "2")))
    assert plan_of(first / "key3") == plan


def test_what_differs_is_refused(first):
    x, y = images((1, 28, 28), 50, 10, 4)
    refused(
        *command(first, "2", decoys=1, options=like(first)),
        says="4 tasks, this one has 3",
    )
    noise = (*like(first), "--noise", "uniform")
    refused(*command(first, "2", options=noise), says="is not in the old job")
    numpy.savez(first / "other.npz", x=x, y=y)
    refused(
        *command(first, "2", options=like(first)),
        says="other.npz' is not in the old job",
    )
    seed = (*like(first), "--seed", "1" * 64)
    refused(*command(first, "2", options=seed), status=2, says="--like")
    refused(*command(first, "2", options=("--like", first / "r.toml")), says="r.toml")


def test_new_data_may_have_other_rows_and_what_it_tells_is_said(first):
    x, y = images((1, 28, 28), 50, 10, 4)
    numpy.savez(first / "fewer.npz", x=x, y=y)
    told = run(*command(first, "2", data="fewer.npz", options=like(first))).stdout
    assert {len(t) for t in samples(first, 2).values()} == {50}
    assert "The data of 'task' is another than in the old job, and that of" in told
    assert "Each stream has 50 rows, and had 60" in told
    told = run(*command(first, "3", options=(*like(first), "--rows", 90))).stdout
    assert {len(t) for t in samples(first, 3).values()} == {90}
    assert "Every sub-network begins as in the old job" in told
    assert "is another than in the old job" not in told


def test_a_recipe_of_one_task_alone_is_named(first):
    tasks = '[[task]]\nname = "task"\nmodel = "mine.pt2"\ndata = "mine.npz"\n'
    guest = '[[decoy]]\nmodel = "mine.pt2"\ndata = "other.npz"\n'
    call = lambda n, *more: obfuscate_call(first, *more, model=None, data=None, recipe=f"{n}.toml", job=f"job{n}", key=f"key{n}")  # fmt: skip # noqa: E731
    text = RECIPE.format(lr=0.1, epochs=1)
    (first / "a.toml").write_text(text + tasks + guest)
    (first / "b.toml").write_text(text + tasks + "[task.train]\nlr = 0.2\n" + guest)
    (first / "c.toml").write_text(text.replace("0.1", "0.3") + tasks + guest)
    run(*call("a"))
    told = run(*call("b", *like(first, "a"))).stdout
    assert "The recipe or validation data of 'task' is another than in the old job" in told  # fmt: skip
    assert "is another than in the old job" not in run(*call("c", *like(first, "a"))).stdout  # fmt: skip


def trained_model(first, name, trained=None):
    """The task's model, with the values that came back, exported again."""
    torch.manual_seed(0)
    model = models.LeNet5()
    if trained:
        run(*extract_call(first / "key1", trained, first / f"{name}.safetensors"))
        model.load_state_dict(load_file(first / f"{name}.safetensors"))
    x, y = images((1, 28, 28), 60, 10, 1)
    Task(name, model, x, y).write(first)


def test_all_sub_networks_continue_or_none(first):
    trained = train_job(first / "job1", first / "result")
    trained_model(first, "after", trained)
    call = obfuscate_call(first, "--decoy", f"@{first}/other.npz", "--decoys", 2, model="after.pt2", data="mine.npz", job="job2", key="key2")  # fmt: skip
    refused(*call, *like(first), says="is not in the old job")
    refused(*call, "--trained", trained, status=2, says="the key of that job")
    told = run(*command(first, "2", options=(*like(first), "--trained", trained))).stdout  # fmt: skip
    assert "Every sub-network, wanted or not, continues from what the old job trained" in told  # fmt: skip
    assert "drawn anew" not in told
    back, start = load_file(trained), load_file(first / "job2" / "weights.safetensors")
    assert back.keys() == start.keys()
    assert all(torch.equal(back[name], start[name]) for name in back)
    # The proof holds for the continued job, for the model as it was and as it came back.
    for model in ("mine", "after"):
        files = obfuscate_call(first, model=f"{model}.pt2", data="mine.npz", job="job2", key="key2")[1:]  # fmt: skip
        told = run("verify", *files, "--steps", 2, "--python", warm_python()).stdout
        assert "10 of 10 tensors bit-identical" in told
    refused(*command(first, "3", options=(*like(first, "2"), "--trained", first / "mine.npz")))  # fmt: skip


def test_a_model_that_continues_beside_its_variant_is_refused(first):
    """All begin with other values, but the cloud trained these in one sub-network only."""
    again = lambda n, model, *more: obfuscate_call(first, *more, model=f"{model}.pt2", data="mine.npz", job=f"job{n}", key=f"key{n}")  # fmt: skip # noqa: E731
    trained_model(first, "after", train_job(first / "job1", first / "result"))
    run(*again("6", "mine"))
    refused(*again("7", "after", *like(first, "6")), says="2 of 2 sub-networks would begin with other values")  # fmt: skip
    refused(*again("7", "after", *like(first, "6")), says="Continue all of them with --trained")  # fmt: skip


def test_a_file_of_another_job_is_not_continued_from(first):
    trained = train_job(first / "job1", first / "result")
    run(*command(first, "4"))
    refused(*command(first, "5", options=(*like(first, "4"), "--trained", trained)), says="job")  # fmt: skip


def test_tasks_of_ones_own_may_all_continue(tmp_path):
    """Without variants each task can be given as it came back."""
    tasks = []
    for seed, name in enumerate(("one", "two")):
        torch.manual_seed(seed)
        tasks.append(Task(name, models.LeNet5(), *images((1, 28, 28), 40, 10, seed)))
    job = Job(tmp_path, tasks, RECIPE.format(lr=0.1, epochs=1))
    states = job.extract(job.train())
    for count in (1, 2):
        folder = tmp_path / str(count)
        folder.mkdir()
        for task in tasks:
            task.model.load_state_dict(task.initial)
        for task in tasks[:count]:
            task.model.load_state_dict(states[task.name])
        for task in tasks:
            task.initial = {n: t.clone() for n, t in task.model.state_dict().items()}
            task.write(folder)
        (folder / "recipe.toml").write_text(job.recipe.read_text())
        call = obfuscate_call(folder, "--like", job.key, model=None, data=None, recipe="recipe.toml")  # fmt: skip
        if count == 1:
            refused(*call, says="those of 'one' among them")
        else:
            assert "begins with other values than in the old job" in run(*call).stdout
