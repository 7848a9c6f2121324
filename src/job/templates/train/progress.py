class Judge:
    """What a sub-network's best epoch is so far, and whether it stops: by its own metric, of held-out rows where there are."""

    def __init__(self, recipe):
        self.metric, self.higher = recipe["best"]["metric"], recipe["best"]["better"] == "higher"
        self.patience = recipe["patience"]
        self.value, self.epoch, self.waited = None, 0, 0

    @property
    def stopped(self):
        return bool(self.patience) and self.waited >= self.patience

    def improves(self, found):
        """Whether an epoch's metrics are better than all before; what is not finite never is."""
        value = found.get(self.metric)
        if value is None or self.value is None:
            return value is not None
        return value > self.value if self.higher else value < self.value

    def note(self, found, epoch, improves):
        if improves:
            self.value, self.epoch, self.waited = found.get(self.metric), epoch, 0
        else:
            self.waited += 1

    def state(self):
        return [self.value, self.epoch, self.waited]

    def load(self, state):
        self.value, self.epoch, self.waited = state


class Keep:
    """Which files of epochs stay: --keep."""

    def __init__(self, words):
        self.last, self.best = None, False  # None: all
        named = [word for word in words.split(",") if word]
        for word in named:
            name, _, number = word.partition("=")
            if name == "last" and number.isdecimal():
                self.last = int(number)
            elif word == "best":
                self.best = True
            elif word != "all":
                raise ValueError(word)
        if self.last is None and not {"all"} & set(named):
            self.last = 0

    def most(self, epochs):
        """How many of `epochs` files there are at once."""
        return epochs if self.last is None else min(self.last, epochs)
