"""That everything which state_dict() holds is in the exported program, so that all of it comes back."""

from __future__ import annotations

import torch
from torch import nn

from .errors import ExportError

_EXTRA = "_extra_state"


def _expected(model: nn.Module) -> dict[str, torch.Tensor]:
    """Parameters and persistent buffers, by every name that they have."""
    found: dict[str, torch.Tensor] = dict(model.named_parameters(remove_duplicate=False))  # fmt: skip
    for path, module in model.named_modules(remove_duplicate=False):
        for name, buffer in module._buffers.items():
            if buffer is not None and name not in module._non_persistent_buffers_set:
                found[f"{path}.{name}" if path else name] = buffer
    return found


def _finding(name: str, value: object, expected: dict[str, torch.Tensor]) -> str:
    owner = name.rpartition(".")[0]
    where = f"'{owner}'" if owner else "the model"
    if name.endswith(_EXTRA):
        return f"{where} keeps extra state (get_extra_state), which no exported program holds; make it a buffer (register_buffer), or remove the method while amalgam runs"  # fmt: skip
    if name not in expected:
        return f"a hook adds '{name}' ({type(value).__name__}) to the state dict of {where}, and no exported program holds it; make it a buffer (register_buffer), or remove the hook while amalgam runs"  # fmt: skip
    return f"a hook changes '{name}' in the state dict of {where}; remove the hook while amalgam runs"  # fmt: skip


def check_state(model: nn.Module) -> None:
    """Raises ExportError where state_dict() is not the parameters and persistent buffers alone, as they are,
    or where a trained parameter holds nan."""
    for name, parameter in model.named_parameters():
        if parameter._post_accumulate_grad_hooks:
            raise ExportError(f"the parameter '{name}' has a hook that runs after its gradient, which export drops; remove it while amalgam runs")  # fmt: skip
        if parameter.requires_grad and bool(torch.isnan(parameter).any()):
            raise ExportError(f"the parameter '{name}' holds nan, which training spreads; initialize or load it again")  # fmt: skip
    expected, state = _expected(model), model.state_dict()
    for name, value in state.items():
        known = expected.get(name)
        if known is None or not isinstance(value, torch.Tensor) or value.data_ptr() != known.data_ptr() or value.shape != known.shape:  # fmt: skip
            raise ExportError("something would be lost: " + _finding(name, value, expected))  # fmt: skip
    missing = [name for name in expected if name not in state]
    if missing:
        raise ExportError(f"a hook removes '{missing[0]}' from the state dict; remove the hook while amalgam runs")  # fmt: skip
