def members(network):
    """The sub-networks, by their numbers in the job."""
    return {int(name): module for name, module in network.subnetworks.named_children()}


def lanes_of(network):
    """Those that have to run side by side because they are linked: lists of numbers, together all."""
    modules = members(network)
    lane = {k: {k} for k in modules}
    for k, module in modules.items():
        for sender in getattr(module, "senders", ()):
            joined = lane[k].union(*(lane[other] for other, m in modules.items() if m is sender))
            lane.update(dict.fromkeys(joined, joined))
    return sorted({min(one): sorted(one) for one in lane.values()}.values())


class Lane(torch.nn.Module):
    """Some sub-networks of a network, under the names that they have in it."""

    def __init__(self, network, numbers, weights):
        super().__init__()
        modules = members(network)
        self.subnetworks = torch.nn.ModuleDict({str(k): modules[k] for k in numbers})
        tensors = Shard(weights).tensors
        self.load_state_dict({name: tensors[name] for name in self.state_dict()})


class Lanes:
    """Lanes that train apart, each from its first batch to its last, in a folder of its own; what they leave is joined as
    if all had trained side by side."""

    FOLDER = "sub-networks"

    def __init__(self, job, lanes, options, placement, out):
        self.job, self.lanes, self.options, self.placement, self.out = job, lanes, options, placement, out
        self.own = placement.divide(lanes)
        self.ended = None

    def folder(self, lane):
        return self.options.out / self.FOLDER / str(lane[0])

    def run(self, make_network, signals):
        shared = self.placement.share_a_folder(self.options.out)
        for lane in self.own:
            self._train(lane, make_network, signals)
        self.placement.meet()
        if not shared:
            for place, lane in enumerate(self.lanes):
                self.placement.bring(self.folder(lane), place)
        if self.out:
            Join(self.out, self.job, [self.folder(lane) for lane in self.lanes], self.options.keep).run()

    def _train(self, lane, make_network, signals):
        options = copy.copy(self.options)
        options.out = self.folder(lane)
        with Output(options.out, False) if self.placement.first else contextlib.nullcontext() as out:
            heads = Checkpoint(options.out, self.job).heads() if out else ()
            options.resume = self.placement.broadcast(bool(heads))
            network = Lane(make_network(), lane, HERE / "weights.safetensors")
            trainer = Trainer(self.job, self.placement.place(network), options, self.placement, apart=True)
            if not self.ended and self.out:  # before the first step, for all
                own = sum(tensor.nbytes for tensor in network.state_dict().values())
                trainer.part = own / max(own, (HERE / "weights.safetensors").stat().st_size)
            trainer.run(out, signals)
            self.ended = trainer.done, trainer.total

    def last_words(self, path):
        done, total = self.ended  # as all end
        if done == total:
            return f"finished; send back {path}"
        return f"stopped after {done} of {total} batches of each sub-network: --resume continues; what is done can be sent back: {path}"
