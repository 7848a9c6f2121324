class Rows:
    """The rows of all shards of one split, by number."""

    def __init__(self, shards):
        self.shards = [Shard(HERE / shard["file"]) for shard in shards]
        counts = torch.tensor([0] + [shard["rows"] for shard in shards])
        self.first = counts.cumsum(0)
        self.count = int(self.first[-1])

    def on_devices(self, rows, devices):
        """The batch of the given rows, by device."""
        return {device: self.batch(rows, device) for device in devices}

    def batch(self, rows, device):
        """A dict of tensors with the given rows, in their order."""
        if len(self.shards) == 1:
            picked = {name: x[rows] for name, x in self.shards[0].tensors.items()}
        else:
            picked = self._gather(rows)
        if device.type == "cuda":
            return {name: x.pin_memory().to(device, non_blocking=True) for name, x in picked.items()}
        return picked

    def _gather(self, rows):
        where = torch.bucketize(rows, self.first[1:], right=True)
        picked = {name: x.new_empty((len(rows), x.shape[1])) for name, x in self.shards[0].tensors.items()}
        for number in where.unique().tolist():
            mask = where == number
            for name, x in self.shards[number].tensors.items():
                picked[name][mask] = x[rows[mask] - self.first[number]]
        return picked
