LOG_EVERY = 50


class Trainer:
    """The loop: rows in a seeded order, sub-networks one after another."""

    def __init__(self, job, network, options, placement):
        self.job, self.network, self.options, self.placement = job, network, options, placement
        self.training = job.manifest["training"]
        self.batches = Batches(Rows(job.manifest["shards"]["train"]), self.training, placement)
        self.held_out = Rows(job.manifest["shards"]["valid"])
        if not self.batches:
            sys.exit("there are too few rows for one batch on this many processes")
        self.learners = [
            Learner(k, module, entry["recipe"], self.training, len(self.batches), placement.device_of(k))
            for k, (module, entry) in enumerate(zip(network.subnetworks, job.manifest["subnetworks"], strict=True))
        ]
        self.devices = {learner.device for learner in self.learners}
        self.metrics = Metrics(options.out / "metrics.jsonl")
        self.checkpoint = Checkpoint(options.out, job)
        self.conditions = conditions_of(options, placement)
        self.epoch = self.batch = self.done = 0
        self.explained = False
        self.total = self.training["epochs"] * len(self.batches)
        self.saved, self.saved_at = None, time.monotonic()

    def run(self, out, signals):
        """Trains to the recipe's end or to --max-steps, and leaves trained.safetensors."""
        self.out, self.signals = out, signals
        self.network.train()
        self.placement.wrap(self.learners, self.first_batch)
        if self.options.resume:
            self.resume()
        limit = min(self.total, self.options.max_steps or self.total)
        if self.unfinished(limit):
            self.begin()
            if out and sys.stderr.isatty():  # as the bar asks
                self.explain()
            with self.bar(limit) as self.shown:
                while self.unfinished(limit):
                    self.train_epoch(limit)
            self.save_checkpoint()
        if out and not (out.path / "trained.safetensors").exists():
            out.save_weights("trained.safetensors", self.network, self.job)

    def last_words(self, path):
        if self.done == self.total:
            return f"finished; send back {path}"
        return f"stopped after {self.done} of {self.total} batches: --resume continues; what is done can be sent back: {path}"

    def unfinished(self, limit):
        """An epoch whose batches are done may still lack its evaluation."""
        if self.epoch == self.training["epochs"]:
            return False
        return self.done < limit or self.batch == len(self.batches)

    def first_batch(self):
        """As the rows lie in the shards."""
        return self.batches.read(torch.arange(self.batches.rows.count), 0, self.devices)

    def resume(self):
        notes = self.checkpoint.load(self.network, self.learners, self.conditions, self.placement.warn)
        self.epoch, self.batch, self.done = notes["progress"]
        self.saved = notes["progress"]
        self.placement.barrier()  # all have read before the first one writes
        if self.out:
            self.metrics.cut(notes["metrics"])

    def begin(self):
        """Saves before the first step: what cannot be written is found out before it costs anything."""
        if self.out:
            self.check_space()
            (self.out.path / "trained.safetensors").unlink(missing_ok=True)  # of fewer steps
        self.save_checkpoint(trial=self.options.resume)

    def check_space(self):
        weights = sum(t.nbytes for t in self.network.state_dict().values())
        checkpoint = weights + sum(learner.state_bytes() for learner in self.learners)
        epochs = weights * (self.training["epochs"] - self.epoch)
        self.out.check_space(3 * checkpoint + 2 * weights, epochs)

    def bar(self, limit):
        hidden = None if self.out else True  # None: where there is no terminal
        return tqdm(total=limit, initial=self.done, unit="batch", desc="training", disable=hidden)

    def train_epoch(self, limit):
        began = time.monotonic()
        order = self.batches.order(self.epoch)
        for index in range(self.batch, len(self.batches)):
            if self.done >= limit:
                return
            self.train_batch(order, index)
            self.shown.update()
            if self.done % LOG_EVERY == 0:
                self.report("train-steps", reset=False)
            self.pause()
        line = f"epoch {self.epoch + 1} of {self.training['epochs']}:"
        if self.learners[0].rows:  # else reported before a stop in the evaluation
            line += f" loss {self.report('train')}"
        if self.held_out.count:
            line += f" held out {self.evaluate()}"
        self.epoch, self.batch = self.epoch + 1, 0
        if self.out:
            name = f"epoch-{self.epoch:03}.safetensors"
            self.out.save_weights(name, self.network, self.job)
            if self.shown.disable:
                self.explain()
                say(f"{line} ({time.monotonic() - began:.1f} s)")
        self.save_checkpoint()

    def train_batch(self, order, index):
        batch = self.batches.read(order, index, self.devices)
        last = index + 1 == len(self.batches)
        for learner in self.learners:
            learner.train_batch(batch[learner.device], last, index)
        self.batch, self.done = index + 1, self.done + 1

    def pause(self):
        """After a batch: saves where it is time to, and ends where a signal came."""
        late = time.monotonic() - self.saved_at >= 60 * self.options.checkpoint_minutes
        number, late = self.placement.agree(self.signals.number, int(late))
        if number or late:
            self.save_checkpoint()
        if number:
            raise Stopped(number, self.done, self.total)

    def report(self, split, reset=True):
        """Writes a line for each sub-network; returns their losses as text."""
        found = [learner.metrics(reset) for learner in self.learners]
        where = {"split": split, "epoch": self.epoch + 1, "step": self.done}
        losses = (metrics["loss"] for metrics in found)
        text = " ".join("nan" if x is None else f"{x:.3f}" for x in losses)
        if self.out:
            self.metrics.append([{**where, **metrics} for metrics in found])
            self.shown.set_postfix(loss=text)
        return text

    def explain(self):
        """Once, whose the losses are."""
        last = len(self.learners) - 1
        if not self.explained:
            say(f"losses: of {f'sub-networks 0 to {last}, in this order' if last else 'sub-network 0'}")
        self.explained = True

    @torch.no_grad()
    def evaluate(self):
        """Over the held-out rows, on the first process. A signal ends it: it is done again after a resume."""
        text, stopped = "", 0
        if self.out:
            self.network.eval()
            stopped = self._evaluate()
            self.network.train()
            text = "" if stopped else self.report("valid")
        (stopped,) = self.placement.agree(stopped)
        if stopped:
            for learner in self.learners:
                learner.forget()
            self.save_checkpoint()
            raise Stopped(stopped, self.done, self.total)
        return text

    def _evaluate(self):
        size = self.training["batch_size"]
        for first in range(0, self.held_out.count, size):
            rows = torch.arange(first, min(first + size, self.held_out.count))
            batch = self.held_out.on_devices(rows, self.devices)
            for learner in self.learners:
                learner.evaluate_batch(batch[learner.device])
            if self.signals.number:
                return self.signals.number
        return 0

    def save_checkpoint(self, trial=False):
        progress = [self.epoch, self.batch, self.done]
        if progress == self.saved and not trial:
            return
        self.compare_random_states()
        if self.out:
            self.metrics.flush()
            notes = {"progress": progress, "total": self.total, "metrics": self.metrics.length, **self.conditions}
            self.checkpoint.save(self.out, self.network, self.learners, notes, not trial)
        self.placement.barrier()
        self.saved, self.saved_at = progress, time.monotonic()

    def compare_random_states(self):
        """All ranks draw alike from the same seed; a difference would make resuming inexact."""
        for learner in self.learners:
            first, *others = self.placement.gather(learner.state.cpu_state)
            if not all(torch.equal(first, other) for other in others):
                warn("the ranks' random states differ: resuming is exact up to them")
                return
