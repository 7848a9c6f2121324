"""What torch.export would lose is found before a job is made: eager and exported models run side by side."""

import random

import amalgam
import numpy
import pytest
import torch
from conftest import assert_same_state, same_bits, vectors
from torch import nn
from torch.nn.utils import parametrizations
from torch.utils.checkpoint import checkpoint

X, Y = vectors((6,), 24, 3)
EXAMPLE = torch.zeros(4, 6)


def made(folder, model, example=EXAMPLE, data=(X, Y)):
    """The job of a model, and what comes back of the untrained job."""
    job = amalgam.obfuscate(model, example, data, job=folder / "job", key=folder / "key", start="keep", progress=False)  # fmt: skip
    return job, amalgam.extract(job.path / "weights.safetensors", key=job.key)


def refused(folder, model, *says, example=EXAMPLE, data=(X, Y)):
    with pytest.raises(amalgam.Error) as found:
        made(folder, model, example, data)
    text = str(found.value)
    assert all(word in text for word in says), text
    assert len(text.splitlines()) == 1 and found.value.code > 0
    assert not list(folder.iterdir())


def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Dropout(0.2), nn.Linear(8, 3))


class Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, g):
        return -0.5 * g


class Sign(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.sign()

    @staticmethod
    def backward(ctx, g):
        return g


class Twice(torch.autograd.Function):
    """Its backward is that of its operations."""

    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, g):
        return g * 2


class Model(nn.Module):
    """body, something between, head."""

    def __init__(self, between=None):
        super().__init__()
        torch.manual_seed(0)
        self.body, self.head = nn.Linear(6, 8), nn.Linear(8, 3)
        self.between = between

    def forward(self, x):
        return self.head(self.between(torch.tanh(self.body(x))))


def hooked(x):
    if x.requires_grad:
        x.register_hook(lambda g: g * 0.1)
    return x


def test_a_backward_of_its_own(tmp_path):
    refused(tmp_path, Model(Reverse.apply), "gradients of 'body'", "'Reverse' is dropped")  # fmt: skip
    refused(tmp_path, Model(Sign.apply), "'Sign' is dropped")
    refused(tmp_path, Model(hooked), "gradients of 'body'", "register_hook")
    made(tmp_path, Model(Twice.apply))


class Inferring(nn.Module):
    """One layer under inference_mode, called by an inner module; its result is cloned or not."""

    def __init__(self, clone):
        super().__init__()
        self.inner, self.head, self.clone = nn.Module(), nn.Linear(8, 3), clone
        self.inner.layer = nn.Linear(6, 8)
        self.inner.forward = self.run

    @torch.inference_mode()
    def run(self, x):
        return self.inner.layer(x)

    def forward(self, x):
        x = self.inner(x)
        return self.head(x.clone() if self.clone else x)


def test_inference_mode_is_named(tmp_path):
    enter = torch.inference_mode.__enter__
    refused(tmp_path, Inferring(True), "gradients of 'inner.layer'", "'inner' runs under torch.inference_mode()", "write torch.no_grad() in its place")  # fmt: skip
    refused(tmp_path, Inferring(False), "a part runs under torch.inference_mode(); write torch.no_grad()")  # fmt: skip
    assert torch.inference_mode.__enter__ is enter


def test_hooks(tmp_path):
    model = net()
    model[0].weight.register_hook(lambda g: g * 0.1)
    refused(tmp_path, model, "gradients of '0'", "the parameter '0.weight'")
    model = net()
    model[3].register_full_backward_hook(lambda m, i, o: tuple(g * 0.1 for g in i))
    refused(tmp_path, model, "a hook on '3' is dropped")
    model = net()
    model[3].register_full_backward_pre_hook(lambda m, o: tuple(g * 2 for g in o))
    refused(tmp_path, model, "a hook on '3' is dropped")
    model = net()
    model[3].bias.register_post_accumulate_grad_hook(lambda p: None)
    refused(tmp_path, model, "'3.bias' has a hook")
    model = net()
    seen = []
    model[0].register_forward_hook(lambda m, i, o: o * 2)
    model[0].register_forward_pre_hook(lambda m, i: (i[0] + 1,))
    model[1].register_full_backward_hook(lambda m, i, o: seen.append(1))
    made(tmp_path, model)  # what forward hooks compute is in the graph


def test_checkpoints(tmp_path):
    def over(layer, reentrant):
        return lambda x: checkpoint(layer, x, use_reentrant=reentrant)

    refused(tmp_path, Model(over(torch.tanh, True)), "use_reentrant=False")
    first = nn.Sequential(over_first := nn.Module(), nn.Linear(6, 3))
    over_first.forward = over(nn.Linear(6, 6), True)
    refused(tmp_path, first, "use_reentrant=False")  # no gradient reaches its input
    made(tmp_path, Model(over(nn.Sequential(nn.Tanh(), nn.Dropout(0.2)), False)))


class Annealed(Model):
    def __init__(self):
        super().__init__()
        self.step = 0

    def forward(self, x):
        if self.training:
            self.step += 1
        return self.head(torch.tanh(self.body(x) * (1 + 0.5 * self.step)))


class Stateful(Model):
    def __init__(self):
        super().__init__()
        self.last = torch.zeros(8)

    def forward(self, x):
        s = self.body(x) + self.last
        self.last = s.mean(0).detach()
        return self.head(s)


class LayerDrop(Model):
    def forward(self, x):
        x = torch.tanh(self.body(x))
        return self.head(x if random.random() < 0.999 else x * 2)


class NumpyMask(Model):
    def forward(self, x):
        kept = (numpy.random.rand(6) < 0.7).astype(numpy.float32)
        return self.head(self.body(x * torch.as_tensor(kept)))


class OwnGenerator(Model):
    def __init__(self):
        super().__init__()
        self.draw = random.Random(1)

    def forward(self, x):
        return self.head(self.body(x)) * (1 if self.draw.random() < 0.9999 else 2)


class OnlyInEval(Model):
    def forward(self, x):
        x = self.body(x)
        return self.head(x if self.training else x * random.random())


def test_what_python_keeps(tmp_path):
    refused(tmp_path, Annealed(), "'step' changes from batch to batch", "register_buffer")  # fmt: skip
    refused(tmp_path, Stateful(), "'last' changes from batch to batch")
    refused(tmp_path, LayerDrop(), "draws from Python's random numbers")
    refused(tmp_path, NumpyMask(), "draws from numpy's random numbers")
    refused(tmp_path, OwnGenerator(), "'draw' draws random numbers of its own")
    refused(tmp_path, OnlyInEval(), "draws from Python's")


class Counts(Model):
    def __init__(self):
        super().__init__(torch.tanh)
        self.calls, self.lock = 0, open(__file__)  # noqa: SIM115 - what can't be copied
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, x):
        self.calls += 1
        self.seen.add_(1)
        return super().forward(x) + torch.rand(1)


def test_the_model_and_the_process_are_left_as_they_were(tmp_path):
    model = Counts()
    hook = model.body.weight.register_hook(lambda g: g)
    model(torch.ones(2, 6)).sum().backward()
    before = {n: t.clone() for n, t in model.state_dict().items()}
    gradients = {n: p.grad.clone() for n, p in model.named_parameters()}
    states = random.getstate(), numpy.random.get_state()[1].tobytes()
    job, found = made(tmp_path, model)
    assert model.calls == 1 and model.training and model.seen == 1
    assert_same_state(before, model.state_dict())
    assert all(same_bits(p.grad, gradients[n]) for n, p in model.named_parameters())
    assert states == (random.getstate(), numpy.random.get_state()[1].tobytes())
    assert not torch.are_deterministic_algorithms_enabled()
    assert len(model.body.weight._backward_hooks) == 1
    assert any("'calls' of the model changed" in note for note in job.facts["notes"])
    assert_same_state(found, before)
    hook.remove()
    model.lock.close()


def old(name, layer):
    return getattr(nn.utils, name)(layer)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("norm", [
    lambda layer: old("weight_norm", layer), lambda layer: old("spectral_norm", layer),
    parametrizations.weight_norm, parametrizations.spectral_norm, parametrizations.orthogonal,
])  # fmt: skip
def test_weights_that_are_computed(tmp_path, norm):
    model = nn.Sequential(norm(nn.Linear(6, 8)), nn.Tanh(), nn.Linear(8, 3))
    _, found = made(tmp_path, model)
    assert_same_state(found, model.state_dict())


class Extra(nn.Linear):
    def get_extra_state(self):
        return {"step": 3}

    def set_extra_state(self, state):
        pass


def with_state_hook(hook):
    model = net()
    model._register_state_dict_hook(hook)
    return model


def test_nothing_of_the_state_dict_is_lost(tmp_path):
    refused(tmp_path, Extra(6, 3), "the model keeps extra state")
    refused(tmp_path, nn.Sequential(nn.Linear(6, 6), Extra(6, 3)), "'1' keeps extra state")  # fmt: skip
    more = with_state_hook(lambda m, state, *_: state.update(version=3))
    refused(tmp_path, more, "adds 'version' (int)")
    more = with_state_hook(lambda m, state, *_: state.update(mean=torch.ones(1)))
    refused(tmp_path, more, "adds 'mean' (Tensor)")
    half = with_state_hook(lambda m, s, *_: s.update({"0.bias": s["0.bias"].half()}))
    refused(tmp_path, half, "changes '0.bias'")
    less = with_state_hook(lambda m, state, *_: (state.pop("0.bias"), None)[1])
    refused(tmp_path, less, "removes '0.bias'")
    model = net()
    model.register_buffer("scratch", torch.ones(3), persistent=False)
    _, found = made(tmp_path, model)
    assert_same_state(found, model.state_dict())


def test_nan_among_the_parameters(tmp_path):
    model = net()
    with torch.no_grad():
        model[3].weight[0, 0] = float("nan")
    refused(tmp_path, model, "'3.weight' holds nan")
    model[3].weight.requires_grad_(False)
    made(tmp_path, model)


class Grows(nn.Linear):
    """A buffer that has another shape once the model has trained, as torch's observers of quantization."""

    def __init__(self):
        super().__init__(6, 3)
        self.register_buffer("seen", torch.zeros(1))

    def forward(self, x):
        self.seen.resize_(6).copy_(x.detach().mean(0))
        return super().forward(x)


def test_a_buffer_that_changes_its_shape_is_refused(tmp_path):
    refused(tmp_path, Grows(), "'seen' of the model is [1]", "becomes [6]")
    refused(tmp_path, nn.Sequential(nn.Tanh(), Grows()), "'1.seen'")


class Centred(nn.Linear):
    """Keeps the mean of its batch by an operation that writes where it is told."""

    def __init__(self):
        super().__init__(6, 3)
        self.register_buffer("mean", torch.zeros(6))

    def forward(self, x):
        with torch.no_grad():
            torch.mean(x, 0, out=self.mean)
        return super().forward(x - self.mean)


def test_an_operation_writes_its_result_into_a_buffer(tmp_path):
    job, found = made(tmp_path, Centred())
    trained = amalgam.extract(job.train(out=tmp_path / "result"), key=job.key)  # fmt: skip
    assert (found["mean"] == 0).all() and (trained["mean"] > 0).all()


@pytest.mark.parametrize("hooked", ["parameters", "module", "before a module"])
def test_hooks_that_made_no_difference_are_named(tmp_path, hooked):
    model = net()
    if hooked == "parameters":
        for parameter in model.parameters():
            parameter.register_hook(lambda g: g.clamp(-100, 100))
        named = "the parameter '0.weight' and 3 more"
    elif hooked == "module":
        model[3].register_full_backward_hook(lambda *_: None)
        named = "'3'"
    else:
        model[0].register_full_backward_pre_hook(lambda *_: None)
        named = "'0'"
    job, _ = made(tmp_path, model)
    assert any(f"gradients of {named} is not in the job" in note for note in job.facts["notes"])  # fmt: skip


@torch.library.custom_op("mine::twice", mutates_args=())
def twice(x: torch.Tensor) -> torch.Tensor:
    return x * 2


class OfItsOwn(nn.Linear):
    def forward(self, x):
        return twice(super().forward(x))


def test_messages_name_the_task_and_no_temporary_file(tmp_path):
    twice.register_fake(torch.empty_like)
    twice.register_autograd(lambda context, gradient: gradient * 2)
    refused(tmp_path, OfItsOwn(6, 3), "task 'task': the model: ", "torch.ops.mine.twice.default")  # fmt: skip
    with pytest.raises(amalgam.UnsupportedError, match=r"^decoys\[0\]: the model: "):
        amalgam.obfuscate(net(), EXAMPLE, (X, Y), decoys=[amalgam.Task(OfItsOwn(6, 3), EXAMPLE, (X, Y))], job=tmp_path / "job", key=tmp_path / "key")  # fmt: skip
