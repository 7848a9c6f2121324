LOG_EVERY = 50


class Trainer:
    """The loop: rows in a seeded order, sub-networks one after another."""

    def __init__(self, job, network, options, placement, apart=False):
        self.job, self.network, self.options, self.placement = job, network, options, placement
        self.apart = apart  # from other sub-networks, which have trainers of their own
        self.part = 1.0  # of all that is trained, as far as the disk is asked for it
        self.training = job.manifest["training"]
        self.batches = Batches(Rows(job.manifest["shards"]["train"]), self.training, placement)
        self.held_out = Rows(job.manifest["shards"]["valid"])
        if not self.batches:
            sys.exit("there are too few rows for one batch on this many processes")
        modules, entries = members(network), job.manifest["subnetworks"]
        self.learners = [
            Learner(k, module, entries[k]["recipe"], self.training, len(self.batches), placement.device_of(k))
            for k, module in modules.items()
        ]
        # By sub-network, those that read what it sends.
        self.readers = {
            k: [one for one in self.learners if module in getattr(one.module, "senders", ())]
            for k, module in modules.items()
        }
        self.devices = {learner.device for learner in self.learners}
        self.metrics = Metrics(options.out / "metrics.jsonl")
        self.events = Events(options.tensorboard) if options.tensorboard and placement.first else None
        self.checkpoint = Checkpoint(options.out, job)
        self.conditions = conditions_of(options, placement, len(self.batches))
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
            averages = self.averages()
            if averages:
                out.save_weights("ema.safetensors", self.network, self.job, averages)
            out.save_weights("trained.safetensors", self.network, self.job)

    def averages(self):
        """Averaged weights, by their names in the network; a sub-network without them keeps its weights."""
        return {
            f"subnetworks.{learner.index}.{name}": average
            for learner in self.learners
            for name, average in learner.averages.items()
        }

    def last_words(self, path):
        if self.done == self.total:
            return f"finished; send back {path}"
        return f"stopped after {self.done} of {self.total} batches: --resume continues; what is done can be sent back: {path}"

    def unfinished(self, limit):
        """An epoch whose batches are done may still lack its evaluation."""
        if self.epoch == self.training["epochs"] or all(learner.judge.stopped for learner in self.learners):
            self.total = self.done
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
            for name in ("trained.safetensors", "ema.safetensors"):  # of fewer steps
                (self.out.path / name).unlink(missing_ok=True)
        self.save_checkpoint(trial=self.options.resume)

    def check_space(self):
        weights = sum(t.nbytes for t in self.network.state_dict().values())
        checkpoint = weights + sum(learner.state_bytes() for learner in self.learners)
        epochs = weights * self.options.keep.most(self.training["epochs"] - self.epoch)
        more = 2 + any(learner.averages for learner in self.learners) + 2 * self.options.keep.best
        self.out.check_space((3 * checkpoint + more * weights) / self.part, epochs / self.part)

    def bar(self, limit):
        shown = self.out and (self.placement.leads or not self.apart)
        hidden = None if shown else True  # None: where there is no terminal
        return tqdm(total=limit, initial=self.done, unit="batch", desc=f"{self.title()}training", disable=hidden)

    def title(self):
        """Which sub-networks a line is about, where it is not about all."""
        if not self.apart:
            return ""
        numbers = [str(learner.index) for learner in self.learners]
        return f"sub-network{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}: "

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
        line, found = f"{self.title()}epoch {self.epoch + 1} of {self.training['epochs']}:", {}
        if any(learner.rows for learner in self.learners):  # else reported before a stop in the evaluation
            text, found = self.report("train")
            line += f" loss {text}"
        if self.held_out.count:
            text, found = self.evaluate()
            line += f" held out {text}"
        better = self.compare(found)
        self.epoch, self.batch = self.epoch + 1, 0
        if self.out:
            self.save_epoch(better)
            if self.shown.disable:
                self.explain()
                say(f"{line} ({time.monotonic() - began:.1f} s)")
        self.save_checkpoint()

    def compare(self, found):
        """Which sub-networks are better than ever; the first process's numbers decide for all."""
        better = []
        for learner in self.learners:
            one = found.get(learner.index, {})
            going = not learner.judge.stopped
            if going and self.placement.broadcast(learner.judge.improves(one)):
                better.append(learner.index)
            if going:
                learner.judge.note(one, self.epoch + 1, learner.index in better)
        return better

    def save_epoch(self, better):
        keep = self.options.keep
        if keep.last != 0:
            self.out.save_weights(f"epoch-{self.epoch:03}.safetensors", self.network, self.job)
        if keep.last:
            self.out.drop_epochs(self.epoch - keep.last)
        if keep.best and better:
            self.save_best(better)

    def save_best(self, better):
        """best.safetensors: of each sub-network the epoch in which its metric was best, so far."""
        path = self.out.path / "best.safetensors"
        before = {}
        fresh = tuple(f"subnetworks.{k}." for k in better)
        try:
            if path.exists():
                with safe_open(path, "pt") as file:
                    before = {n: file.get_tensor(n) for n in file.keys() if not n.startswith(fresh)}
        except UNREADABLE as error:
            warn(f"{path}: is damaged ({one_line(error)}); of the other sub-networks it gets this epoch's weights")
        epochs = ",".join(str(learner.judge.epoch) for learner in self.learners)
        self.out.save_weights(path.name, self.network, self.job, before, epochs=epochs)

    def train_batch(self, order, index):
        batch = self.batches.read(order, index, self.devices)
        last = index + 1 == len(self.batches)
        for learner in self.learners:
            if not learner.judge.stopped:
                learner.train_batch(batch[learner.device], last, index)
            elif self.is_read(learner.index):
                learner.follow_batch(batch[learner.device])
        self.batch, self.done = index + 1, self.done + 1

    def is_read(self, index):
        """Whether one that still trains reads from a sub-network, perhaps through others."""
        return any(not reader.judge.stopped or self.is_read(reader.index) for reader in self.readers[index])

    def pause(self):
        """After a batch: saves where it is time to, and ends where a signal came."""
        late = time.monotonic() - self.saved_at >= 60 * self.options.checkpoint_minutes
        number, late = self.placement.agree(self.signals.number, int(late))
        if number or late:
            self.save_checkpoint()
        if number:
            raise Stopped(number, self.done, self.total, self.title())

    def report(self, split, reset=True):
        """Writes a line for each sub-network that has not stopped; returns their losses as text, and all by sub-network."""
        found = {learner.index: learner.metrics(reset) for learner in self.learners if learner.rows}
        where = {"split": split, "epoch": self.epoch + 1, "step": self.done}
        losses = (found[one.index]["loss"] if one.index in found else "stopped" for one in self.learners)
        text = " ".join(x if x == "stopped" else "nan" if x is None else f"{x:.3f}" for x in losses)
        if self.out:
            lines = [{**where, **metrics} for metrics in found.values()]
            self.metrics.append(lines)
            if self.events:
                self.events.add(lines)
            self.shown.set_postfix(loss=text)
        return text, found

    def explain(self):
        """Once, whose the losses are."""
        last = len(self.learners) - 1
        if not self.explained and not self.apart:
            say(f"losses: of {f'sub-networks 0 to {last}, in this order' if last else 'sub-network 0'}")
        self.explained = True

    @torch.no_grad()
    def evaluate(self):
        """Over the held-out rows, on the first process. A signal ends it: it is done again after a resume."""
        text, found, stopped = "", {}, 0
        if self.out:
            self.network.eval()
            stopped = self._evaluate()
            self.network.train()
            text, found = ("", {}) if stopped else self.report("valid")
        (stopped,) = self.placement.agree(stopped)
        if stopped:
            for learner in self.learners:
                learner.forget()
            self.save_checkpoint()
            raise Stopped(stopped, self.done, self.total, self.title())
        return text, found

    def _evaluate(self):
        size = self.training["batch_size"]
        for first in range(0, self.held_out.count, size):
            rows = torch.arange(first, min(first + size, self.held_out.count))
            batch = self.held_out.on_devices(self.held_out.pick(rows, self.placement.device), self.devices)
            for learner in self.learners:
                if not learner.judge.stopped:
                    learner.evaluate_batch(batch[learner.device])
                elif self.is_read(learner.index):
                    learner.module(batch[learner.device])
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
