class RandomState:
    """One sub-network's random generators, swapped in around its forward and backward."""

    def __init__(self, seed, device):
        self.cuda = device.type == "cuda"
        torch.manual_seed(seed)
        self.save()

    def save(self):
        self.cpu_state = torch.get_rng_state()
        if self.cuda:
            self.cuda_state = torch.cuda.get_rng_state()

    def restore(self):
        torch.set_rng_state(self.cpu_state)
        if self.cuda:
            torch.cuda.set_rng_state(self.cuda_state)


class Learner:
    """One sub-network and all that trains it, on its device; it knows of no process."""

    def __init__(self, index, module, recipe, training, batches, device):
        self.index = index
        self.module = module
        self.recipe = recipe
        self.device = device
        self.autocast = training["precision"] == "bf16"
        self.accumulate = recipe["accumulate"]
        self.total_steps = training["epochs"] * math.ceil(batches / self.accumulate)
        self.steps = 0
        self.state = RandomState(training["seed"], device)
        self.optimizer = self._optimizer()
        self.run = module  # or what the placement makes of it
        self.loss_sum = torch.zeros((), device=device)
        self.metric_sum = torch.zeros((), dtype=torch.int64, device=device)
        self.metric_of = self.rows = 0

    def _optimizer(self):
        spared = set(self.recipe["no_decay"])
        trainable = [(n, p) for n, p in self.module.named_parameters() if p.requires_grad]
        groups = [{"params": [p for n, p in trainable if n not in spared]}]
        if any(n in spared for n, _ in trainable):
            rest = [p for n, p in trainable if n in spared]
            groups.append({"params": rest, "weight_decay": 0.0})
        groups = [group for group in groups if group["params"]]
        if not groups:
            return None
        optimizer = getattr(torch.optim, self.recipe["optimizer"])
        return optimizer(groups, **self.recipe["arguments"])

    def state_bytes(self):
        """What a checkpoint holds beside the weights, found with a parameter of two values."""
        if self.optimizer is None:
            return 0
        probe = torch.nn.Parameter(torch.zeros(2))
        probe.grad = torch.zeros(2)
        optimizer = type(self.optimizer)([probe], **self.recipe["arguments"])
        optimizer.step()
        slots = sum(torch.numel(torch.as_tensor(v)) == 2 for v in optimizer.state[probe].values())
        trained = sum(p.nbytes for p in self.module.parameters() if p.requires_grad)
        return (slots + (self.accumulate > 1)) * trained

    def rehearse(self, batch, run):
        """A forward and backward that leave no trace; whether a trainable parameter got no gradient."""
        buffers = [(buffer, buffer.clone()) for buffer in self.module.buffers()]
        _, loss = self.forward(batch, run)
        if self.optimizer is not None:
            loss.backward()
        trainable = [p for p in self.module.parameters() if p.requires_grad]
        unused = any(p.grad is None for p in trainable)
        for parameter in trainable:
            parameter.grad = None
        for buffer, before in buffers:
            buffer.copy_(before)
        return unused

    def schedule_factor(self):
        """What the recipe's learning rate is multiplied with in the coming step."""
        schedule, step = self.recipe["schedule"], self.steps
        warmup = schedule["warmup_steps"]
        if step < warmup:
            return (step + 1) / warmup
        step, total = step - warmup, max(1, self.total_steps - warmup)
        if schedule["kind"] == "cosine":
            return 0.5 * (1.0 + math.cos(math.pi * min(1.0, step / total)))
        if schedule["kind"] == "linear":
            return 1.0 - min(1.0, step / total)
        if schedule["kind"] == "step":
            return schedule["gamma"] ** (step // schedule["step_size"])
        return 1.0

    def forward(self, batch, run):
        context = contextlib.nullcontext()
        if self.autocast:
            context = torch.autocast(self.device.type, dtype=torch.bfloat16)
        with context:
            output = run(batch)
            return output, self.module.loss(output, batch)

    def train_batch(self, batch, last_of_epoch, batch_index):
        """Forward and backward; a step of the optimizer when enough batches have come."""
        self.state.restore()
        output, loss = self.forward(batch, self.run)
        if self.optimizer is not None:
            (loss / self.accumulate if self.accumulate > 1 else loss).backward()
        self.state.save()
        self.note(output, loss, batch)
        if self.optimizer is None:
            return
        if (batch_index + 1) % self.accumulate == 0 or last_of_epoch:
            self.step()

    def evaluate_batch(self, batch):
        self.note(*self.forward(batch, self.module), batch)

    def step(self):
        if self.recipe["clip_grad_norm"] > 0:
            torch.nn.utils.clip_grad_norm_(self.module.parameters(), self.recipe["clip_grad_norm"])
        factor = self.schedule_factor()
        for group in self.optimizer.param_groups:
            group.setdefault("base_lr", group["lr"])
            group["lr"] = group["base_lr"] * factor
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.steps += 1

    def note(self, output, loss, batch):
        rows = len(next(iter(batch.values())))  # a last batch has fewer
        self.loss_sum += loss.detach().float() * rows
        self.rows += rows
        if self.recipe.get("metric"):
            numerator, denominator = self.module.metric(output.detach(), batch)
            self.metric_sum += numerator
            self.metric_of += denominator

    def metrics(self, reset):
        """Means over the rows that have been noted since the last reset."""
        loss = float(self.loss_sum) / max(1, self.rows)
        found = {"sub-network": self.index, "loss": loss if math.isfinite(loss) else None}
        if self.optimizer is not None:
            found["lr"] = self.optimizer.param_groups[0]["lr"]
        if self.metric_of:
            found[self.recipe["metric"]] = self.metric_sum.item() / self.metric_of
        if reset:
            self.forget()
        return found

    def forget(self):
        self.loss_sum.zero_()
        self.metric_sum.zero_()
        self.metric_of = self.rows = 0
