"""The road from end to end through the commands alone, as a user walks it."""

import json
import shutil
import subprocess
import sys

import models
import numpy
import plain_training
import pytest
import torch
from command_lines import (
    extract_call,
    obfuscate_call,
    one_thread,
    train_call,
)
from conftest import (
    DATA,
    MNIST_INPUT,
    MNIST_PLAIN,
    ROOT,
    SEED,
    Job,
    Task,
    assert_same_state,
    make_task,
    metrics,
    mnist,
    refused,
    run,
    torchrun,
    vectors,
)
from damage import damaged, flipped
from export_model import export, export_with
from safetensors.torch import load_file, save_file
from warm_python import warm_python


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        outputs = model(plain_training.prepare(torch.as_tensor(x), MNIST_PLAIN, False))
    model.train()
    return (outputs.argmax(1) == torch.as_tensor(y)).float().mean().item()


@pytest.mark.parametrize("rows", [2000, pytest.param(10_000, marks=pytest.mark.full)])
def test_lenet_on_mnist_with_two_decoys(tmp_path, rows):
    """3 epochs; accuracy and every tensor equal plain training's."""
    mnist(1)  # skips where the data is not
    folder = DATA / "mnist"
    data = f"{folder}/t10k-images-idx3-ubyte.gz,{folder}/t10k-labels-idx1-ubyte.gz"
    torch.manual_seed(0)
    model = models.LeNet5()
    export(model, (1, 28, 28), tmp_path / "m.pt2")
    (tmp_path / "r.toml").write_text(
        f"[train]\nepochs = 3\nlr = 0.02\nmomentum = 0.9\n{MNIST_INPUT}"
    )
    job, key = tmp_path / "job", tmp_path / "key"
    options = ("--seed", SEED) if rows == 10_000 else ("--seed", SEED, "--rows", rows)
    call = obfuscate_call(tmp_path, data=data)
    run(*call, "--decoys", 2, *options)

    proof = ("--python", warm_python(), "--plain", tmp_path / "plain", "--steps", 100_000)  # fmt: skip
    verified = run("verify", *call[1:], *proof)
    assert "task: 10 of 10 tensors bit-identical" in verified.stdout

    command = train_call(job, tmp_path / "result")
    subprocess.run(command, check=True, capture_output=True, env=one_thread())
    run(*extract_call(key, tmp_path / "result" / "trained.safetensors", tmp_path / "w"))
    extracted = load_file(tmp_path / "w")

    order = torch.as_tensor(numpy.load(tmp_path / "plain" / "task" / "rows.npy"))
    assert order.shape == (rows,)
    x, y = mnist()
    recipe = {
        "epochs": 3,
        "arguments": {"lr": 0.02, "momentum": 0.9},
        "input": MNIST_PLAIN,
    }
    model.load_state_dict(load_file(tmp_path / "plain" / "task" / "start.safetensors"))
    plain_training.train(model, x.reshape(-1, 1, 28, 28), y, order, recipe)
    assert_same_state(extracted, model.state_dict())
    plain_accuracy = accuracy(model, x.reshape(-1, 1, 28, 28), y)
    twin = models.LeNet5()
    twin.load_state_dict(extracted)
    assert accuracy(twin, x.reshape(-1, 1, 28, 28), y) == plain_accuracy > 0.5
    print(f"accuracy {plain_accuracy:.4f}, plain and extracted, {rows} rows")
    lines = metrics(tmp_path / "result")
    assert {line["sub-network"] for line in lines} == {0, 1, 2}


def test_verify_finds_what_differs(tmp_path):
    task = make_task("task", "MLP", count=80)
    job = Job(tmp_path, [task], "[train]\nlr = 0.1\n")
    arguments = ("verify", "--key", job.key, "--job", job.path, "--python", warm_python(), "--steps", 3)  # fmt: skip
    good = run(*arguments, "--recipe", job.recipe, "--plain", tmp_path / "plain")
    assert "4 of 4" in good.stdout
    kept = tmp_path / "plain" / "task"
    assert numpy.load(kept / "rows.npy").tolist() == job.stream(task)["rows"]
    assert json.loads((kept / "subnetwork.json").read_text())[
        "subnetwork"
    ] == job.subnetwork(task)
    assert sorted(load_file(kept / "weights.safetensors")) == sorted(task.initial)

    # Another learning rate in the plain run is another training: the law is broken, and the status says so.
    other = tmp_path / "other.toml"
    other.write_text(job.recipe.read_text().replace("lr = 0.1", "lr = 0.101"))
    result = run(*arguments, "--recipe", other, check=False)
    assert result.returncode == 3
    assert "differs by up to" in result.stdout
    says = "the recipe is not the one that the job was made with: lr is 0.101, and in the job 0.1\n"
    assert says in result.stdout and "the recipe" not in good.stdout
    assert "plain training gives the same bits twice here" in result.stdout

    # Other data than the job's is refused, and so is a job that was changed.
    numpy.savez(tmp_path / "task.npz", x=task.x ^ 1, y=task.y)
    refused(*arguments, "--recipe", job.recipe, says="not what the job was made from")
    task.write(tmp_path)
    damaged(job.path / "job.json", lambda t: t.replace(b'"seed": 0', b'"seed": 1'))
    says = "not the job that this key was made with"
    refused(*arguments, "--recipe", job.recipe, says=says)


def test_a_python_without_torch_is_named(tmp_path):
    job = Job(tmp_path, [make_task("task", "MLP", count=40)], "")
    arguments = ("verify", "--key", job.key, "--job", job.path, "--recipe", job.recipe)
    refused(*arguments, "--python", "/bin/false", says="--python")
    refused(*arguments, "--python", tmp_path / "none", says="cannot be started")


def test_the_trainer_refuses_a_damaged_job(tmp_path):
    job = Job(tmp_path, [make_task("task", "MLP", count=40)], "")
    damaged(next((job.path / "data").iterdir()), flipped(-1))
    command = train_call(job.path, tmp_path / "r")
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 1
    assert "damaged or changed" in result.stderr and "Traceback" not in result.stderr


def test_metrics_on_held_out_rows(tmp_path):
    task = make_task("task", "MLP", count=120)
    task.validation = (task.x[:50], task.y[:50])
    job = Job(
        tmp_path, [task], "[train]\nepochs = 4\nlr = 0.05\n", options=("--decoys", 1)
    )
    job.train()
    lines = metrics(tmp_path / "result")
    held_out = [line for line in lines if line["split"] == "valid"]
    assert len(held_out) == 4 * 2
    assert {tuple(sorted(line)) for line in held_out} == {
        ("accuracy", "epoch", "loss", "lr", "split", "step", "sub-network")
    }
    own = [
        line["accuracy"]
        for line in held_out
        if line["sub-network"] == job.subnetwork(task)
    ]
    state = job.extract(tmp_path / "result" / "epoch-004.safetensors")["task"]
    task.model.load_state_dict(state)
    task.model.eval()
    outputs = task.model(torch.as_tensor(task.x[:50]).float())
    assert own[-1] == (outputs.argmax(1).numpy() == task.y[:50]).mean()


def test_two_processes_equal_plain_pytorch_on_two(tmp_path):
    """One DDP a sub-network; a never-called and a frozen layer; stopped and resumed on the way."""
    sys.path.insert(0, str(ROOT / "tests" / "laws"))
    from test_3_same_training import EveryKind

    torch.manual_seed(0)
    x, y = vectors((12,), 100, 8)
    task = Task("task", EveryKind(), x, y)
    train = "[train]\nepochs = 2\nbatch_size = 16\nlr = 0.1\nweight_decay = 0.1\n"
    job = Job(tmp_path, [task], train, options=("--decoys", 1))
    out = ("--device", "cpu", "--out", tmp_path / "r", "--parallel", "rows")
    torchrun(job.path / "train.py", 2, *out, "--max-steps", 9)
    torchrun(job.path / "train.py", 2, *out, "--resume")
    extracted = job.extract(tmp_path / "r" / "trained.safetensors")["task"]

    numpy.save(tmp_path / "x.npy", x)
    numpy.save(tmp_path / "y.npy", task.y)
    numpy.save(tmp_path / "rows.npy", numpy.array(job.stream(task)["rows"]))
    recipe = {"epochs": 2, "batch_size": 16, "arguments": {"lr": 0.1, "weight_decay": 0.1}, "tied": [["out.weight", "tied.weight"]]}  # fmt: skip
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))
    save_file(job.start(task), tmp_path / "start.safetensors")
    files = [f"--{n}={tmp_path}/{n}.npy" for n in ("x", "y", "rows")]
    files.append(f"--initial={tmp_path}/start.safetensors")
    torchrun(ROOT / "examples" / "plain_training.py", 2, f"--model={tmp_path}/task.pt2", *files,
             f"--recipe={tmp_path}/recipe.json", f"--out={tmp_path}/plain.safetensors")  # fmt: skip
    assert_same_state(extracted, load_file(tmp_path / "plain.safetensors"))


def test_compile_trains_up_to_rounding(tmp_path):
    if not shutil.which("g++"):
        pytest.skip("torch.compile needs a compiler")
    task = make_task("task", "MLP", count=80, recipe={"arguments": {"lr": 0.05}})
    job = Job(tmp_path, [task], "[train]\nlr = 0.05\n", options=("--decoys", 0))
    command = train_call(job.path, tmp_path / "r", "--compile")
    # No processes beside it to share the work.
    alone = one_thread(TORCHINDUCTOR_COMPILE_THREADS="1")
    subprocess.run(command, check=True, capture_output=True, env=alone)
    extracted = job.extract(tmp_path / "r" / "trained.safetensors")["task"]
    for name, tensor in job.plain(task).items():
        assert torch.allclose(extracted[name], tensor, atol=1e-3), name


def test_inspect(tmp_path):
    job = Job(tmp_path, [make_task("task", "LeNet5", count=40)], "")
    model = json.loads(run("inspect", tmp_path / "task.pt2", "--json", "-").stdout)
    assert model["parameters"]["values"] == 61706
    assert model["operations"]["aten.conv2d.default"] == 2
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        models.LeNet5()(torch.zeros(1, 1, 28, 28))
    assert model["flops_per_sample"] == counter.get_total_flops()
    found = run("inspect", job.path).stdout
    assert "sub-networks 2" in found
    assert "conv0_weight" in run("inspect", job.path / "weights.safetensors").stdout
    assert "uint8" in run("inspect", tmp_path / "task.npz").stdout
    key = run("inspect", job.key).stdout
    assert "without a passphrase" in key and "task" not in key


def test_help_has_examples():
    for command in ("obfuscate", "extract", "curves", "verify", "inspect"):
        assert "Examples:" in run(command, "--help").stdout
    assert run("--version").stdout.startswith("amalgam ")


class TwoInputs(torch.nn.Module):
    """The first input's field stands behind the other in the file."""

    def __init__(self):
        super().__init__()
        self.c, self.h = torch.nn.Conv2d(3, 4, 3), torch.nn.Linear(6, 3)

    def forward(self, zoom, about):
        return self.h(torch.cat([self.c(zoom).mean((2, 3)), about], 1))


def test_input_is_the_first_input_wherever_its_field_stands(tmp_path):
    random = numpy.random.default_rng(0)
    zoom = random.integers(0, 256, (24, 3, 8, 8), numpy.uint8)
    about = random.random((24, 2), numpy.float32)
    numpy.savez(tmp_path / "d.npz", about=about, zoom=zoom, y=numpy.arange(24) % 3)
    export_with(TwoInputs(), [torch.zeros(4, 3, 8, 8), torch.zeros(4, 2)], tmp_path / "m.pt2")  # fmt: skip
    (tmp_path / "r.toml").write_text("[train]\nlr = 0.1\nbatch_size = 8\n[input]\nmean = [1.0, 2.0, 3.0]\nstd = [9.0, 8.0, 7.0]\nrandom_crop = 1\n")  # fmt: skip
    call = obfuscate_call(tmp_path)
    run(*call)
    told = run("verify", *call[1:], "--steps", 2, "--python", warm_python())
    assert "4 of 4 tensors bit-identical" in told.stdout
