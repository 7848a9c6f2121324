class Batches:
    """The batches of an epoch: rows in a seeded order, of which each process reads its share."""

    def __init__(self, rows, training, placement):
        self.rows, self.seed, self.placement = rows, training["seed"], placement
        size, count = training["batch_size"], rows.count
        spans = [(first, min(first + size, count)) for first in range(0, count, size)]
        # A last one that would leave a process one row goes.
        self.spans = [span for span in spans if span[1] - span[0] >= placement.fewest_rows]
        self.ahead = Ahead(self._pick)

    def __len__(self):
        return len(self.spans)

    def order(self, epoch):
        """The numbers of all rows, as the epoch visits them."""
        generator = torch.Generator().manual_seed(self.seed + epoch)
        return torch.randperm(self.rows.count, generator=generator)

    def read(self, order, index, devices):
        """This process's rows of a batch, by device."""
        following = (order, index + 1) if index + 1 < len(self) else None
        return self.rows.on_devices(self.ahead.get((order, index), following), devices)

    def _pick(self, order, index):
        return self.rows.pick(self.placement.share(order[slice(*self.spans[index])]), self.placement.device)


class Ahead:
    """One thread reads what is asked for next while this one computes."""

    def __init__(self, read):
        self.read = read
        self.pool = ThreadPoolExecutor(1)
        self.expected, self.coming = None, None

    def get(self, what, following):
        """read(*what); `following` is expected next, or None."""
        found = self.coming.result() if self.coming and self._is_expected(what) else self.read(*what)
        self.expected, self.coming = following, following and self.pool.submit(self.read, *following)
        return found

    def _is_expected(self, what):
        return all(
            one is other or (isinstance(one, int) and one == other)
            for one, other in zip(what, self.expected, strict=True)
        )
