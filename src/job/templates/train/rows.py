class Rows:
    """The rows of all shards of one split, by number."""

    def __init__(self, shards):
        self.shards = [Shard(HERE / shard["file"]) for shard in shards]
        counts = torch.tensor([0] + [shard["rows"] for shard in shards])
        self.first = counts.cumsum(0)
        self.count = int(self.first[-1])

    def pick(self, rows, device):
        """A dict of tensors with the given rows, in their order, from where they go to the device fastest."""
        picked = self._one_shard(rows) if len(self.shards) == 1 else self._gather(rows)
        return {name: x.pin_memory() for name, x in picked.items()} if device.type == "cuda" else picked

    def on_devices(self, picked, devices):
        """The batch of picked rows, by device."""
        return {device: self.batch(picked, device) for device in devices}

    def batch(self, picked, device):
        if device.type == "cuda":
            return {name: x.to(device, non_blocking=True) for name, x in picked.items()}
        return picked

    # NumPy takes rows on one thread, beside those that compute.
    def _one_shard(self, rows):
        return {name: torch.from_numpy(x.numpy()[rows.numpy()]) for name, x in self.shards[0].tensors.items()}

    def _gather(self, rows):
        where = torch.bucketize(rows, self.first[1:], right=True)
        picked = {name: x.new_empty((len(rows), x.shape[1])) for name, x in self.shards[0].tensors.items()}
        for number in where.unique().tolist():
            mask = (where == number).numpy()
            own = (rows - self.first[number]).numpy()[mask]
            for name, x in self.shards[number].tensors.items():
                picked[name].numpy()[mask] = x.numpy()[own]
        return picked
