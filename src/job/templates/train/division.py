class Division:
    """The checkpoint of a run that trained all sub-networks side by side, as one for each lane."""

    def __init__(self, job, lanes, out):
        self.job, self.lanes, self.out = job, lanes, out
        self.whole = Checkpoint(out.path, job)

    def run(self):
        notes, tensors, damaged = self.whole.newest()
        if notes is None:
            stop_on(f"{path}: is damaged; choose another --out to train anew" for path in damaged)
        folder = self.out.path / Lanes.FOLDER
        unfinished = folder.with_name(folder.name + ".incomplete")
        with writing(unfinished):
            shutil.rmtree(unfinished, ignore_errors=True)  # of a run that was killed here
            for lane in self.lanes:
                self._write(unfinished / str(lane[0]), lane, notes, tensors)
            os.replace(unfinished, folder)
            flush_folder(self.out.path)
        for path in self.whole.paths:
            path.unlink(missing_ok=True)

    def _write(self, folder, lane, notes, tensors):
        lines = self._metrics(lane, notes["metrics"])
        learners = [notes["learners"][k] for k in lane]
        own = {**notes, "learners": learners, "metrics": len(lines), "saves": 1}
        with Output(folder, False) as out:
            out.replace("metrics.jsonl", lines)
            self._split(out, "best.safetensors", lane)
            Checkpoint(folder, self.job).write(out, self._of(lane, tensors), own)

    @staticmethod
    def _of(lane, tensors):
        prefixes = tuple(p for k in lane for p in (f"network.subnetworks.{k}.", f"learner.{k}.", f"subnetworks.{k}."))
        return {name: tensor for name, tensor in tensors.items() if name.startswith(prefixes)}

    def _split(self, out, name, lane):
        path = self.out.path / name
        if path.exists():
            shard = Shard(path)
            epochs = shard.metadata["epochs"].split(",")
            said = {"epochs": ",".join(epochs[k] for k in lane)}
            out.save(name, self._of(lane, shard.tensors), {**self.job.metadata, **said})

    def _metrics(self, lane, length):
        path = self.out.path / "metrics.jsonl"
        lines = path.read_bytes()[:length].splitlines(keepends=True) if path.exists() else []
        return b"".join(line for line in lines if json.loads(line)["sub-network"] in lane)
