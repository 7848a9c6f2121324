"""Rows of tokens [N, L]."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from .draws import probability

IGNORED = -100  # as cross entropy has it


def _chosen(x: torch.Tensor, p: float, special: torch.Tensor) -> torch.Tensor:
    """bool [N, L]: positions, each with probability p, but for special tokens."""
    chosen = torch.rand(x.shape, device=x.device) < p
    return chosen & ~torch.isin(x, special.to(x.dtype))


class _Tokens(nn.Module):
    """`special`: numbers of tokens that stay as they are: padding, beginning, end."""

    special: torch.Tensor

    def __init__(self, p: float, special: Sequence[int]) -> None:
        super().__init__()
        self.p = probability(p, type(self).__name__)
        self.register_buffer("special", torch.tensor(list(special), dtype=torch.int64))


class MaskTokens(_Tokens):
    """Inputs and targets of a masked language model: forward(x) gives x and y.

    Positions are chosen with probability p; of these, `masked` become the token `mask`, `replaced` one of `vocabulary`
    tokens, uniformly, and the rest stay. y [N, L] holds the token at chosen positions, and elsewhere -100, which cross
    entropy ignores. (Devlin et al. 2018, section 3.1.) The numbers of the tokens are read here, so they are never
    changed in a job.
    """

    def __init__(self, mask: int, vocabulary: int, special: Sequence[int] = (), p: float = 0.15, masked: float = 0.8, replaced: float = 0.1) -> None:  # fmt: skip
        super().__init__(p, special)
        if not 0 <= mask < vocabulary:
            raise ValueError(f"MaskTokens: mask is {mask}; expected a token from 0 to {vocabulary - 1}")  # fmt: skip
        self.mask, self.vocabulary = int(mask), int(vocabulary)
        self.masked = probability(masked, "MaskTokens: masked")
        self.replaced = probability(replaced, "MaskTokens: replaced")
        probability(masked + replaced, "MaskTokens: masked and replaced together")

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        chosen = _chosen(x, self.p, self.special)
        how = torch.rand(x.shape, device=x.device)
        other = torch.randint(0, self.vocabulary, x.shape, device=x.device).to(x.dtype)
        y = torch.where(chosen, x.to(torch.int64), IGNORED)
        x = torch.where(chosen & (how < self.masked), self.mask, x)
        replaced = chosen & (how >= self.masked) & (how < self.masked + self.replaced)
        return {"x": torch.where(replaced, other, x), "y": y}


class DropTokens(_Tokens):
    """Each token becomes `by` (unknown, or mask) with probability p."""

    def __init__(self, p: float, by: int, special: Sequence[int] = ()) -> None:
        super().__init__(p, special)
        self.by = int(by)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.where(_chosen(x, self.p, self.special), self.by, x)


class SwapTokens(_Tokens):
    """A token changes places with a neighbour with probability p, one at the ends with about half of it: pairs begin at
    even or at odd positions, drawn for each sample. A pair with a special token stays."""

    def __init__(self, p: float, special: Sequence[int] = ()) -> None:
        super().__init__(p, special)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        length = x.shape[1]
        place = torch.arange(length, device=x.device)
        odd = torch.randint(0, 2, (x.shape[0], 1), device=x.device)
        first = (place + odd) % 2 == 0  # of its pair
        partner = torch.where(first, place + 1, place - 1)
        exists = (partner >= 0) & (partner < length)
        partner = partner.clamp(0, length - 1)
        begin = torch.minimum(place, partner)  # both of a pair look at one draw
        swapped = (torch.rand(x.shape, device=x.device) < self.p).gather(1, begin)
        special = torch.isin(x, self.special.to(x.dtype))
        free = ~(special | special.gather(1, partner))
        return torch.where(swapped & exists & free, x.gather(1, partner), x)
