"""Law 8: whichever sub-network the cloud damages, and whichever is wanted, extract and curves say and do the same."""

import json
import re

import models
import pytest
import torch
from command_lines import extract_call
from conftest import Job, Task, digests, images, refused, run
from example_models import example_models
from returned import (
    added,
    damaged_in,
    dropped,
    exchanged,
    notes,
    positions,
    put,
    replaced,
    small_job,
    small_jobs,
    taken_from,
)

NAN, INF = float("nan"), float("inf")


@pytest.fixture(scope="module")
def alike(tmp_path_factory):
    """Jobs of three tasks of one form, of which one is wanted, or two; each trained."""
    return small_jobs(tmp_path_factory.mktemp("alike"))


def neutral(lines, subnetwork, file):
    """What was said, without the number of the sub-network (and of the next one)."""
    other = (subnetwork + 1) % 3
    out = []
    for line in lines:
        line = line.replace(str(file), "")
        for number, sign in ((subnetwork, "THIS"), (other, "NEXT")):
            line = re.sub(rf"\bsubnetworks\.{number}\b", f"subnetworks.{sign}", line)
            line = re.sub(rf"\bsub-network {number}\b", f"sub-network {sign}", line)
        out.append(line)
    return sorted(out)


WAYS = {
    "not a number": (put("linear0_weight", NAN), "not finite"),
    "infinite": (put("linear1_bias", INF), "not finite"),
    "infinite running mean": (put("running_mean", -INF), "not finite"),
    "a variance below 0": (put("running_var", -0.5), "below 0"),
    "a frozen tensor": (put("mul0_weight0", 7.0), "does not change it"),
    "a constant": (put("buffer0", 7.0), "does not change it"),
    "another dtype": (replaced("linear0_weight", torch.Tensor.double), "expected float32"),
    "another shape": (replaced("linear0_weight", torch.t), "expected float32"),
    "a tensor missing": (dropped("linear0_weight"), "lacks the tensor"),
    "a tensor too many": (added("more"), "which the job does not"),
    "a tied tensor twice": (added("tied"), "which the job does not"),
    "positions permuted": (positions(lambda p: p.flip(0)), "was not made from this key's job"),
    "positions zeroed": (positions(torch.zeros_like), "was not made from this key's job"),
    "exchanged": (exchanged(3), "sub-networks are exchanged"),
    "positions exchanged": (exchanged(3, "positions"), "sub-networks are exchanged"),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_whichever_is_damaged(alike, tmp_path, way):
    damage, says = WAYS[way]
    for job, trained in alike:
        wanted = {entry["subnetwork"] for entry in job.plan()["wanted"].values()}
        assert 0 < len(wanted) < 3
        reactions = []
        for subnetwork in range(3):
            bad = damaged_in(trained, damage, subnetwork, tmp_path / "bad")
            names = job.tasks[0].name, job.tasks[-1].name
            for options in ((), *(("--task", name) for name in names)):
                call = extract_call(job.key, bad, tmp_path / "out", *options)
                lines = refused(*call, status=1, says=says)
                reactions.append(neutral(lines, subnetwork, bad))
        assert all(reaction == reactions[0] for reaction in reactions), reactions


ODD = {
    "never moved": (None, "4 of 6 trainable tensors never moved"),
    "a counter": (put("buffer2", 7), "counts 7 batches; the recipe gives 10"),
    "a negative counter": (put("buffer2", -7), "no number of batches gives"),
}


@pytest.mark.parametrize("way", ODD)
def test_what_is_odd_is_said_of_all_alike(alike, tmp_path, way):
    damage, says = ODD[way]
    for job, trained in alike:
        untrained = taken_from(job.path / "weights.safetensors", "linear")
        reactions = []
        for subnetwork in range(3):
            odd = damaged_in(trained, damage or untrained, subnetwork, tmp_path / "odd")  # fmt: skip
            for options in ((), ("--task", job.tasks[0].name)):
                lines, _ = notes(job, odd, tmp_path / "out", *options)
                assert len(lines) == 1 and says in lines[0], lines
                reactions.append(neutral(lines, subnetwork, odd))
        assert all(reaction == reactions[0] for reaction in reactions), reactions


def test_the_tensors_of_another_job(alike, tmp_path):
    """Of the same tasks and form, by another seed: also where only one sub-network's came from there."""
    other = small_job(tmp_path / "other", 1, 2, f"{1:064x}").path / "weights.safetensors"  # fmt: skip
    for job, trained in alike:
        reactions = []
        for subnetwork in range(3):
            bad = damaged_in(trained, taken_from(other), subnetwork, tmp_path / "bad")
            lines = refused(*extract_call(job.key, bad, tmp_path / "out"), says="was not made from this key's job")  # fmt: skip
            reactions.append(neutral(lines, subnetwork, bad))
        assert all(reaction == reactions[0] for reaction in reactions), reactions


def whose(line):
    return json.loads(line)["sub-network"]


LOGS = {
    "no line of it": (lambda line: [], "says nothing of sub-network THIS"),
    "no JSON": (lambda line: [line[:-1]], "lines are not what train.py writes"),
    "every line twice": (lambda line: [line, line], "lines are not what train.py writes"),
    "text for a loss": (lambda line: [line.replace('"loss": ', '"loss": "low", "was": ')], "says nothing of sub-network THIS"),
    "an epoch too late": (lambda line: [line.replace('"epoch": 2', '"epoch": 3')], "1 line is not what train.py writes"),
    "another one's": (lambda line: [re.sub('"sub-network": .', '"sub-network": 3', line)], "says nothing of sub-network THIS"),
    "not finite": (lambda line: [re.sub('"loss": [^,]*', '"loss": null', line)], None),
}  # fmt: skip


@pytest.mark.parametrize("way", LOGS)
def test_whichever_curve_is_damaged(alike, tmp_path, way):
    """What `curves` says beside the curves, and whether it fails."""
    change, says = LOGS[way]
    log = tmp_path / "metrics.jsonl"
    for job, trained in alike:
        reactions = []
        for subnetwork in range(3):
            lines = (trained.parent / "metrics.jsonl").read_text().splitlines()
            damage = [change(line) if whose(line) == subnetwork else [line] for line in lines]  # fmt: skip
            log.write_text("".join(f"{line}\n" for some in damage for line in some))
            done = run("curves", "--key", job.key, "--result", tmp_path)
            reactions.append(neutral(done.stderr.splitlines(), subnetwork, log))
        assert all(reaction == reactions[0] for reaction in reactions), reactions
        said = " ".join(reactions[0])
        assert says in said if says else said == ""


# Models of different architectures on data of one shape, whose job is the same whichever of them are wanted.
CHOICES = [("ResNet18",), ("MLP",), ("MLP", "VGG16")]


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The jobs of all choices, and what the cloud trained: one file for all, as they are one job."""
    folder, made = tmp_path_factory.mktemp("real"), example_models(resnet=4, vgg=4)
    tasks = {}
    for seed, name in enumerate(("ResNet18", "MLP", "VGG16")):
        torch.manual_seed(seed)
        model = models.MLP(3 * 32 * 32) if name == "MLP" else made[name][0]()
        tasks[name] = Task(name, model, *images((3, 32, 32), 24, 10, seed))
    train = "[train]\nbatch_size = 12\nlr = 0.05\n[input]\nscale = 255.0\n"
    jobs = [Job(folder / "-".join(names), [tasks[n] for n in names], train, [t for n, t in tasks.items() if n not in names]) for names in CHOICES]  # fmt: skip
    assert all(digests(job.path) == digests(jobs[0].path) for job in jobs)
    return jobs, jobs[0].train()


def untrained(jobs):
    return taken_from(jobs[0].path / "weights.safetensors", "weight")


OF_MODELS = {
    "not a number": (put("weight", NAN), 1),
    "infinite": (put("bias", INF), 1),
    "another dtype": (replaced("weight", torch.Tensor.half), 1),
    "another shape": (replaced("weight", lambda t: t.reshape(-1)), 1),
    "a tensor missing": (dropped("bias"), 1),
    "a tensor too many": (added("more"), 1),
    "positions zeroed": (positions(torch.zeros_like), 1),
    "positions exchanged": (exchanged(3, "positions"), 1),
    "a variance below 0": (put("running_var", -0.5), 1),
    "weights that never moved": (None, 0),
}


@pytest.mark.parametrize("way", OF_MODELS)
def test_whichever_is_wanted(real, tmp_path, way):
    """Under keys that want other tasks of one job the same file has the same reaction, word for word."""
    jobs, trained = real
    damage, status = OF_MODELS[way]
    for subnetwork in range(3):
        if "variance" in way and subnetwork == jobs[1].subnetwork(jobs[1].tasks[0]):
            continue  # a perceptron has none
        bad = damaged_in(trained, damage or untrained(jobs), subnetwork, tmp_path / "bad")  # fmt: skip
        reactions = set()
        for number, job in enumerate(jobs):
            out = tmp_path / f"out-{subnetwork}-{number}"
            done = run(*extract_call(job.key, bad, out), check=False)
            assert done.returncode == status, done.stderr
            assert out.exists() == (status == 0)
            reactions.add(done.stderr)
        (said,) = reactions
        assert re.search(rf"\bsub-?networks?[. ]{subnetwork}\b", said), said
