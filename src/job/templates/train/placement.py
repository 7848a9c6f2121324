# The others wait for the first process while it checks files, evaluates and saves.
PATIENCE = timedelta(hours=6)


class Placement:
    """Which sub-network runs where, and on which rows. Nothing else in this file knows how many processes there are.

    Today every process trains all sub-networks on its own device, each on its share of a batch's rows. A process that is
    alone has all rows and talks to nobody.
    """

    def __init__(self, device, compiled):
        self.world = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        self.first = self.rank == 0  # it alone checks files, evaluates and writes
        self.alone = self.world == 1
        self.device = pick_device(device)
        self.compiled = compiled
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)
        if not self.alone:
            backend = "nccl" if self.device.type == "cuda" else "gloo"
            dist.init_process_group(backend, timeout=PATIENCE)
            self.talk = dist.new_group(backend="gloo", timeout=PATIENCE)

    def conditions(self):
        """What of it changes the bytes: a run is continued in the same."""
        return {"device": self.device.type, "processes": self.world}

    def processor(self):
        """The name of what computes: another one may round differently."""
        if self.device.type == "cuda":
            return torch.cuda.get_device_name(self.device)
        return torch.backends.cpu.get_cpu_capability()

    def device_of(self, index):
        """Where a sub-network runs. Only here is that decided: learners and batches follow."""
        return self.device

    def place(self, network):
        """Moves each sub-network to where it runs."""
        for index, module in enumerate(network.subnetworks):
            module.to(self.device_of(index))
        return network

    def share(self, rows):
        """Those of a batch's rows that this process reads."""
        return rows.tensor_split(self.world)[self.rank]

    @property
    def fewest_rows(self):
        """Of a batch, so that each process reads two: statistics of one row are none."""
        return 2 * self.world

    def wrap(self, learners, first_batch):
        """Sets what each learner runs in training; first_batch() reads a batch, by device, where one is needed."""
        if self.compiled:
            for learner in learners:
                learner.run = torch.compile(learner.module)
        if not self.alone:
            batch = first_batch()
            for learner in learners:
                self._distribute(learner, batch[learner.device])

    def _distribute(self, learner, batch):
        """Wraps in DDP, which is told whether parameters get no gradient, and settles its buckets in a first backward:
        so a resumed run sums in the order of an undisturbed one."""
        unused = learner.rehearse(batch, learner.module)
        if learner.optimizer is None:
            return
        ids = [learner.device.index] if learner.device.type == "cuda" else None
        learner.run = DistributedDataParallel(learner.run, device_ids=ids, find_unused_parameters=unused)
        learner.rehearse(batch, learner.run)

    def agree(self, *numbers):
        """Processes see signals and clocks at different times; all act on the largest."""
        if self.alone:
            return numbers
        found = torch.tensor(numbers)
        dist.all_reduce(found, dist.ReduceOp.MAX, group=self.talk)
        return found.tolist()

    def broadcast(self, flag):
        """The first process's, on all."""
        if self.alone:
            return flag
        found = torch.tensor([int(flag)])
        dist.broadcast(found, 0, group=self.talk)
        return bool(found)

    def gather(self, tensor):
        """Every process's, on all."""
        if self.alone:
            return [tensor]
        mine = tensor.to(self.device)
        found = [torch.empty_like(mine) for _ in range(self.world)]
        dist.all_gather(found, mine)
        return found

    def barrier(self):
        if not self.alone:
            dist.barrier()

    def warn(self, text):
        """What all processes find, said once."""
        if self.first:
            warn(text)

    def leave(self, status):
        """Ends a process that is not alone."""
        if self.alone:
            return
        dist.barrier()  # a process that leaves while another works would take it down
        dist.destroy_process_group()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)  # gloo's threads may outlive the group, and make an ordinary exit abort


def pick_device(name):
    """A GPU where there is one, or the one that is asked for."""
    if name is None:
        name = "cuda" if torch.cuda.is_available() else "cpu"
    kind, _, number = name.partition(":")
    if kind not in ("cpu", "cuda") or (number and not number.isdecimal()):
        sys.exit(f"--device: {name!r} is no device; expected cpu, cuda or cuda:1")
    if kind == "cpu":
        return torch.device("cpu")
    number = int(number or os.environ.get("LOCAL_RANK", "0"))
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if number >= count:
        sys.exit(f"--device: {name!r} is not there; this PyTorch ({torch.__version__}) finds {count} GPUs")
    return torch.device("cuda", number)
