class Join:
    """Files of lanes, each of its sub-networks alone, as the files of all."""

    SPLITS = ("train-steps", "train", "valid")  # as they follow each other at one step

    def __init__(self, out, job, folders, keep):
        self.out, self.job, self.folders, self.keep = out, job, folders, keep

    def run(self):
        self._join_metrics()
        for name in ("ema", "best"):
            found = [self._weights(folder, name) for folder in self.folders]
            if any(found):
                # Without averages a sub-network keeps its weights.
                whole = [
                    one or self._weights(folder, "trained") for one, folder in zip(found, self.folders, strict=True)
                ]
                self._join(f"{name}.safetensors", whole)
        self._join_epochs()
        self._join("trained.safetensors", [self._weights(folder, "trained") for folder in self.folders])

    @staticmethod
    def _weights(folder, name):
        path = folder / f"{name}.safetensors"
        return path if path.exists() else None

    def _join(self, name, paths):
        tensors, epochs = {}, []
        for path in paths:
            shard = Shard(path)
            tensors.update(shard.tensors)
            epochs.append(shard.metadata.get("epochs"))
        said = {"epochs": self._in_order(paths, epochs)} if all(epochs) else {}
        self.out.save(name, tensors, {**self.job.metadata, **said})

    def _in_order(self, paths, epochs):
        """Best epochs by sub-network: a lane may have several, between which others stand."""
        by_number = {}
        for path, text in zip(paths, epochs, strict=True):
            numbers = sorted({int(name.split(".")[1]) for name in Shard(path).tensors})
            by_number.update(zip(numbers, text.split(","), strict=True))
        return ",".join(by_number[number] for number in sorted(by_number))

    def _epochs(self, folder):
        paths = folder.glob("epoch-*.safetensors")
        return {int(p.stem.removeprefix("epoch-")): p for p in paths}

    def _join_epochs(self):
        """A lane that has stopped stays in later epochs as it ended."""
        found = [self._epochs(folder) for folder in self.folders]
        if not all(found):
            return
        last = max(map(max, found))
        for number in sorted(set().union(*found)):
            before = [[n for n in one if n <= number] for one in found]
            if all(before) and (not self.keep.last or number > last - self.keep.last):
                paths = [one[max(numbers)] for one, numbers in zip(found, before, strict=True)]
                self._join(f"epoch-{number:03}.safetensors", paths)
        if self.keep.last:
            self.out.drop_epochs(last - self.keep.last)
        for one in found:
            for number, path in one.items():
                if number < max(one):  # the newest is needed for later epochs of the others
                    with writing(path):
                        path.unlink()

    def _join_metrics(self):
        lines = []
        for folder in self.folders:
            path = folder / "metrics.jsonl"
            lines += path.read_bytes().splitlines(keepends=True) if path.exists() else []
        self.out.replace("metrics.jsonl", b"".join(sorted(lines, key=self._place)))

    def _place(self, line):
        found = json.loads(line)
        return found["step"], self.SPLITS.index(found["split"]), found["sub-network"]
