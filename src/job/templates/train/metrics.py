class Metrics:
    """metrics.jsonl: a line of JSON for each finding, each once, whatever interrupts."""

    def __init__(self, path):
        self.path = path
        self.length = 0  # what was written whole

    def append(self, lines):
        text = "".join(json.dumps(line, allow_nan=False) + "\n" for line in lines).encode()
        with writing(self.path), open(self.path, "ab", buffering=0) as file:
            if file.write(text) != len(text):  # in one call: no half lines
                file.truncate(self.length)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.length += len(text)

    def flush(self):
        if self.length:
            with writing(self.path), open(self.path, "rb+") as file:
                os.fsync(file.fileno())

    def cut(self, length):
        """Drops what came after a checkpoint that knew `length` bytes: it will come again."""
        there = self.path.stat().st_size if self.path.exists() else 0
        self.length = min(there, length)
        if there < length:
            warn(f"{self.path}: lines were removed; those of before are not written again")
        elif there > length:
            with writing(self.path):
                os.truncate(self.path, length)
