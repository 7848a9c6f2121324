"""Streams made alike: which rows of guests are taken, what their columns are scaled to, and what is named all the same."""

import re

import models
import numpy
import pytest
import torch
from command_lines import obfuscate_call
from conftest import Job, Task, images, plan_of, run, shards
from PIL import Image
from safetensors.torch import load_file

TRAIN = "[train]\nbatch_size = 16\nlr = 0.05\n"


def pictures(name, y, seed, validation=None, shape=(1, 28, 28)):
    x = numpy.random.default_rng(seed).integers(0, 256, (len(y), *shape), numpy.uint8)
    torch.manual_seed(seed)
    return Task(name, models.MLP(classes=int(max(y)) + 1), x, numpy.array(y), validation=validation)  # fmt: skip


def table(name, x, seed=0, classes=3):
    torch.manual_seed(seed)
    return Task(name, models.MLP(x.shape[1], 16, classes), x, numpy.arange(len(x)) % classes)  # fmt: skip


def standard(seed, rows=60, width=5):
    x = numpy.random.default_rng(seed).normal(3, 2, (rows, width))
    return ((x - x.mean(0)) / x.std(0)).astype(numpy.float32)


def streams(job, task, split="train"):
    """The wanted stream and the other: features and targets."""
    plan, tensors = job.plan(), shards(job.path, split)
    own = plan["wanted"][task.name]["subnetwork"]
    order = [own, *(k for k in range(len(plan["streams"])) if k != own)]
    name = next(n for n in tensors if n.startswith("x."))
    return [(tensors[name][:, plan["streams"][k]["positions"][0]].numpy(), tensors["y.int64"][:, plan["streams"][k]["targets"][0]].numpy().ravel()) for k in order]  # fmt: skip


def told(job):
    """What obfuscate said, with guests called by their names instead of by their files."""
    return re.sub(r"'[^']*@[^']*?(\w+)\.npz'", r"'\1'", job.output)


def counts(labels):
    return sorted(numpy.bincount(labels)[numpy.bincount(labels) > 0])


def distinct(rows):
    return len({row.tobytes() for row in rows})


def test_a_longer_guest_is_balanced_where_the_wanted_task_is(tmp_path):
    uneven = [0] * 60 + [1] * 30 + [2] * 40 + [3] * 25
    task, guest = (
        pictures("mine", [0, 1, 2, 3, 4] * 16, 1),
        pictures("guest", uneven, 2),
    )
    job = Job(tmp_path, [task], TRAIN, [guest])
    (_, own), (x, y) = streams(job, task)
    assert counts(own) == [16] * 5 and counts(y) == [20] * 4
    assert distinct(x) == 80
    assert "'guest' has 155 rows, of which 80 were chosen." in told(job)
    assert "exact counts of classes" not in told(job)
    labels = {row.tobytes(): label for row, label in zip(guest.x.reshape(155, -1), guest.y, strict=True)}  # fmt: skip
    assert all(labels[row.tobytes()] == label for row, label in zip(x, y, strict=True))


def test_and_is_not_where_it_is_not(tmp_path):
    task = pictures("mine", [0] * 50 + [1] * 30, 1)
    job = Job(tmp_path, [task], TRAIN, [pictures("guest", [0, 1, 2, 3] * 50, 2)])
    (_, _), (_, y) = streams(job, task)
    assert len(set(counts(y))) > 1


def test_counts_that_cannot_be_even_are_named(tmp_path):
    task = pictures("mine", [0, 1] * 40, 1)
    job = Job(tmp_path, [task], TRAIN, [pictures("guest", [0] * 100 + [1] * 10, 2)])
    (_, _), (_, y) = streams(job, task)
    assert counts(y) == [10, 70]
    assert "rows as the others in the stream of 'mine', and not in that of 'guest'" in told(job)  # fmt: skip


def test_no_row_twice_where_the_wanted_task_repeats_none(tmp_path):
    task, guest = pictures("mine", [0] * 40 + [1] * 10, 1), pictures("guest", [0] * 60 + [1] * 40, 2)  # fmt: skip
    guest.x[70:] = guest.x[:30]
    job = Job(tmp_path, [task], TRAIN, [guest])
    assert [distinct(x) for x, _ in streams(job, task)] == [50, 50]
    assert "has no row twice" not in told(job)
    guest.x[40:] = guest.x[0]
    job = Job(tmp_path / "two", [task], TRAIN, [guest])
    assert "'mine' has no row twice, and that of 'guest' (10) has such rows" in told(job)  # fmt: skip


def test_a_shorter_guest_is_named_with_the_cure(tmp_path):
    task, guest = pictures("mine", [0, 1] * 30, 1), pictures("guest", [0, 1] * 20, 2)
    job = Job(tmp_path, [task], TRAIN, [guest])
    assert "rows repeat, and repeated rows can be seen. With --rows 40" in told(job)
    call = job.again(tmp_path, "j", "k")
    assert "rows repeat" not in run(*call, "--rows", 40).stdout


def test_the_wanted_rows_are_the_same_whatever_the_guests_are(tmp_path):
    task = pictures("mine", [0, 1] * 30, 1)
    jobs = [Job(tmp_path / str(n), [task], TRAIN, [pictures("guest", [0, 1, 1] * n, n)]) for n in (20, 50)]  # fmt: skip
    rows = [job.stream(task)["rows"] for job in jobs]
    assert rows[0] == rows[1] and sorted(rows[0]) == list(range(60))


@pytest.mark.parametrize("balanced", [True, False])
def test_held_out_rows_are_chosen_in_the_same_manner(tmp_path, balanced):
    labels = [0, 1, 2, 3] * 5 if balanced else [0] * 14 + [1] * 6
    x = numpy.random.default_rng(5).integers(0, 256, (20, 1, 28, 28), numpy.uint8)
    task = pictures("mine", [0, 1, 2, 3] * 20, 1, validation=(x, numpy.array(labels)))
    guest = pictures("guest", [0] * 60 + [1] * 70, 2)
    job = Job(tmp_path, [task], TRAIN, [guest], options=("--decoys", 1))
    training, held_out = streams(job, task), streams(job, task, "valid")
    for (a, y), (b, z) in zip(training, held_out, strict=True):
        assert distinct(a) == 80 and distinct(b) == 20
        assert not {row.tobytes() for row in a} & {row.tobytes() for row in b}
        assert len(set(counts(y))) == 1
        if balanced:
            assert len(set(counts(z))) == 1
    # Made-up held-out rows have the labels of the validation data.
    generated = [s for s in held_out if counts(s[1]) == counts(numpy.array(labels))]
    assert len(generated) >= 2
    assert "20 of its rows were chosen as held-out rows" in told(job)


def test_a_guest_is_scaled_as_the_wanted_table_is(tmp_path):
    task = table("mine", standard(1))
    guest = table("guest", numpy.random.default_rng(2).random((100, 7), numpy.float32) * 9, 2)  # fmt: skip
    guest.x[:, 3] = 4
    job = Job(tmp_path, [task], TRAIN, [guest])
    (own, _), (x, _) = streams(job, task)
    assert own.tobytes() == task.x[job.stream(task)["rows"]].tobytes()
    x = x.astype(float)
    assert abs(x.mean(0)).max() < 1e-6
    deviations = x.std(0)
    assert deviations[3] == 0 and abs(numpy.delete(deviations, 3) - 1).max() < 1e-5
    assert "'guest' were scaled to a mean of exactly 0 and a deviation of 1" in told(job)  # fmt: skip
    assert "what a scaler" not in told(job)


def test_a_guest_gets_the_same_extremes(tmp_path):
    x = numpy.random.default_rng(1).random((60, 5))
    x = ((x - x.min(0)) / (x.max(0) - x.min(0))).astype(numpy.float32)
    task = table("mine", x)
    job = Job(tmp_path, [task], TRAIN, [table("guest", standard(2, 90))])
    (_, _), (found, _) = streams(job, task)
    assert (found.min(0) == 0).all() and (found.max(0) == 1).all()


def test_what_is_not_exact_is_left_alone(tmp_path):
    task = table("mine", standard(1) * 2 + numpy.float32(0.7))
    guest = table("guest", numpy.random.default_rng(2).random((60, 7), numpy.float32), 2)  # fmt: skip
    job = Job(tmp_path, [task], TRAIN, [guest])
    (_, _), (x, _) = streams(job, task)
    assert distinct(numpy.concatenate([x, guest.x])) == 60
    assert "scaled to" not in told(job)


def test_generated_decoys_of_a_standardised_table_are_named(tmp_path):
    job = Job(tmp_path, [table("mine", standard(1))], TRAIN)
    assert "and those of generated decoys do not: what a scaler" in told(job)
    pair = Job(tmp_path / "two", [table("a", standard(1)), table("b", standard(2))], TRAIN)  # fmt: skip
    assert "what a scaler" not in pair.output


def test_made_up_rows_repeat_as_the_rows_they_imitate(tmp_path):
    task = pictures("mine", [0, 1] * 20, 1)
    job = Job(tmp_path, [task], TRAIN, options=("--rows", 60))
    assert [distinct(x) for x, _ in streams(job, task)] == [40, 40]


def folder_of(path, kind, size, seed, rows=30):
    random = numpy.random.default_rng(seed)
    for i in range(rows):
        place = path / "ab"[i % 2]
        place.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 256, (size, size, 3), numpy.uint8)
        Image.fromarray(pixels).save(place / f"{i}.{kind}")
    return path


def prepared(tmp_path, one, other, size=32, more=""):
    torch.manual_seed(0)
    x, y = images((3, 32, 32), 30, 2, 0)
    Task("m", models.LeNet5(3, 32, 2), x, y).write(tmp_path)
    (tmp_path / "r.toml").write_text(f"{TRAIN}[input]\nsize = [{size}, {size}]\n{more}")
    folder_of(tmp_path / "one", *one, 1)
    folder_of(tmp_path / "other", *other, 2)
    call = obfuscate_call(tmp_path, "--decoy", f"@{tmp_path}/other", model="m.pt2", data="one")  # fmt: skip
    return run(*call).stdout


@pytest.mark.parametrize(
    "one, other, says",
    [
        (("png", 48), ("png", 32), "were scaled from other sizes"),
        (("jpg", 32), ("png", 32), "JPEG and WebP leave edges of blocks"),
    ],
)
def test_preparation_is_named_with_its_trace(tmp_path, one, other, says):
    assert says in prepared(tmp_path, one, other)


def test_equal_preparation_is_not(tmp_path):
    said = prepared(tmp_path, ("jpg", 48), ("jpg", 40))
    assert "scaled from other sizes" not in said and "JPEG and WebP" not in said


def test_numbers_of_one_stream_are_named(tmp_path):
    task, guest = pictures("mine", [0, 1] * 30, 1), pictures("guest", [0, 1] * 30, 2)
    guest.x //= 3
    mean, std = task.x.mean() / 255, task.x.std() / 255
    numbers = f"{TRAIN}[input]\nscale = 255.0\nmean = [{mean:.3f}]\nstd = [{std:.3f}]\n"
    job = Job(tmp_path / "one", [task], numbers, [guest])
    assert "[input] mean and std are those of the data of 'mine', and not of 'guest'" in told(job)  # fmt: skip
    other = numbers.replace(f"{mean:.3f}", "0.2").replace(f"{std:.3f}", "0.9")
    assert "[input] mean and std" not in told(Job(tmp_path / "two", [task], other, [guest]))  # fmt: skip
    # Of data of one kind either may be nearer.
    guest.x = numpy.minimum(task.x, 254) + numpy.uint8(1)
    near = numbers.replace(f"{mean:.3f}", f"{guest.x.mean() / 255:.4f}")
    assert "[input] mean and std" not in told(Job(tmp_path / "three", [task], near, [guest]))  # fmt: skip


def test_few_steps_beside_any_are_named(tmp_path):
    steps = numpy.random.default_rng(1).integers(0, 256, (300, 8)).astype(numpy.float32) / 255  # fmt: skip
    guest = numpy.random.default_rng(2).random((300, 8), numpy.float32)
    job = Job(tmp_path, [table("mine", steps)], TRAIN, [table("guest", guest, 2)])
    assert "Values of 'mine' lie on at most 256 steps, and those of 'guest' do not" in told(job)  # fmt: skip


def test_fewer_rows_like_an_old_job_are_some_of_its_rows(tmp_path):
    task, guest = pictures("mine", [0, 1] * 30, 1), pictures("guest", [0, 1, 2] * 50, 2)
    job = Job(tmp_path, [task], TRAIN, [guest])
    call = job.again(tmp_path, "j", "k")
    said = run(*call, "--like", job.key, "--rows", 30).stdout
    assert "Each stream has 30 rows, and had 60" in said
    before, after = plan_of(job.key), plan_of(tmp_path / "k")
    assert [s["positions"] for s in before["streams"]] == [s["positions"] for s in after["streams"]]  # fmt: skip
    one, two = shards(job.path)["x.uint8"], shards(tmp_path / "j")["x.uint8"]
    for stream in before["streams"]:
        old, new = ({row.tobytes() for row in x[:, stream["positions"][0]].numpy()} for x in (one, two))  # fmt: skip
        assert len(new) == 30 and new <= old


def held_out(task, rows):
    """The task, whose last rows are held out."""
    task.validation = task.x[-rows:], task.y[-rows:]
    task.x, task.y = task.x[:-rows], task.y[:-rows]
    return task


def test_rows_that_a_wanted_task_sets_aside_leave_a_guest_no_more_exact(tmp_path):
    """The wanted rows were exact before some were set aside, because the guest has validation data."""
    task, guest = table("mine", standard(1, 90)), table("guest", standard(2, 200) * 3 + 1)  # fmt: skip
    guest.y = numpy.random.default_rng(3).permutation([0] * 80 + [1] * 70 + [2] * 50)
    job = Job(tmp_path, [task], TRAIN, [held_out(guest, 18)])
    assert "were scaled to a mean of exactly 0" in told(job)
    for x, y in streams(job, task):
        assert len(x) == 72 and distinct(x) == 72
        assert 1e-3 < abs(x.mean(0)).max() < 0.3 and abs(x.std(0) - 1).max() < 0.3
        assert len(set(counts(y))) > 1 and max(counts(y)) <= 30
    assert "can be seen" not in told(job)


def test_held_out_rows_that_repeat_are_named(tmp_path):
    task, guest = table("mine", standard(1, 80)), table("guest", standard(2, 70))
    job = Job(tmp_path, [held_out(task, 20)], TRAIN, [held_out(guest, 10)])
    assert "'guest' has 10 of the job's 20 held-out rows: they repeat" in told(job)
    assert "'mine' has" not in told(job)


def test_a_guest_holds_out_what_its_training_rows_leave(tmp_path):
    """More than the fifth that is set aside of any task."""
    task, guest = table("mine", standard(1, 80)), table("guest", standard(2, 90) * 3)
    job = Job(tmp_path, [held_out(task, 30)], TRAIN, [guest])
    rows = [x for split in ("train", "valid") for x in streams(job, task, split)[1][0]]
    assert distinct(numpy.array(rows)) == len(rows) == 80
    assert "held-out rows: they repeat" not in told(job)
    shorter = Job(tmp_path / "shorter", [task], TRAIN, [table("guest", standard(2, 60) * 3)])  # fmt: skip
    assert "'guest' has 12 of the job's 30 held-out rows: they repeat" in told(shorter)
    assert "Cut longer validation data to 12, or give it as many of its own (validation = " in told(shorter)  # fmt: skip


@pytest.mark.parametrize(("classes", "outputs"), [(3, 5), (4, 5), (6, 6)])
def test_a_variant_has_classes_in_vain_where_its_model_has(tmp_path, classes, outputs):
    """Five outputs for three classes: the guest's model has five, too, where five are enough."""
    task = table("mine", standard(1), classes=5)
    task.y %= 3
    numpy.savez(tmp_path / "other.npz", x=standard(2), y=numpy.arange(60) % classes)
    job = Job(tmp_path, [task], TRAIN + "[[decoy]]\ndata = 'other.npz'\n")
    own = job.stream(task)
    (guest,) = [k for k, s in enumerate(job.plan()["streams"]) if s != own]
    weights = load_file(job.path / "weights.safetensors")
    biases = [t for n, t in weights.items() if n.startswith(f"subnetworks.{guest}.") and t.dim() == 1 and "position" not in n]  # fmt: skip
    assert len(biases[-1]) == outputs


def test_held_out_rows_are_no_leavings_of_even_classes(tmp_path):
    """What is left of uneven classes, after as many of each were taken, is more uneven than they are."""
    uneven = [0] * 180 + [1] * 140 + [2] * 56
    x = numpy.random.default_rng(5).normal(size=(60, 5)).astype(numpy.float32)
    task, guest = table("mine", standard(1, 150)), table("guest", standard(2, 376) * 3)
    task.validation = x, numpy.random.default_rng(6).integers(0, 3, 60)
    guest.y = numpy.array(uneven)
    job = Job(tmp_path, [task], TRAIN, [guest])
    assert min(counts(streams(job, task)[1][1])) > 40
    # 56 of 376 are 8.9 of 60; 6 of 226 were 1.6.
    assert min(numpy.bincount(streams(job, task, "valid")[1][1], minlength=3)) > 4


def test_images_of_real_numbers_beside_bytes_have_a_cure(tmp_path):
    cure = "Give all as bytes, (255 * x).round().astype('uint8'), with [input] scale = 255."
    labels = [0, 1, 2, 3, 4] * 8
    for name, change, told_so in (
        ("divided", lambda x: x / 255, True),
        ("centred", lambda x: x / 128 - 1, False),
        ("bytes", lambda x: x, False),
    ):
        task, guest = pictures("mine", labels, 1), pictures("guest", labels, 2)
        guest.x = change(guest.x)
        if guest.x.dtype != numpy.uint8:
            guest.x = guest.x.astype(numpy.float32)
        said = told(Job(tmp_path / name, [task], TRAIN, [guest]))
        assert (cure in said) == told_so, name
        assert ("Images of 'mine' are bytes, and those of 'guest' real" in said) == told_so  # fmt: skip
