"""Law 6: which task is wanted changes the key and nothing else, and no code below the key asks."""

import re

from command_lines import obfuscate_call
from conftest import MNIST_INPUT, ROOT, SEED, Job, digests, make_task, plan_of, run


def test_marking_another_task_changes_only_the_key(tmp_path):
    tasks = [
        make_task(name, name, count=100, seed=i)
        for i, name in enumerate(("MLP", "LeNet5", "ResNet18"))
    ]
    scaled, rows = MNIST_INPUT.split("mean")[0], ("--rows", 100)
    jobs = []
    for i, wanted in enumerate(tasks):
        guests = [task for task in tasks if task is not wanted]
        jobs.append(Job(tmp_path / str(i), [wanted], scaled, guests, rows))
    two = Job(tmp_path / "two", tasks[1:], scaled, tasks[:1], rows)
    first = digests(jobs[0].path)
    for job in (*jobs[1:], two):
        assert digests(job.path) == first
    numbers = {job.subnetwork(task) for job, task in zip(jobs, tasks, strict=True)}
    assert numbers == {0, 1, 2}
    assert len(plan_of(two.key)["wanted"]) == 2


def test_equal_content_is_ordered_by_the_rest(tmp_path):
    """Model and data of two tasks are equal; their learning rates, or their validation data, are not."""
    make_task("one", "MLP", count=40).write(tmp_path)
    make_task("other", "MLP", count=40, seed=2).write(tmp_path)
    files = 'model = "one.pt2"\ndata = "one.npz"\n'

    def job(name, first, second, validation):
        rest = {
            "slow": f"{validation}[{{}}.train]\nlr = 0.01\n",
            "fast": f"{validation}[{{}}.train]\nlr = 0.1\n",
            "all": "[{}.train]\nweight_decay = 0.1\n",
            "sparing": "[{}.train]\nweight_decay = 0.1\nno_decay = ['bias']\n",
            "held": 'validation = "other.npz"\n',
            "none": 'validation = "one.npz"\n',
        }
        text = f'[[task]]\nname = "mine"\n{files}' + rest[first].format("task")
        text += f"[[decoy]]\n{files}" + rest[second].format("decoy")
        (tmp_path / f"{name}.toml").write_text(text)
        run(*obfuscate_call(tmp_path, "--seed", SEED, model=None, data=None, recipe=f"{name}.toml", job=name, key=f"{name}.key"))  # fmt: skip
        return digests(tmp_path / name)

    assert job("a", "slow", "fast", "") == job("b", "fast", "slow", "")
    assert job("e", "all", "sparing", "") == job("f", "sparing", "all", "")
    assert job("c", "held", "none", "") == job("d", "none", "held", "")
    places = {plan_of(tmp_path / f"{n}.key")["wanted"]["mine"]["subnetwork"] for n in "ab"}  # fmt: skip
    assert places == {0, 1}


def test_every_place_is_equally_likely(tmp_path):
    """Over 60 seeds the wanted task of three is in each place about 20 times (chi-square, p > .001)."""
    task, guest = (
        make_task("mine", "MLP", count=20),
        make_task("guest", "MLP", count=20, seed=2),
    )
    job = Job(tmp_path, [task], "", [guest])
    counts = [0, 0, 0]
    for i in range(60):
        call = job.again(tmp_path, f"j{i}", f"k{i}")
        run(*call, "--decoys", 1, "--seed", f"{i:064x}")
        counts[plan_of(tmp_path / f"k{i}")["wanted"]["mine"]["subnetwork"]] += 1
    assert sum((count - 20) ** 2 / 20 for count in counts) < 13.8, counts


def test_plan_weave_and_job_never_ask():
    asks = re.compile(r"\b(is_)?(original|wanted)\b", re.IGNORECASE)
    for layer in ("noise", "plan", "weave", "task", "job"):
        for path in (ROOT / "src" / layer).rglob("*"):
            if path.suffix not in (".h", ".cpp", ".py"):
                continue
            found = [
                line
                for line in path.read_text().splitlines()
                if asks.search(line.split("//")[0])
            ]
            assert not found, (path, found)
