UNREADABLE = (OSError, SafetensorError, KeyError, TypeError, ValueError)


class Checkpoint:
    """All that training continues from, in two files that are written in turn, so that one of them is always whole."""

    NAMES = WRITTEN[:2]

    def __init__(self, folder, job):
        self.paths = [folder / name for name in self.NAMES]
        self.job = job
        self.saves = 0

    def save(self, out, network, learners, notes, keep=True):
        tensors = {f"network.{n}": t for n, t in network.state_dict().items()}
        notes = {**notes, "saves": self.saves + 1}
        notes["learners"] = [pack_learner(learner, tensors) for learner in learners]
        self.write(out, {n: t.detach().cpu().contiguous() for n, t in tensors.items()}, notes, keep)

    def write(self, out, tensors, notes, keep=True):
        metadata = {**self.job.metadata, "kind": "checkpoint", "notes": json.dumps(notes)}
        metadata["digest"] = self._digest(metadata["notes"], tensors)
        out.save(self.NAMES[self.saves % 2], tensors, metadata, keep)
        self.saves += keep

    def _digest(self, notes, tensors):
        def one(name):
            return [name, str(tensors[name].dtype), [*tensors[name].shape], blake2b(content(tensors[name]))]

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            found = list(pool.map(one, sorted(tensors)))
        return blake2b(json.dumps([self.job.digest, notes, found]).encode())

    def heads(self):
        """(notes, path) of this job's checkpoints, the newest first; another job's end the run."""
        found = []
        for path in self.paths:
            with contextlib.suppress(*UNREADABLE), safe_open(path, "pt") as file:
                metadata = file.metadata()
                if metadata["job"] != self.job.digest:
                    sys.exit(f"{path}: was made by another job; choose another --out")
                found.append((json.loads(metadata["notes"]), path))
        return sorted(found, key=lambda head: head[0]["saves"], reverse=True)

    def newest(self):
        """(notes, tensors) of the newest whole checkpoint, or (None, None); and the files that are damaged."""
        heads = self.heads()
        whole = [path for _, path in heads]
        damaged = [p for p in self.paths if p.exists() and p not in whole]
        for notes, path in heads:
            tensors = self._read(path)
            if tensors:
                return notes, tensors, damaged
            damaged.append(path)
        return None, None, damaged

    def _read(self, path):
        with contextlib.suppress(*UNREADABLE), safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in sorted(file.keys())}
            metadata = file.metadata()
            if self._digest(metadata["notes"], tensors) == metadata["digest"]:
                return tensors
        return None

    def may_resume(self, out, asked):
        """Whether this run continues another. An unfinished one is never started over by mistake."""
        heads = self.heads()
        there = any(path.exists() for path in self.paths)
        if asked:
            if there:
                return True
            if out.killed_early:
                warn(f"{out.path}: that run was killed before its first save; starting from the beginning")
                return False
            sys.exit(f"{out.path}: there is no checkpoint to resume from; without --resume training starts")
        if heads:
            done, total = heads[0][0]["progress"][2], heads[0][0]["total"]
            state = (
                f"an unfinished run (batch {done} of {total}): --resume continues it"
                if done < total
                else "a finished run of this job"
            )
            sys.exit(f"{out.path}: holds {state}; choose another --out to train anew")
        stop_on(f"{path}: is already there; choose another --out" for path in out.files(*WRITTEN))
        return False

    def load(self, network, learners, conditions, warn):
        """Restores in place; returns the notes. What people should know goes to `warn`."""
        notes, tensors, damaged = self.newest()
        if notes is None:
            stop_on(
                f"{path}: is damaged, and there is no whole checkpoint; choose another --out to train anew"
                for path in damaged
            )
        for path in damaged:
            warn(f"{path}: is damaged; continuing from the other checkpoint, of batch {notes['progress'][2]}")
        if notes["progress"][0] < self.job.manifest["training"]["epochs"]:
            self._compare(notes, conditions, warn)
        state = {n.removeprefix("network."): t for n, t in tensors.items() if n.startswith("network.")}
        network.load_state_dict(state)
        for learner, note in zip(learners, notes["learners"], strict=True):
            unpack_learner(learner, note, tensors)
        self.saves = notes["saves"]
        return notes

    def _compare(self, notes, conditions, warn):
        """What changes the bytes is refused; what may change them is said."""
        first = self.paths[0]
        then, now = notes["must"], conditions["must"]
        cures = {"threads": f"set OMP_NUM_THREADS={then.get('threads')} on a machine with as many cores"}
        stop_on(
            f"{first}: was made with {n} {then.get(n)}, and now it is {now[n]}; {cures.get(n, 'use the same')}, or another --out"
            for n in now
            if then.get(n) != now[n]
        )
        then, now = notes["may"], conditions["may"]
        for n in now:
            if then.get(n) != now[n]:
                warn(f"{first}: was made with {n} {then.get(n)}, and now it is {now[n]}: the same up to rounding")
