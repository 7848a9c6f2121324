"""amalgam.transforms: what each draws, one draw a sample, and that an exported transform is the transform, bit for bit."""

import math

import pytest
import torch
from amalgam import transforms as T
from torch import nn

CLASSES = 10
TOKENS = 50


def pictures(rows, seed=0, size=12):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, (rows, 3, size, size), generator=generator).to(torch.uint8)  # fmt: skip


def labels(rows, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, CLASSES, (rows,), generator=generator)


def masks(rows, seed=0, size=12):
    return (pictures(rows, seed, size)[:, 0] % 4).to(torch.int64)


def texts(rows, seed=0, length=16):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(4, TOKENS, (rows, length), generator=generator)


IMAGES = {
    "crop": T.RandomCrop(2),
    "flip": T.RandomHorizontalFlip(),
    "vertical": T.RandomVerticalFlip(0.3),
    "resized": T.RandomResizedCrop((8, 10)),
    "affine": T.RandomAffine(20, (0.1, 0.2), (0.8, 1.2), 10),
    "jitter": T.ColorJitter(0.4, 0.4, 0.4, 0.1),
    "gray": T.RandomGrayscale(0.4),
    "erasing": T.RandomErasing(),
    "normalize": T.Normalize(T.IMAGENET),
    "noise": T.GaussianNoise(3.0),
}
CASES = {
    **{name: (T.Chain(one), {"x": pictures}) for name, one in IMAGES.items()},
    "mixup": (T.Chain(T.MixUp(CLASSES)), {"x": pictures, "y": labels}),
    "cutmix": (T.Chain(T.CutMix(CLASSES)), {"x": pictures, "y": labels}),
    "mask": (T.Chain(T.MaskTokens(3, TOKENS, [0, 1, 2])), {"x": texts}),
    "drop": (T.Chain(T.DropTokens(0.2, 3)), {"x": texts}),
    "swap": (T.Chain(T.SwapTokens(0.5, [7])), {"x": texts}),
    "segmentation": (
        T.Chain(*(T.On(IMAGES[n], mask="y") for n in ("crop", "flip", "resized", "affine"))),
        {"x": pictures, "y": masks},
    ),
    "imagenet": (
        T.Chain(IMAGES["resized"], IMAGES["flip"], IMAGES["jitter"], IMAGES["normalize"], T.MixUp(CLASSES)),
        {"x": pictures, "y": labels},
    ),
}  # fmt: skip


class Positional(nn.Module):
    """The chain on tensors in order, as a program has them."""

    def __init__(self, chain, names):
        super().__init__()
        self.chain, self.names = chain, names

    def forward(self, *tensors):
        return self.chain(**dict(zip(self.names, tensors, strict=True)))


@pytest.mark.parametrize("name", CASES)
def test_an_exported_transform_is_the_transform(name):
    chain, fields = CASES[name]
    module = Positional(chain, list(fields))
    batch = torch.export.Dim("batch", min=2)
    example = tuple(make(4) for make in fields.values())
    program = torch.export.export(module, example, dynamic_shapes=(tuple({0: batch} for _ in example),))  # fmt: skip
    exported = program.module()
    for rows, seed in ((4, 1), (7, 2), (2, 3)):
        given = [make(rows, seed) for make in fields.values()]
        torch.manual_seed(seed)
        expected = module(*given)
        state = torch.get_rng_state()
        torch.manual_seed(seed)
        found = exported(*given)
        assert torch.equal(torch.get_rng_state(), state)
        assert found.keys() == expected.keys()
        for field, value in expected.items():
            assert found[field].dtype == value.dtype
            assert torch.equal(found[field], value), field


@pytest.mark.parametrize("name", CASES)
def test_each_sample_has_draws_of_its_own(name):
    chain, fields = CASES[name]
    torch.manual_seed(0)
    same = {n: make(1, 5).expand(64, *[-1] * (make(1).dim() - 1)).contiguous() for n, make in fields.items()}  # fmt: skip
    found = chain(**same)["x"]
    if name == "normalize":
        assert torch.equal(found, found[:1].expand_as(found))
        return
    different = {bytes(row.numpy().tobytes()) for row in found}
    # Mixing a sample with its equal leaves it; elsewhere there are at least the two that are changed and not.
    assert len(different) == 1 if name == "cutmix" else len(different) >= 2


def test_a_mask_is_moved_as_its_image_is():
    x = torch.arange(24.0).repeat(8, 1, 24, 1) + 100 * torch.arange(24.0).view(24, 1)
    for one in (T.RandomCrop(3), T.RandomHorizontalFlip(), T.RandomVerticalFlip()):
        moved, mask = one(x, x[:, 0].to(torch.int64))
        assert torch.equal(moved[:, 0].to(torch.int64), mask)
    halves = torch.zeros(8, 1, 24, 24)
    halves[:, :, :, 12:] = 1
    for one in (T.RandomResizedCrop(24), T.RandomAffine(30, (0.2, 0.2), (0.7, 1.3), 10)):  # fmt: skip
        moved, mask = one(halves, halves[:, 0].to(torch.uint8))
        assert mask.dtype == torch.uint8
        decided = (moved[:, 0] < 0.01) | (moved[:, 0] > 0.99)
        assert decided.float().mean() > 0.85
        assert torch.equal(moved[:, 0][decided].round().to(torch.uint8), mask[decided])


def test_a_crop_shifts_by_each_number_of_pixels_alike():
    x = torch.zeros(3000, 1, 9, 9, dtype=torch.uint8)
    x[:, :, 4, 4] = 1
    torch.manual_seed(0)
    found = T.RandomCrop(2)(x)[:, 0]
    assert found.dtype == torch.uint8
    counts = found.sum(0)
    assert counts.sum() == 3000
    assert counts[2:7, 2:7].min() > 70  # 120 expected, 11 the deviation
    assert counts[:2].sum() == counts[7:].sum() == counts[:, :2].sum() == 0


def test_an_affine_map_turns_pixels_as_squares():
    """A quarter turn of a wide image: its middle square is that of the image turned by hand."""
    x = torch.rand(2, 1, 8, 16)
    found = T.RandomAffine((90, 90))(x)
    middle = x[:, :, :, 4:12]
    turned = [torch.rot90(middle, k, (2, 3)) for k in (1, 3)]
    assert any(torch.allclose(found[:, :, :, 4:12], one, atol=1e-5) for one in turned)


def test_an_affine_map_shifts_scales_and_shears():
    x = torch.zeros(400, 1, 32, 32)
    x[:, :, 15:17, 15:17] = 1
    torch.manual_seed(0)
    found = T.RandomAffine(translate=(0.25, 0.0))(x)
    at = (found.sum((1, 2)) * torch.arange(32.0)).sum(1) / found.sum((1, 2, 3)) - 15.5
    assert -8.01 < at.min() < -7 and 7 < at.max() < 8.01
    assert abs(float(at.mean())) < 0.8
    assert torch.allclose(found.sum(2).amax(1).amax(1), found.sum(2)[:, 0].amax(1))
    twice = T.RandomAffine(scale=(2.0, 2.0))(x[:2])
    assert float(twice.sum()) == pytest.approx(4 * float(x[:2].sum()), rel=0.05)
    line = torch.zeros(2, 1, 33, 33)
    line[:, :, :, 16] = 1
    sheared = T.RandomAffine(shear=(45, 45))(line)[0, 0]
    columns = sheared.argmax(1)[8:25]
    assert columns.diff().abs().tolist() == [1] * 16


def test_a_resized_crop_covers_the_area_that_was_drawn():
    """Coordinates as pixels: what a crop spans is its width and height."""
    ramp = torch.arange(64.0)
    x = torch.stack([ramp.expand(64, 64), ramp[:, None].expand(64, 64)]).expand(500, 2, 64, 64)  # fmt: skip
    torch.manual_seed(0)
    found = T.RandomResizedCrop(16, (0.25, 0.5), (0.5, 2.0))(x)
    wide = (found[:, 0, 0, -1] - found[:, 0, 0, 0]) * 16 / 15
    high = (found[:, 1, -1, 0] - found[:, 1, 0, 0]) * 16 / 15
    area, ratio = wide * high / 64**2, wide / high
    assert area.min() > 0.24 and area.max() < 0.51
    assert abs(float(area.mean()) - 0.375) < 0.02
    assert ratio.min() > 0.49 and ratio.max() < 2.05
    assert abs(float(ratio.log().mean())) < 0.08
    whole = T.RandomResizedCrop(64, (1.0, 1.0), (1.0, 1.0))(x[:2].contiguous())
    assert torch.allclose(whole, x[:2], atol=1e-3)


def test_colours_follow_their_formulas():
    x = pictures(6).to(torch.float32)
    assert torch.equal(T.ColorJitter()(x), x)
    assert torch.allclose(T.ColorJitter(brightness=(0.5, 0.5))(x), x * 0.5)
    gray = (x * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)  # fmt: skip
    assert torch.allclose(T.ColorJitter(saturation=(0.0, 0.0))(x), gray.expand_as(x), atol=1e-3)  # fmt: skip
    flat = T.ColorJitter(contrast=(0.0, 0.0))(x)
    assert torch.allclose(flat, gray.mean((1, 2, 3), keepdim=True).expand_as(x), atol=1e-3)  # fmt: skip
    assert torch.allclose(T.RandomGrayscale(1.0)(x), gray.expand_as(x), atol=1e-3)


def test_a_hue_is_turned_as_colorsys_does():
    import colorsys

    x = pictures(2).to(torch.float32)
    found = T.ColorJitter(hue=(0.25, 0.25))(x)
    for row in range(2):
        for place in range(12):
            red, green, blue = (x[row, :, place, place] / 255).tolist()
            hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
            expected = colorsys.hsv_to_rgb((hue + 0.25) % 1, saturation, value)
            assert (found[row, :, place, place] / 255).tolist() == pytest.approx(expected, abs=1e-5)  # fmt: skip


def test_normalisation_is_that_of_the_recipe():
    x = pictures(3)
    mean, std = (torch.tensor(one).view(1, 3, 1, 1) for one in T.IMAGENET)
    assert torch.equal(T.Normalize(T.IMAGENET)(x), x.to(torch.float32).div(255.0).sub(mean).div(std))  # fmt: skip


def test_erased_parts_have_the_area_that_was_drawn():
    x = torch.ones(2000, 1, 40, 40, dtype=torch.uint8)
    torch.manual_seed(0)
    found = T.RandomErasing(0.5, (0.1, 0.3))(x)
    erased = 1 - found.float().mean((1, 2, 3))
    hit = erased > 0
    assert abs(float(hit.float().mean()) - 0.5) < 0.05
    assert erased[hit].min() > 0.08 and erased[hit].max() < 0.33
    assert abs(float(erased[hit].mean()) - 0.2) < 0.01
    rows = (found[:, 0] == 0).any(2).float().mean(0)
    assert rows[0] > 0.01 and rows[-1] > 0.01


@pytest.mark.parametrize("alpha", [0.2, 1.0, 3.0])
def test_mixup_mixes_samples_and_targets_by_the_same_part(alpha):
    rows = 4000
    x = torch.rand(rows, 1, 1, 2)
    y = labels(rows)
    torch.manual_seed(0)
    mixed, soft = T.MixUp(CLASSES, alpha)(x, y)
    assert torch.allclose(soft.sum(1), torch.ones(rows))
    own = soft[torch.arange(rows), y]
    apart = (soft > 0).sum(1) == 2  # the partner is of another class
    assert apart.float().mean() > 0.7 if alpha > 0.5 else apart.any()
    part = own[apart]
    variance = 1 / (4 * (2 * alpha + 1))  # of Beta(alpha, alpha)
    assert abs(float(part.mean()) - 0.5) < 0.03
    if alpha >= 1:  # below, many parts round to 0 or 1, which `apart` leaves out
        assert float(part.var()) == pytest.approx(variance, rel=0.1)
    partner = (mixed - x * own.view(-1, 1, 1, 1)) / (1 - own).view(-1, 1, 1, 1)
    inner = apart & (own < 0.9)
    near = torch.cdist(partner[inner].flatten(1), x.flatten(1)).amin(1)
    assert float(near.max()) < 1e-3


def test_mixup_takes_real_targets_as_they_are():
    x, y = torch.rand(50, 4), torch.rand(50, 2)
    torch.manual_seed(0)
    mixed, target = T.MixUp()(torch.cat([x, y], 1), y)
    assert torch.allclose(mixed[:, 4:], target, atol=1e-6)


def test_cutmix_gives_targets_by_the_area():
    rows = 500
    y = labels(rows)
    x = y.view(-1, 1, 1, 1).expand(-1, 1, 20, 20).to(torch.uint8)
    torch.manual_seed(0)
    mixed, soft = T.CutMix(CLASSES)(x, y)
    assert mixed.dtype == torch.uint8
    counts = torch.stack([(mixed == c).float().mean((1, 2, 3)) for c in range(CLASSES)], 1)  # fmt: skip
    assert torch.allclose(counts, soft, atol=1e-5)
    assert 0.4 < float(soft[torch.arange(rows), y].mean()) < 0.65


def test_masked_tokens_are_those_of_the_paper():
    x = texts(400, length=100)
    x[:, 0] = 1
    torch.manual_seed(0)
    found = T.MaskTokens(3, TOKENS, [1])(x)
    x_new, y = found["x"], found["y"]
    chosen = y != -100
    assert not chosen[:, 0].any()
    assert abs(float(chosen[:, 1:].float().mean()) - 0.15) < 0.01
    assert torch.equal(y[chosen], x[chosen]) and torch.equal(x_new[~chosen], x[~chosen])
    masked = (x_new[chosen] == 3).float().mean()
    kept = (x_new[chosen] == x[chosen]).float().mean()
    assert abs(float(masked) - 0.802) < 0.02 and abs(float(kept) - 0.102) < 0.02


def test_tokens_are_dropped_and_swapped():
    x = texts(500, length=40)
    torch.manual_seed(0)
    dropped = T.DropTokens(0.3, 3, special=[7])(x)
    hit = dropped != x
    assert torch.equal(dropped[hit], torch.full_like(dropped[hit], 3))
    assert not (hit & (x == 7)).any()
    assert abs(float(hit.float().mean()) - 0.3) < 0.02
    x[:, 20] = 7
    swapped = T.SwapTokens(0.4, special=[7])(x)
    assert torch.equal(swapped.sort(1).values, x.sort(1).values)
    assert torch.equal(swapped[:, 20], x[:, 20])
    place = torch.arange(40).expand(500, 40)
    moved = T.SwapTokens(0.4)(place + 100) - 100
    assert (moved - place).abs().max() == 1
    assert abs(float((moved != place)[:, 1:-1].float().mean()) - 0.4) < 0.02


def test_fields_of_other_names_and_what_is_wrong_is_said():
    chain = T.Chain(T.On(T.RandomHorizontalFlip(1.0), x="image", mask="where"))
    x = pictures(3)
    found = chain(image=x, where=masks(3), other=x)
    assert torch.equal(found["image"], x.flip(-1)) and torch.equal(found["where"], masks(3).flip(-1))  # fmt: skip
    assert torch.equal(found["other"], x)
    with pytest.raises(TypeError, match="takes the field 'x', and there are image; name its fields with On"):  # fmt: skip
        T.Chain(T.RandomCrop(2))(image=x)
    with pytest.raises(TypeError, match="no argument 'picture'; it takes x, mask"):
        T.On(T.RandomCrop(2), picture="x")
    with pytest.raises(TypeError, match="transform 0 is function"):
        T.Chain(lambda x: x)
    with pytest.raises(
        ValueError, match=r"takes images \[N, C, H, W\], and x is \[3, 4\]"
    ):
        T.RandomCrop(1)(torch.zeros(3, 4))
    with pytest.raises(ValueError, match="say how many there are, as in classes=10"):
        T.MixUp()(x.float(), labels(3))


@pytest.mark.parametrize(
    "make",
    [
        lambda: T.RandomCrop(0),
        lambda: T.RandomHorizontalFlip(1.5),
        lambda: T.RandomHorizontalFlip(math.nan),
        lambda: T.RandomResizedCrop(0),
        lambda: T.RandomResizedCrop(8, (0.5, 1.5)),
        lambda: T.RandomAffine(-1),
        lambda: T.RandomAffine(scale=(0.0, 1.0)),
        lambda: T.RandomAffine(translate=(2.0, 0.0)),
        lambda: T.ColorJitter(hue=0.7),
        lambda: T.ColorJitter(brightness=-0.1),
        lambda: T.Normalize((0.5,), (0.0,)),
        lambda: T.Normalize((0.5, 0.5), (1.0,)),
        lambda: T.RandomErasing(0.5, (0.5, 0.1)),
        lambda: T.MixUp(CLASSES, 0.0),
        lambda: T.GaussianNoise(-1.0),
        lambda: T.MaskTokens(60, TOKENS),
        lambda: T.MaskTokens(3, TOKENS, masked=0.9, replaced=0.2),
    ],
)
def test_a_setting_out_of_range_is_refused_at_once(make):
    with pytest.raises(ValueError, match=r"expected|one number"):
        make()
