"""The attackers that train, on streams whose answer is known."""

import numpy
import pytest
import torch
from amalgam.attackers.attribution import Attribution, concentration
from amalgam.attackers.classifier import RowClassifier
from amalgam.attackers.leakage import Leakage, psnr, recover
from amalgam.attackers.learnability import Generalisation, LossCurve
from amalgam.attackers.reference import fit
from amalgam.attackers.stream import Stream
from amalgam.attackers.weights import Weights

ROWS, SIDE = 320, 8


def blobs(seed, labels="true", noise=0.3):
    """Images of one bright spot, whose place is the class."""
    random = numpy.random.default_rng(seed)
    y = random.integers(0, 4, ROWS)
    x = random.normal(size=(ROWS, 1, SIDE, SIDE)).astype(numpy.float32) * noise
    for row, label in enumerate(y):
        x[row, 0, 1 + 4 * (label // 2) : 4 + 4 * (label // 2), 1 + 4 * (label % 2) : 4 + 4 * (label % 2)] += 2  # fmt: skip
    if labels == "random":
        y = random.integers(0, 4, ROWS)
    return Stream.of({"kind": "image", "shape": [1, SIDE, SIDE], "values": x.ravel(), "labels": y}, [1, SIDE, SIDE])  # fmt: skip


def texts(seed, order=None):
    """A Markov chain over 20 tokens, under other numbers if wanted."""
    random = numpy.random.default_rng(seed)
    follows = random.dirichlet(numpy.full(20, 0.2), 20)
    x = numpy.zeros((ROWS, 16), numpy.int64)
    for place in range(1, 16):
        x[:, place] = [random.choice(20, p=follows[token]) for token in x[:, place - 1]]
    x = x if order is None else order[x]
    return Stream.of({"kind": "text", "shape": [16], "values": x.astype(numpy.float32).ravel(), "labels": numpy.zeros(0, numpy.int64)}, [1, 8, 8])  # fmt: skip


def test_a_stream_that_can_be_learned_is_told_from_one_that_cannot():
    real, random = fit(blobs(0)), fit(blobs(0, "random"))
    learned, guessed = Generalisation().measure(real), Generalisation().measure(random)
    assert learned[0] > 0.9 and abs(guessed[0]) < 0.25
    assert guessed[1] > learned[1]  # what it knows of random labels is by heart
    curves = LossCurve().measure(real), LossCurve().measure(random)
    assert curves[0][0] < 0.3 * curves[1][0]
    assert Weights().measure(real) != Weights().measure(random)


def test_the_same_stream_gives_the_same_numbers():
    one, two = fit(blobs(1)), fit(blobs(1))
    for attacker in (LossCurve(), Generalisation(), Weights(), Leakage(), Attribution()):  # fmt: skip
        assert attacker.measure(one) == attacker.measure(two)
        assert len(attacker.measure(one)) == len(attacker.statistics)


def test_numbers_of_tokens_do_not_matter():
    order = numpy.random.default_rng(5).permutation(20) + 100
    plain, renumbered = fit(texts(2)), fit(texts(2, order))
    for attacker in (LossCurve(), Generalisation(), Weights(), Attribution()):
        assert attacker.measure(plain) == pytest.approx(attacker.measure(renumbered), abs=1e-6)  # fmt: skip
    assert Generalisation().measure(plain)[0] > 0.1  # the next token can be told


def test_gradients_give_a_row_of_a_linear_layer_away():
    torch.manual_seed(0)
    row, layer = torch.randn(1, 30), torch.nn.Linear(30, 4)

    def gradients(guess, differentiable):
        loss = torch.nn.functional.cross_entropy(layer(guess), torch.tensor([2]))
        return torch.autograd.grad(loss, list(layer.parameters()), create_graph=differentiable)  # fmt: skip

    found, left = recover(gradients, row, [30], 500)
    assert psnr(found, row) > 25 and left < 1e-3
    assert psnr(torch.zeros_like(row), row) < 20


def test_attribution_sees_where_a_stream_is_looked_at():
    assert concentration(torch.ones(50)) == pytest.approx(0, abs=1e-6)
    assert concentration(torch.eye(50)[0]) == pytest.approx(0.98)
    spot, noise = Attribution().measure(fit(blobs(3))), Attribution().measure(fit(blobs(3, noise=3)))  # fmt: skip
    assert spot[3] > noise[3]  # neighbours matter together


def test_a_classifier_of_rows_knows_its_generator():
    """Spots against the same values in random places: games to learn from, and others to tell."""

    def game(seed):
        real = blobs(seed)
        random = numpy.random.default_rng(seed)
        shuffled = real.values.numpy().reshape(ROWS, -1).copy()
        for row in shuffled:
            random.shuffle(row)
        fake = Stream.of({"kind": "image", "shape": [1, SIDE, SIDE], "values": shuffled.ravel(), "labels": numpy.zeros(0, numpy.int64)}, [1, SIDE, SIDE])  # fmt: skip
        return [real, fake], [True, False]

    classifier = RowClassifier([game(seed) for seed in range(4)])
    streams, _ = game(9)
    real, fake = (classifier.measure(fit(stream)) for stream in streams)
    assert real[1] > 0.9 and fake[1] < 0.1 and real[0] > fake[0]
