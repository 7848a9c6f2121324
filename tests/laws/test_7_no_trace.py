"""Law 7: nothing of the user's names, paths or order is in the job; generated decoys have their model's form."""

import json
import re
import subprocess
import sys

import numpy
import pytest
import torch
from conftest import Job, Task, images, load_network, make_task, same_bits, shards
from scipy.stats import ks_2samp
from torch import nn


class SecretProjectNet(nn.Module):
    """Names that must not leave home."""

    def __init__(self):
        super().__init__()
        self.tumour_encoder = nn.Linear(12, 16)
        self.hospital_norm = nn.BatchNorm1d(16)
        self.register_buffer("patient_prior", torch.ones(16))
        self.diagnosis_head = nn.Linear(16, 4)

    def forward(self, scan_pixels):
        hidden = (
            self.hospital_norm(self.tumour_encoder(scan_pixels)) * self.patient_prior
        )
        return {"logits": self.diagnosis_head(hidden), "embedding_of_patient": hidden}


WORDS = (
    b"tumour",
    b"hospital",
    b"patient",
    b"diagnosis",
    b"scan_pixels",
    b"SecretProject",
    b"embedding_of",
)


def test_no_name_or_path_is_in_the_job(tmp_path):
    x, y = images((12,), 80, 4, 1, numpy.float32)
    folder = tmp_path / "clinic-west"
    task = Task("melanoma", SecretProjectNet(), x, y)
    job = Job(folder, [task], "", options=("--decoys", 1))
    words = (
        *WORDS,
        b"melanoma",
        b"clinic-west",
        b"recipe.toml",
        b".npz",
        b".pt2",
        b"/root",
        b"/home",
        b"stack_trace",
    )
    assert (folder / "melanoma.pt2").read_bytes().count(b"tumour") > 0
    for path in job.path.rglob("*"):
        assert not any(word.decode() in path.name for word in words)
        if path.is_file():
            content = path.read_bytes()
            # The trainer is the same file in every job.
            for word in words if path.name != "train.py" else WORDS:
                assert word not in content, (path.name, word)


def test_files_that_do_not_depend_on_the_tasks_are_the_same(tmp_path):
    one = Job(tmp_path / "one", [make_task("a", "MLP", count=40)], "")
    two = Job(tmp_path / "two", [make_task("b", "ResNet18", count=40)], "")
    for name in ("train.py", "train.ipynb", "README.md", "requirements.txt"):
        assert (one.path / name).read_bytes() == (two.path / name).read_bytes()


def test_rows_are_in_secret_order(tmp_path):
    task = make_task("mine", "MLP", count=300)
    rows = Job(tmp_path, [task], "").stream(task)["rows"]
    steps = numpy.diff(rows)
    assert (numpy.abs(steps) == 1).mean() < 0.05


def test_parameters_keep_their_order(tmp_path):
    task = make_task("mine", "MobileNetV2", count=40)
    job = Job(tmp_path, [task], "")
    shapes = [p.shape for p in job.module(task).parameters()]
    assert shapes == [p.shape for p in task.model.parameters()]


@pytest.mark.parametrize(
    "noise", ["resample", "uniform", "gaussian", "spectrum", "likeness", "leaves"]
)
@pytest.mark.parametrize("dtype", [numpy.uint8, numpy.float32])
def test_generated_decoys_have_their_models_form(tmp_path, noise, dtype):
    x, y = images((1, 28, 28), 200, 10, 2, dtype)
    torch.manual_seed(0)
    task = Task("mine", make_task("m", "LeNet5").model, x, y)
    job = Job(tmp_path, [task], "", options=("--decoys", 2, "--noise", noise))
    samples = shards(job.path)
    values = samples[f"x.{numpy.dtype(dtype)}"].numpy()
    grid = set(numpy.unique(x))
    for stream in job.plan()["streams"]:
        assert set(numpy.unique(values[:, stream["positions"][0]])) <= grid
        labels = samples["y.int64"][:, stream["targets"]]
        assert set(labels.unique().tolist()) <= set(range(10))
    network = load_network(job.path)
    states = [module.state_dict() for module in network.subnetworks]
    forms = [scaled_values(state) for state in states]
    for form in forms:
        assert form.abs().max() <= 1
        assert ks_2samp(form, forms[job.subnetwork(task)]).pvalue > 1e-4
        # The grid of torch.rand: 24 bits.
        steps = (form[: state_length(states[0])].double() + 1) / 2 * 2**24
        assert ((steps - steps.round()).abs() < 2).all()
    assert not set(forms[0].tolist()) <= set(forms[1].tolist())


def state_length(state):
    return min(t.numel() for n, t in state.items() if n != "positions")


def scaled_values(state):
    """All values over the bound that PyTorch drew them within: 1 / sqrt(fan_in)."""
    values, fan_in = [], None
    for name, tensor in state.items():
        if name == "positions":
            continue
        if tensor.dim() > 1:
            fan_in = tensor[0].numel()
        values.append(tensor.flatten() * fan_in**0.5)
    return torch.cat(values)


def test_decoys_of_a_trained_model_start_from_its_values(tmp_path):
    """No initializer explains them: they are kept, the very same in every decoy, and the tool says so."""
    torch.manual_seed(0)
    task = make_task("mine", "MLP", count=40)
    with torch.no_grad():
        for parameter in task.model.parameters():
            parameter.copy_(torch.randn_like(parameter).exp() / 30 - 0.02)
    task.initial = {n: t.detach().clone() for n, t in task.model.state_dict().items()}
    job = Job(tmp_path, [task], "", options=("--decoys", 3, "--variants", "family"))
    assert "all tensors keep their values" in job.output
    for module in load_network(job.path).subnetworks:
        own = list(module.parameters())
        assert [t.shape for t in own] == [t.shape for t in task.initial.values()]
        assert all(map(same_bits, own, task.initial.values()))


def test_constant_tensors_stay_constant(tmp_path):
    task = make_task("mine", "ResNet18", count=40)
    job = Job(tmp_path, [task], "", options=("--decoys", 1))
    for module in load_network(job.path).subnetworks:
        assert (module.norm0_weight == 1).all()
        assert (module.norm0_running_var == 1).all()
        assert (module.norm0_running_mean == 0).all()


def test_the_job_is_formatted_and_imports_torch_and_safetensors_alone(tmp_path):
    tasks = [
        make_task(name, name, count=40)
        for name in ("DenseNet121", "LeNet5", "MobileNetV2")
    ]
    job = Job(tmp_path, tasks, "")
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["format", "--check"], ["check"]):
        result = subprocess.run(
            [*ruff, *command, "--isolated", job.path / "model.py"],
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, result.stdout
    text = (job.path / "model.py").read_text()
    imports = re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE)
    assert set(imports) == {"torch", "safetensors"}
    assert "torch.ops" not in text
    assert "manual_seed" not in text


def test_settings_that_differ_are_listed_and_their_writing_is_not_shown(tmp_path):
    """A default that one task's table writes out is no difference."""
    tables = [
        "[here.train]\nweight_decay = 0.0\nnesterov = false\n",
        "[here.train]\nclip_grad_norm = 1.0\n",
        "[here.input]\nscale = 2.0\n",
    ]
    listed = []
    for number, table in enumerate(tables):
        mine, guest = make_task("mine", "LeNet5"), make_task("guest", "LeNet5", table=table)  # fmt: skip
        job = Job(tmp_path / str(number), [mine], "", [guest])
        listed.append(re.findall(r"settings of \[\w+\]", job.output))
        if number == 0:
            first, second = json.loads((job.path / "job.json").read_text())["subnetworks"]  # fmt: skip
            assert first["recipe"]["arguments"] == second["recipe"]["arguments"]
    assert listed == [[], ["settings of [train]"], ["settings of [input]"]]


def test_differences_between_tasks_are_listed(tmp_path):
    task, guest = (
        make_task("mine", "LeNet5", count=40),
        make_task("guest", "ResNet18", count=40),
    )
    output = Job(tmp_path, [task], "", [guest]).output
    assert "differ in sample shapes, network architectures" in output
