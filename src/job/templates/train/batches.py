class Batches:
    """The batches of an epoch: rows in a seeded order, of which each process reads its share."""

    def __init__(self, rows, training, placement):
        self.rows, self.seed, self.placement = rows, training["seed"], placement
        size, count = training["batch_size"], rows.count
        spans = [(first, min(first + size, count)) for first in range(0, count, size)]
        # A last one that would leave a process one row goes.
        self.spans = [span for span in spans if span[1] - span[0] >= placement.fewest_rows]

    def __len__(self):
        return len(self.spans)

    def order(self, epoch):
        """The numbers of all rows, as the epoch visits them."""
        generator = torch.Generator().manual_seed(self.seed + epoch)
        return torch.randperm(self.rows.count, generator=generator)

    def read(self, order, index, devices):
        """This process's rows of a batch, by device."""
        return self.rows.on_devices(self.placement.share(order[slice(*self.spans[index])]), devices)
