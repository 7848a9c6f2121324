PIECE = 1 << 26
# The others wait for the first process while it checks files, evaluates and saves; and for the slowest at the end.
PATIENCE = timedelta(hours=6)
A_YEAR = timedelta(days=365)


class Placement:
    """Which sub-network runs where, and on which rows. Nothing else in this file knows how many processes there are.

    Processes that train the same sub-networks are a team: each has its share of a batch's rows. At first all are one team;
    divide() makes several, each of which trains its own sub-networks. A process that is alone has all rows and talks to
    nobody.
    """

    def __init__(self, device, compiled):
        self.processes = int(os.environ.get("WORLD_SIZE", "1"))
        self.number = int(os.environ.get("RANK", "0"))
        self.leads = self.number == 0  # it alone checks files and writes what belongs to all
        self.device = pick_device(device)
        self.compiled = compiled
        self.team = range(self.processes)
        self.leaders = [0]  # of each team its first process
        self.group = self.talk = None
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)
        if self.processes > 1:
            dist.init_process_group(self._backend(), timeout=PATIENCE)
            self.talk = dist.new_group(backend="gloo", timeout=PATIENCE)
            self.all = dist.new_group(backend="gloo", timeout=A_YEAR)

    def _backend(self):
        return "nccl" if self.device.type == "cuda" else "gloo"

    @property
    def world(self):
        return len(self.team)

    @property
    def rank(self):
        return self.number - self.team[0]

    @property
    def first(self):
        """Of its team: it evaluates, and writes what the team trains."""
        return self.rank == 0

    @property
    def alone(self):
        return self.world == 1

    def divide(self, lanes):
        """Makes teams of neighbours, one for each lane, or where there are fewer processes one of each; returns the lanes
        that this process trains, one after another."""
        count = min(len(lanes), self.processes)
        if self.processes > 1:
            bounds = [self.processes * place // count for place in range(count + 1)]
            self.leaders = bounds[:-1]
            for place, team in enumerate(map(range, bounds, bounds[1:])):
                group = dist.new_group(list(team), backend=self._backend(), timeout=PATIENCE)
                talk = dist.new_group(list(team), backend="gloo", timeout=PATIENCE)
                if self.number in team:
                    self.team, self.group, self.talk, own = team, group, talk, place
            return lanes[own::count]
        return lanes

    def conditions(self):
        """What of it changes the bytes: a run is continued in the same."""
        return {"device": self.device.type}

    def roundings(self):
        """What of it may round differently."""
        return {"processor": self.processor(), "processes": self.world}

    def processor(self):
        """The name of what computes."""
        if self.device.type == "cuda":
            return torch.cuda.get_device_name(self.device)
        return torch.backends.cpu.get_cpu_capability()

    def device_of(self, index):
        """Where a sub-network runs. Only here is that decided: learners and batches follow."""
        return self.device

    def place(self, network):
        """Moves each sub-network to where it runs."""
        for index, module in members(network).items():
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
        options = {"device_ids": ids, "find_unused_parameters": unused, "process_group": self.group}
        learner.run = DistributedDataParallel(learner.run, **options)
        learner.rehearse(batch, learner.run)

    def agree(self, *numbers):
        """Processes of a team see signals and clocks at different times; all act on the largest."""
        if self.alone:
            return numbers
        found = torch.tensor(numbers)
        dist.all_reduce(found, dist.ReduceOp.MAX, group=self.talk)
        return found.tolist()

    def broadcast(self, flag):
        """That of the team's first process, on all of it."""
        if self.alone:
            return flag
        found = torch.tensor([int(flag)])
        dist.broadcast(found, self.team[0], group=self.talk)
        return bool(found)

    def gather(self, tensor):
        """Every process's of a team, on all of it."""
        if self.alone:
            return [tensor]
        mine = tensor.to(self.device)
        found = [torch.empty_like(mine) for _ in range(self.world)]
        dist.all_gather(found, mine, group=self.group)
        return found

    def barrier(self):
        if not self.alone:
            dist.barrier(group=self.group)

    def meet(self):
        """Waits for all processes, however long the slowest takes."""
        if self.processes > 1:
            dist.barrier(group=self.all)

    def tell(self, flag):
        """The leading process's, on all."""
        return self.gathered(flag)[0]

    def gathered(self, number):
        """Every process's, on all."""
        if self.processes == 1:
            return [number]
        found = [torch.zeros(1, dtype=torch.int64) for _ in range(self.processes)]
        dist.all_gather(found, torch.tensor([int(number)]), group=self.all)
        return [int(one) for one in found]

    def share_a_folder(self, path):
        """Whether all processes see one folder: on several machines they may not."""
        seen = path / f".shared-{self.tell(int.from_bytes(os.urandom(7)))}"
        if self.leads:
            with writing(seen):
                seen.touch()
        self.meet()
        shared = all(self.gathered(seen.exists()))
        if self.leads:
            seen.unlink()
        return shared

    def bring(self, folder, place):
        """The files of a folder, from the first process of the team that trains the lane at that place to the leading one."""
        sender = self.leaders[place % len(self.leaders)]
        if sender and self.number == sender:
            for path in sorted(p for p in folder.iterdir() if p.is_file()):
                self._send(path.name.encode())
                self._send(path.read_bytes())
            self._send(b"")
        elif sender and self.leads:
            with writing(folder):
                folder.mkdir(parents=True, exist_ok=True)
                while name := self._receive(sender).decode():
                    (folder / name).write_bytes(self._receive(sender))

    def _send(self, content):
        dist.send(torch.tensor([len(content)]), 0, group=self.all)
        for first in range(0, len(content), PIECE):
            piece = bytearray(content[first : first + PIECE])
            dist.send(torch.frombuffer(piece, dtype=torch.uint8), 0, group=self.all)

    def _receive(self, sender):
        size = torch.zeros(1, dtype=torch.int64)
        dist.recv(size, sender, group=self.all)
        pieces = []
        for first in range(0, int(size), PIECE):
            pieces.append(torch.empty(min(PIECE, int(size) - first), dtype=torch.uint8))
            dist.recv(pieces[-1], sender, group=self.all)
        return b"".join(piece.numpy().tobytes() for piece in pieces)

    def say_threads(self):
        """What torchrun decides unasked, and bytes depend on."""
        if self.processes > 1 and self.device.type == "cpu":
            threads = torch.get_num_threads()
            say(
                f"each process computes on {threads} thread{'s' if threads > 1 else ''}, as OMP_NUM_THREADS says; torchrun sets 1"
            )

    def warn(self, text):
        """What all processes find, said once."""
        if self.first:
            warn(text)

    def leave(self, status):
        """Ends a process that is not alone."""
        if self.processes == 1:
            return
        if not status or self.world == self.processes:
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
