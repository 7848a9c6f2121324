"""Patches: decoys cut from given photographs, with classes that can be learned."""

import numpy
import pytest
from command_lines import obfuscate_call
from conftest import Job, assert_same_state, make_task, refused, shards
from PIL import Image

TRAIN = "[train]\nbatch_size = 16\nlr = 0.05\n"
PLAIN = {"batch_size": 16, "arguments": {"lr": 0.05}}


def photographs(folder, count=3, size=(90, 120)):
    """Smooth pictures: a gradient between two colours, the same nowhere."""
    folder.mkdir(parents=True)
    y, x = numpy.mgrid[0 : size[0], 0 : size[1]]
    for i in range(count):
        planes = [(x * (c + 1 + i) + y * (3 - c)) % 256 for c in range(3)]
        pixels = numpy.stack(planes, -1).astype(numpy.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")
    return folder


@pytest.mark.parametrize("model", ["LeNet5", "ResNet18"])
def test_pieces_of_photographs(tmp_path, model):
    folder = photographs(tmp_path / "photos")
    task = make_task("task", model, count=80, recipe=PLAIN)
    job = Job(tmp_path / "j", [task], TRAIN, options=("--noise", f"patches:{folder}"))
    own = job.stream(task)
    (decoy,) = [s for s in job.plan()["streams"] if s != own]
    tensors = shards(job.path)
    made = tensors["x.uint8"][:, decoy["positions"][0]].numpy()
    labels = tensors["y.int64"][:, decoy["targets"]].numpy().ravel()
    assert len({row.tobytes() for row in made}) > 60
    # Neighbouring pixels are alike, as in the photographs and unlike in noise.
    side = task.x.shape[-1]
    pixels = made.reshape(-1, side, side).astype(int)
    steps = numpy.abs(numpy.diff(pixels, axis=-1))
    assert numpy.median(steps) < 16
    # A class is what its pieces have in common: they lie closer to their mean than others do.
    glance = pixels[:, ::7, ::7].reshape(len(made), -1) if model == "LeNet5" else made
    spread = [glance[labels == c].std(0).mean() for c in set(labels)]
    assert numpy.mean(spread) < 0.9 * glance.std(0).mean()
    assert_same_state(job.extract(job.train())["task"], job.plain(task))
    assert "generated decoy (patches)" in job.output and "photos" not in job.output
    assert "1.00 [.68, 1] in four settings" in job.output


def test_photographs_that_cannot_be(tmp_path):
    task = make_task("task", "LeNet5", count=20)
    task.write(tmp_path)
    (tmp_path / "r.toml").write_text(TRAIN)
    call = (*obfuscate_call(tmp_path, model="task.pt2", data="task.npz"), "--noise")
    small = photographs(tmp_path / "small", size=(20, 40))
    refused(*call, f"patches:{small}", says="too small")
    refused(*call, f"patches:{tmp_path}/none", says="there is no such file")
    (tmp_path / "empty").mkdir()
    refused(*call, f"patches:{tmp_path}/empty", says="no images")
    refused(*call, "patches", status=2, says="patches:PHOTOS")
    refused(*call, f"uniform:{small}", status=2, says="nothing behind a colon")
