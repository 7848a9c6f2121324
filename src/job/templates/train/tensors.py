TORCH_DTYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8,
    "U64": torch.uint64, "U32": torch.uint32, "U16": torch.uint16, "BOOL": torch.bool, "C64": torch.complex64,
    "F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2,
}  # fmt: skip
DTYPE_NAMES = {dtype: name for name, dtype in TORCH_DTYPES.items()}


class Shard:
    """A safetensors file, memory-mapped: rows are read when they are asked for."""

    def __init__(self, path):
        size = path.stat().st_size
        storage = torch.from_file(str(path), shared=False, size=size, dtype=torch.uint8)
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length))
        self.metadata = header.pop("__metadata__", {})
        self.tensors = {}
        for name, entry in header.items():
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            values = storage[begin:end].view(TORCH_DTYPES[entry["dtype"]])
            self.tensors[name] = values.view(entry["shape"])


def write_safetensors(file, tensors, metadata):
    """As safetensors does, but with metadata in their order: its own is another in each process."""
    names = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    header, offset = {"__metadata__": metadata}, 0
    for name in names:
        x, begin = tensors[name], offset
        offset += x.nbytes
        header[name] = {"dtype": DTYPE_NAMES[x.dtype], "shape": [*x.shape], "data_offsets": [begin, offset]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    file.write(len(text).to_bytes(8, "little") + text)
    for name in names:
        file.write(content(tensors[name]))


def content(tensor):
    """Its bytes, not copied."""
    return tensor.reshape(-1).view(torch.uint8).numpy()
