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


class Ratio:
    """A metric's numerators and denominators, summed over batches."""

    def __init__(self, name):
        self.name = name
        self.forget()

    def forget(self):
        self.sums = None

    def add(self, *parts):
        parts = [self.wide(part) for part in parts]
        if self.sums is None:  # of their own: a part may be a buffer
            self.sums = [torch.zeros_like(p) if isinstance(p, torch.Tensor) else 0 for p in parts]
        for place, part in enumerate(parts):
            self.sums[place] += part

    @staticmethod
    def wide(part):
        """Of small numbers, sums would overflow."""
        if not isinstance(part, torch.Tensor) or part.dtype in (torch.int64, torch.float64):
            return part
        return part.to(torch.float64 if part.is_floating_point() else torch.int64)

    def tensors(self):
        return [] if self.sums is None else [torch.as_tensor(one) for one in self.sums]

    def load(self, tensors):
        self.sums = list(tensors) or None

    def value(self):
        """The mean of the quotients that there are; None where there is none that is finite."""
        if self.sums is None:
            return None
        above, below = (one.cpu().double() for one in self.tensors())
        some = below > 0
        if not some.any():
            return None
        found = (above[some] / below[some]).mean().item()
        if self.name == "perplexity":
            found = math.exp(min(found, 700.0))
        return found if math.isfinite(found) else None


class Learner:
    """One sub-network and all that trains it, on its device; it knows of no process."""

    def __init__(self, index, module, recipe, training, batches, device):
        self.index = index
        self.module = module
        self.recipe = recipe
        self.device = device
        self.autocast = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(training["precision"])
        self.accumulate = recipe["accumulate"]
        self.total_steps = training["epochs"] * math.ceil(batches / self.accumulate)
        self.steps = 0
        self.state = RandomState(training["seed"], device)
        self.optimizer = self._optimizer()
        self.scaler = torch.amp.GradScaler(device.type) if self.autocast is torch.float16 else None
        self.averages = self._averages()
        self.judge = Judge(recipe)
        self.run = module  # or what the placement makes of it
        self.loss_sum = torch.zeros((), device=device)
        self.ratio = Ratio(recipe.get("metric"))
        self.rows = 0

    def _optimizer(self):
        spared = set(self.recipe["no_decay"])
        rest = {n: p for n, p in self.module.named_parameters() if p.requires_grad}
        named = [({}, list(rest))]
        for group in self.recipe["groups"]:
            named.append((group["arguments"], [n for n in group["names"] if n in rest]))
            named[0][1][:] = [n for n in named[0][1] if n not in group["names"]]
        groups = []
        for arguments, names in named:
            groups.append({**arguments, "params": [rest[n] for n in names if n not in spared]})
            some = [rest[n] for n in names if n in spared]
            groups.append({**arguments, "params": some, "weight_decay": 0.0})
        groups = [group for group in groups if group["params"]]
        if not groups:
            return None
        optimizer = getattr(torch.optim, self.recipe["optimizer"])
        return optimizer(groups, **self.recipe["arguments"])

    def _averages(self):
        """Of each parameter that is trained, as it stands; none where the recipe asks for none."""
        if not self.recipe["ema"]:
            return {}
        return {n: p.detach().clone() for n, p in self.module.named_parameters() if p.requires_grad}

    def state_bytes(self):
        """What a checkpoint holds beside the weights, found with a parameter of two values."""
        if self.optimizer is None:
            return 0
        probe = torch.nn.Parameter(torch.zeros(2, 1))
        probe.grad = torch.zeros(2, 1)
        if self.recipe["optimizer"] == "SparseAdam":
            probe.grad = probe.grad.to_sparse(1)
        optimizer = type(self.optimizer)([probe], **self.recipe["arguments"])
        optimizer.step()
        slots = sum(torch.numel(torch.as_tensor(v)) == 2 for v in optimizer.state[probe].values())
        trained = sum(p.nbytes for p in self.module.parameters() if p.requires_grad)
        return (slots + (self.accumulate > 1) + bool(self.averages)) * trained

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

    def follow_schedule(self):
        """Sets the learning rate of the coming step, and the momentum where it goes in a cycle."""
        schedule = self.recipe["schedule"]
        momentum = momentum_of(schedule, self.steps, self.total_steps)
        for group in self.optimizer.param_groups:
            group.setdefault("base_lr", group["lr"])
            group["lr"] = learning_rate(schedule, group["base_lr"], self.steps, self.total_steps)
            if momentum is not None and "betas" in group:
                group["betas"] = (momentum, *group["betas"][1:])
            elif momentum is not None and group.get("momentum"):
                group["momentum"] = momentum

    def forward(self, batch, run):
        context = contextlib.nullcontext()
        if self.autocast:
            context = torch.autocast(self.device.type, dtype=self.autocast)
        with context:
            output = run(batch)
            return output, self.module.loss(output, batch)

    def train_batch(self, batch, last_of_epoch, batch_index):
        """Forward and backward; a step of the optimizer when enough batches have come."""
        self.state.restore()
        output, loss = self.forward(batch, self.run)
        if self.optimizer is not None:
            part = loss / self.accumulate if self.accumulate > 1 else loss
            (self.scaler.scale(part) if self.scaler else part).backward()
        self.state.save()
        self.note(output, loss, batch)
        if self.optimizer is None:
            return
        if (batch_index + 1) % self.accumulate == 0 or last_of_epoch:
            self.step()

    @torch.no_grad()
    def follow_batch(self, batch):
        """Of one that has stopped, for those that read from it: a forward in training, which moves nothing of it."""
        buffers = [(buffer, buffer.clone()) for buffer in self.module.buffers()]
        self.state.restore()
        self.forward(batch, self.module)
        self.state.save()
        for buffer, before in buffers:
            buffer.copy_(before)

    def evaluate_batch(self, batch):
        self.state.restore()  # an evaluation may draw, too
        self.note(*self.forward(batch, self.module), batch)
        self.state.save()

    def step(self):
        if self.recipe["clip_grad_norm"] > 0:
            if self.scaler:
                self.scaler.unscale_(self.optimizer)
            torch.nn.utils.clip_grad_norm_(self.module.parameters(), self.recipe["clip_grad_norm"])
        self.follow_schedule()
        if self.scaler:  # leaves a step out whose gradients are not finite
            self.scaler.step(self.optimizer)
            self.scaler.update()
        else:
            self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.steps += 1
        if self.averages:
            self.average()

    @torch.no_grad()
    def average(self):
        """Averaged weights come nearer to those of this step."""
        for name, parameter in self.module.named_parameters():
            if name in self.averages:
                self.averages[name].lerp_(parameter, 1.0 - self.recipe["ema"])

    def note(self, output, loss, batch):
        rows = len(next(iter(batch.values())))  # a last batch has fewer
        self.loss_sum += loss.detach().float() * rows
        self.rows += rows
        if self.ratio.name:
            given = output.detach() if isinstance(output, torch.Tensor) else output
            with torch.no_grad():
                found = self.module.metric(given, batch)
            if found is not None:  # where a batch of training has none
                self.ratio.add(*found)

    def metrics(self, reset):
        """Means over the rows that have been noted since the last reset."""
        loss = float(self.loss_sum) / max(1, self.rows)
        found = {"sub-network": self.index, "loss": loss if math.isfinite(loss) else None}
        if self.optimizer is not None:
            found["lr"] = self.optimizer.param_groups[0]["lr"]
        value = self.ratio.value()
        if value is not None:
            found[self.ratio.name] = value
        if reset:
            self.forget()
        return found

    def forget(self):
        self.loss_sum.zero_()
        self.ratio.forget()
        self.rows = 0
