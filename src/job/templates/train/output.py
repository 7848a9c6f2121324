# What appears in --out.
WRITTEN = (
    "checkpoint.safetensors",
    "checkpoint-2.safetensors",
    "trained.safetensors",
    "ema.safetensors",
    "best.safetensors",
    "epoch-*.safetensors",
    "metrics.jsonl",
)


class Output:
    """The folder of the results: one process writes there at a time, and files appear whole or not at all."""

    def __init__(self, path, resume):
        self.path = path
        try:
            if path.exists() and not path.is_dir():
                sys.exit(f"{path}: is a file; --out names a folder")
            if resume and not path.exists():
                sys.exit(f"{path}: is not there, so there is nothing to resume")
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            sys.exit(f"{path}: cannot be made: {one_line(error)}; choose another --out")
        self._lock()
        stale = self.files(*(name + ".incomplete" for name in WRITTEN), ".shared-*")
        self.killed_early = bool(stale)
        for left in stale:
            with writing(left):
                left.unlink(missing_ok=True)

    def files(self, *patterns):
        return sorted({path for p in patterns for path in self.path.glob(p)})

    def _lock(self):
        """Held as long as this process lives, however it ends. Where there are no locks, only this check is lost."""
        self.lock = None
        with contextlib.suppress(ImportError, OSError):
            import fcntl

            self.lock = os.open(self.path, os.O_RDONLY)
            try:
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                sys.exit(f"{self.path}: another train.py is writing there")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.lock is not None:
            os.close(self.lock)

    def save(self, name, tensors, metadata, keep=True):
        """Under a temporary name, flushed, then renamed. Without `keep` it only shows that all this works."""
        path = self.path / name
        temporary = path.with_name(name + ".incomplete")
        try:
            with writing(path):
                with open(temporary, "wb") as file:
                    write_safetensors(file, tensors, metadata)
                    file.flush()
                    os.fsync(file.fileno())
                if keep:
                    os.replace(temporary, path)
                    flush_folder(self.path)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)

    def replace(self, name, content):
        """The same for bytes."""
        path = self.path / name
        temporary = path.with_name(name + ".incomplete")
        with writing(path):
            with open(temporary, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
            flush_folder(self.path)

    def check_space(self, needed, epochs):
        """Ends where what is needed to the end does not fit; says so where only the files of the epochs do not."""
        free = shutil.disk_usage(self.path).free
        free += sum(p.stat().st_size for p in self.files(*WRITTEN[:5]))
        say(f"{self.path}: about {megabytes(needed + epochs)} for checkpoints and weights; {megabytes(free)} are free")
        if free < needed:
            sys.exit(
                f"{self.path}: about {megabytes(needed)} are needed there for checkpoints and weights, and {megabytes(free)} are free"
            )
        if free < needed + epochs:
            warn(
                f"{self.path}: {megabytes(free)} are free; weights after each epoch take {megabytes(epochs)} more than the {megabytes(needed)} that are needed: move them away in time"
            )

    def save_weights(self, name, network, job, instead=None, **said):
        """The network's tensors; `instead`: others in the place of some, by name. `said` goes into the metadata."""
        state = {**network.state_dict(), **(instead or {})}
        tensors = {n: t.detach().cpu().contiguous() for n, t in state.items()}
        self.save(name, tensors, {**job.metadata, **said})

    def drop_epochs(self, before):
        """Removes the weights of epochs up to one."""
        for path in self.files("epoch-*.safetensors"):
            number = path.stem.removeprefix("epoch-")
            if number.isdecimal() and int(number) <= before:
                with writing(path):
                    path.unlink(missing_ok=True)


def megabytes(size):
    return f"{size / 1e6:,.1f} MB"


@contextlib.contextmanager
def writing(path):
    """One line where the disk is full or fails."""
    try:
        yield
    except OSError as error:
        reason = one_line(error)
        sys.exit(f"{path}: cannot be written: {reason}; what was saved before is whole: make room, then --resume")


def flush_folder(path):
    """A rename is on the disk when its folder is. Some systems cannot do this, and need it not."""
    if os.name == "nt":
        return
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(folder)
