"""Starts of bfloat16 and float16: nothing in their values tells fresh ones from slightly trained ones, so all are kept."""

import pytest
import torch
from conftest import Job, Task, load_network, same_bits, vectors
from test_starts import starts_of
from torch import nn
from torch.nn import functional as F

SHORT = (torch.bfloat16, torch.float16)


class Short(nn.Module):
    """A model whose parameters have 16 bits, on features of float32."""

    def __init__(self, inner, dtype):
        super().__init__()
        self.inner, self.dtype = inner.to(dtype), dtype

    def forward(self, x):
        return self.inner(x.to(self.dtype)).float()


def layers():
    return nn.Sequential(nn.Linear(48, 96), nn.ReLU(), nn.Linear(96, 10))


def step(model, rate, steps=1):
    """What moved of each tensor, as a share."""
    before = {n: p.detach().clone() for n, p in model.named_parameters()}
    optimizer = torch.optim.SGD(model.parameters(), rate)
    torch.manual_seed(5)
    x, y = torch.rand(32, 48), torch.arange(32) % 10
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    return {n: (p != before[n]).float().mean().item() for n, p in model.named_parameters()}  # fmt: skip


@pytest.mark.parametrize("dtype", SHORT)
@pytest.mark.parametrize("fill", ["uniform_", "normal_"])
def test_values_of_16_bits_are_those_of_float32_rounded(dtype, fill):
    """Had they a grid of their own, it could be looked for."""
    low, high = (-0.1, 0.1) if fill == "uniform_" else (0, 0.02)

    def drawn(kind):
        torch.manual_seed(1)
        return getattr(torch.empty(1 << 14, dtype=kind), fill)(low, high)

    assert (drawn(dtype) != drawn(torch.float32).to(dtype)).float().mean() < 0.01


@pytest.mark.parametrize("dtype", SHORT)
def test_a_small_step_moves_a_few_values_that_no_statistic_sees(dtype):
    torch.manual_seed(1)
    model = Short(layers(), dtype)
    weight, bound = model.inner[0].weight, 48**-0.5

    def off_uniform():
        sorted_ = weight.detach().double().flatten().sort().values
        expected = (sorted_ / bound + 1) / 2
        places = torch.arange(1, weight.numel() + 1) / weight.numel()
        return (expected - places).abs().max() * weight.numel() ** 0.5

    fresh = off_uniform()
    moved = step(model, 1e-4)["inner.0.weight"]
    assert 0 < moved < 0.05
    assert abs(off_uniform() - fresh) < 0.1


@pytest.mark.parametrize("dtype", SHORT)
@pytest.mark.parametrize("steps, rate", [(0, 0), (1, 1e-5), pytest.param(1000, 1e-1, marks=pytest.mark.full)])  # fmt: skip
def test_nothing_is_drawn_anew(tmp_path, dtype, steps, rate):
    torch.manual_seed(1)
    model = Short(layers(), dtype)
    if steps:
        assert any(step(model, rate, steps).values()) or rate < 1e-4
    assert not any(starts_of(model, (48,), tmp_path).values())


def test_those_of_float32_beside_them_are_drawn_anew(tmp_path):
    torch.manual_seed(1)
    last = Short(nn.Linear(96, 10), torch.bfloat16)
    model = nn.Sequential(nn.Linear(48, 96), nn.ReLU(), last)
    starts = starts_of(model, (48,), tmp_path)
    assert {n for n, start in starts.items() if start} == {"0.weight", "0.bias"}


def test_a_variant_has_the_very_same_and_the_note_says_so(tmp_path):
    """A guest of float32 is drawn anew beside them."""
    tasks = []
    for seed, name in enumerate(("mine", "guest")):
        torch.manual_seed(seed)
        model = layers() if seed else Short(layers(), torch.bfloat16)
        tasks.append(Task(name, model, *vectors((48,), 40, 10, seed)))
    mine, guest = tasks
    job = Job(tmp_path, [mine], "", [guest], options=("--decoys", 1))
    text = " ".join(job.output.split())
    assert "4 of 4 trainable tensors keep their values, because in bfloat16" in text
    networks = [list(sub.parameters()) for sub in load_network(job.path).subnetworks]
    short = [own for own in networks if own[0].dtype == torch.bfloat16]
    assert len(short) == 2
    for own in short:
        assert all(map(same_bits, own, mine.initial.values()))
    (other,) = (own for own in networks if own[0].dtype != torch.bfloat16)
    assert not any(map(torch.equal, other, guest.initial.values()))
    assert all(map(same_bits, job.start(mine).values(), mine.initial.values()))
