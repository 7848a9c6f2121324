"""Writes src/graph/operations/allowed_operations.txt: PyTorch's operations that do nothing but compute with their own tensors.

python scripts/allowed_operations.py        # with the newest PyTorch that is supported

An operation may stand in a model when its schema takes tensors, numbers, names of modes, devices and generators,
gives tensors or numbers, and changes no argument but the tensor that it is called on ("relu_"), or the one that takes its
result ("out", as the normalisation of torch's spectral_norm has it). What does more than its schema says is named below.
"""

import re
from pathlib import Path

import torch
import torch._prims

TABLE = (
    Path(__file__).resolve().parent.parent
    / "src/graph/operations/allowed_operations.txt"
)

PLAIN = {"Tensor", "bool", "complex", "float", "int", "number"}
TAKEN = PLAIN | {"str", "Device", "Generator"}

# Files, memory of others, storages and shapes exchanged under a tensor, autograd's own state, global state,
# internals of other back ends.
NEVER = re.compile(
    r"from_file|save|load|.*file.*|set_|set_data|_?resize.*|.*storage.*|.*data_ptr.*|.*address.*|data|requires_grad_|"
    r"retains?_grad|backward|_backward|record_stream|.*pin_memory|.*pinned|share_memory_?|_version|output_nr|"
    r"_fw_primal.*|_make_dual.*|_unpack_dual|_has_same_storage.*|_assert.*|.*seed.*|.*callback.*|.*hook.*|"
    r"_foreach.*|_fused.*|_amp.*|_?cuda.*|_?cudnn.*|_?mkldnn.*|_?mkl_.*|_mps.*|_?xnnpack.*|_?nnpack.*|_?vulkan.*|_?metal.*|"
    r"fbgemm.*|.*_pack.*weight.*|_debug.*|_test.*|_dist.*|_c10d.*|.*profil.*|_sink_.*|_make_token|print|warn|"
    r"_fill_mem_eff_dropout_mask_|sparse_resize.*|copy_sparse_.*|copy_to|_lazy.*|_propagate.*|_copy_from.*|__contains__|.*_cpu_.*shm.*|sym_constrain.*|_print"
)


def plain(kind, allowed):
    """Whether a type is one of `allowed`, or an option or a list of it."""
    while match := re.fullmatch(r"(?:Optional|List)\[(.*)\]", kind):
        kind = match[1]
    return kind in allowed


def allowed(schema):
    if NEVER.fullmatch(schema.name.split("::")[1]):
        return False
    arguments, returns = schema.arguments, schema.returns
    if not returns or not all(plain(str(r.type), PLAIN) for r in returns):
        return False
    if not all(plain(str(a.type), TAKEN) for a in arguments):
        return False
    if not any("Tensor" in str(x.type) for x in (*arguments, *returns)):
        return False
    written = [a for a in arguments if a.alias_info and a.alias_info.is_write]
    return all(a.name in ("self", "out") and str(a.type) == "Tensor" for a in written)


def table():
    """Lines of "<space>.<operation> <overload>...", sorted."""
    found = {}
    for schema in torch._C._jit_get_all_schemas():
        space, name = schema.name.split("::")
        if space in ("aten", "prims") and allowed(schema):
            overloads = found.setdefault(f"{space}.{name}", set())
            overloads.add(schema.overload_name or "default")
    return "".join(
        f"{name} {' '.join(sorted(found[name]))}\n" for name in sorted(found)
    )


if __name__ == "__main__":
    TABLE.write_text(table())
