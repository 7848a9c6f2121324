"""Trains the augmented model of this folder.

    python train.py [--device cuda] [--out result] [--max-steps N] [--resume]
                    [--checkpoint-minutes 10] [--compile] [--fast]
    torchrun --nproc-per-node N train.py [--out result] ...

Each sub-network has its own optimizer, schedule, gradient clipping and random state, and trains as it would alone.
Send back result/trained.safetensors.
"""

import argparse
import contextlib
import errno
import hashlib
import importlib
import json
import math
import os
import re
import shutil
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")

# What requirements.txt lists: all that this file and model.py import, directly or not.
REQUIRED = {"torch": "2.9", "numpy": "1.26", "safetensors": "0.4", "tqdm": "4.60"}


def leave_early(number, _frame):
    os.write(2, b"\nstopped before the training began; nothing was changed\n")
    os._exit(128 + number)


def missing_packages():
    """One line for each package that cannot be imported or is too old."""
    for name, oldest in REQUIRED.items():
        cure = "pip install -r requirements.txt"
        try:
            version = importlib.import_module(name).__version__
        except Exception as error:  # a broken package fails in any way
            yield f"{name}: cannot be imported ({one_line(error)}): {cure}"
            continue
        if numbers(version) < numbers(oldest):
            yield f"{name}: is {version}, and {oldest} or later is needed: {cure}"


def numbers(version):
    return [int(number) for number in re.findall(r"\d+", version)[:2]]


def one_line(error):
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split()) or type(error).__name__


def stop_on(findings):
    """Ends with a line for each finding, where there are any."""
    findings = list(findings)
    if len(findings) > 20:
        findings[19:] = [f"and {len(findings) - 19} more"]
    if findings:
        sys.exit("\n".join(findings))


if __name__ == "__main__":
    for _signal in (signal.SIGINT, signal.SIGTERM):
        signal.signal(_signal, leave_early)
stop_on(missing_packages())

import torch
import torch.distributed as dist
from safetensors import SafetensorError, safe_open
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

HERE = Path(__file__).resolve().parent
FORMAT = 2
LOG_EVERY = 50
# What appears in --out.
WRITTEN = (
    "checkpoint.safetensors",
    "checkpoint-2.safetensors",
    "trained.safetensors",
    "epoch-*.safetensors",
    "metrics.jsonl",
)
UNREADABLE = (OSError, SafetensorError, KeyError, TypeError, ValueError)
DIGEST_BYTES = 32
# Ranks wait for the first one while it checks files, evaluates and saves.
PATIENCE = timedelta(hours=6)
TORCH_DTYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8,
    "U64": torch.uint64, "U32": torch.uint32, "U16": torch.uint16, "BOOL": torch.bool, "C64": torch.complex64,
    "F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2,
}  # fmt: skip
DTYPE_NAMES = {dtype: name for name, dtype in TORCH_DTYPES.items()}
# What this file reads of job.json: a type, or a number for whole numbers that are at least as large.
SHARDS = [{"file": str, "rows": 0}]
SCHEDULE = {"kind": str, "warmup_steps": 0, "step_size": 1, "gamma": float}
RECIPE = {"optimizer": str, "arguments": dict, "no_decay": list, "clip_grad_norm": float, "accumulate": 1}
MANIFEST = {
    "format": FORMAT,
    "training": {"epochs": 1, "batch_size": 1, "precision": str, "seed": 0},
    "subnetworks": [{"recipe": {**RECIPE, "schedule": SCHEDULE}}],
    "shards": {"train": SHARDS, "valid": SHARDS},
    "digest_piece": 1,
    "files": {"*": {"bytes": 0, "blake2b": list}},
}


def blake2b(content):
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).hexdigest()


def say(text):
    """A line for people. A terminal that is gone or a full disk behind it must not end the training."""
    try:
        print(text, flush=True)
    except OSError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115


def warn(text):
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def faults(value, schema, where):
    """A line for each place where a JSON value is not as the schema says."""
    kind = schema if isinstance(schema, type) else type(schema)
    good = isinstance(value, (int, float) if kind is float else kind) and not isinstance(value, bool)
    if not good or (kind is int and value < schema):
        yield f"{where}: found {str(value)[:40]!r}, expected {kind.__name__}{f' >= {schema}' if kind is int else ''}"
    elif isinstance(schema, list):
        for number, entry in enumerate(value):
            yield from faults(entry, schema[0], f"{where}[{number}]")
    elif isinstance(schema, dict):
        for name, inner in ({n: schema["*"] for n in value} if "*" in schema else schema).items():
            if name in value:
                yield from faults(value[name], inner, f"{where}: {name}")
            else:
                yield f"{where}: {name}: is missing"


class Job:
    """job.json, and the files that it lists."""

    def __init__(self, folder):
        self.folder = folder
        try:
            content = (folder / "job.json").read_bytes()
            self.manifest = json.loads(content)
        except FileNotFoundError:
            sys.exit("job.json: is missing; copy the whole folder again")
        except (OSError, ValueError, RecursionError) as error:
            sys.exit(f"job.json: is damaged ({one_line(error)}); copy it again")
        self.digest = blake2b(content)
        form = self.manifest.get("format") if type(self.manifest) is dict else None
        if form is not None and form != FORMAT:
            sys.exit(
                f"job.json: is of format {form}, and this train.py reads format {FORMAT}; take the job's own train.py"
            )
        stop_on(f"{line}; copy it again" for line in faults(self.manifest, MANIFEST, "job.json"))
        self.metadata = {"format": "pt", "job": self.digest}

    def check_files(self):
        """Damage on the way here must not be trained on. What people may change (a notebook that was run) is left out."""
        shards = self.manifest["shards"]
        names = ["train.py", "model.py", "weights.safetensors"]
        names += [shard["file"] for shard in shards["train"] + shards["valid"]]
        files = self.manifest["files"]
        stop_on(f"job.json: lacks {n!r}; copy it again" for n in names if n not in files)
        total = sum(files[name]["bytes"] for name in names)
        with tqdm(total=total, unit="B", unit_scale=True, desc="checking", leave=False, disable=None) as bar:
            findings = []
            for name in names:
                findings += self._damage(name, files[name])
                bar.update(files[name]["bytes"])
        stop_on(findings)

    def _damage(self, name, entry):
        path, piece = self.folder / name, self.manifest["digest_piece"]
        try:
            if path.stat().st_size == entry["bytes"] and file_digests(path, piece) == entry["blake2b"]:
                return []
        except FileNotFoundError:
            return [f"{name}: is missing; copy the whole folder again"]
        except OSError as error:
            return [f"{name}: cannot be read: {one_line(error)}"]
        return [f"{name}: is damaged or changed; copy it again"]


def file_digests(path, piece):
    """BLAKE2b of the file's consecutive pieces, in as many threads as there are cores."""

    def digest(offset):
        with open(path, "rb") as file:
            file.seek(offset)
            return blake2b(file.read(piece))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(digest, range(0, path.stat().st_size, piece)))


class Shard:
    """A safetensors file, memory-mapped: rows are read when they are asked for."""

    def __init__(self, path):
        size = path.stat().st_size
        storage = torch.from_file(str(path), shared=False, size=size, dtype=torch.uint8)
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        self.tensors = {}
        for name, entry in header.items():
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            values = storage[begin:end].view(TORCH_DTYPES[entry["dtype"]])
            self.tensors[name] = values.view(entry["shape"])


class Rows:
    """The rows of all shards of one split, by number."""

    def __init__(self, shards):
        self.shards = [Shard(HERE / shard["file"]) for shard in shards]
        counts = torch.tensor([0] + [shard["rows"] for shard in shards])
        self.first = counts.cumsum(0)
        self.count = int(self.first[-1])

    def batch(self, rows, device):
        """A dict of tensors with the given rows, in their order."""
        if len(self.shards) == 1:
            picked = {name: x[rows] for name, x in self.shards[0].tensors.items()}
        else:
            picked = self._gather(rows)
        if device.type == "cuda":
            return {name: x.pin_memory().to(device, non_blocking=True) for name, x in picked.items()}
        return picked

    def _gather(self, rows):
        where = torch.bucketize(rows, self.first[1:], right=True)
        picked = {name: x.new_empty((len(rows), x.shape[1])) for name, x in self.shards[0].tensors.items()}
        for number in where.unique().tolist():
            mask = where == number
            for name, x in self.shards[number].tensors.items():
                picked[name][mask] = x[rows[mask] - self.first[number]]
        return picked


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
    """One sub-network and all that trains it."""

    def __init__(self, index, module, recipe, training, batches, options):
        self.index = index
        self.module = module
        self.recipe = recipe
        self.device = options.device
        self.autocast = training["precision"] == "bf16"
        self.accumulate = recipe["accumulate"]
        self.total_steps = training["epochs"] * math.ceil(batches / self.accumulate)
        self.steps = 0
        self.state = RandomState(training["seed"], options.device)
        self.optimizer = self._optimizer()
        self.run = torch.compile(module) if options.compile else module
        self.loss_sum = torch.zeros((), device=options.device)
        self.metric_sum = torch.zeros((), dtype=torch.int64, device=options.device)
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

    def distribute(self, batch, options):
        """Wraps in DDP, which is told whether parameters get no gradient, and settles its buckets in a first backward:
        so a resumed run sums in the order of an undisturbed one."""
        unused = self.rehearse(batch, self.module)
        if self.optimizer is None:
            return
        ids = [options.device.index] if options.device.type == "cuda" else None
        self.run = DistributedDataParallel(self.run, device_ids=ids, find_unused_parameters=unused)
        self.rehearse(batch, self.run)

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
        stale = self.files(*(name + ".incomplete" for name in WRITTEN))
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

    def check_space(self, needed, epochs):
        """Ends where what is needed to the end does not fit; says so where only the files of the epochs do not."""
        free = shutil.disk_usage(self.path).free
        free += sum(p.stat().st_size for p in self.files(*WRITTEN[:3]))
        if free < needed:
            sys.exit(
                f"{self.path}: about {megabytes(needed)} are needed there for checkpoints and weights, and {megabytes(free)} are free"
            )
        if free < needed + epochs:
            warn(
                f"{self.path}: {megabytes(free)} are free; weights after each epoch take {megabytes(epochs)} more than the {megabytes(needed)} that are needed: move them away in time"
            )

    def save_weights(self, name, network, job):
        state = network.state_dict().items()
        tensors = {n: t.detach().cpu().contiguous() for n, t in state}
        self.save(name, tensors, job.metadata)


def write_safetensors(file, tensors, metadata):
    """As safetensors does, but with metadata in their order: its own is another in each process."""
    names = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    header, offset = {"__metadata__": metadata}, 0
    for name in names:
        x, begin = tensors[name], offset
        offset += x.nbytes
        header[name] = {"dtype": DTYPE_NAMES[x.dtype], "shape": [*x.shape], "data_offsets": [begin, offset]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    file.write(len(text).to_bytes(8, "little") + text)
    for name in names:
        file.write(content(tensors[name]))


def content(tensor):
    """Its bytes, not copied."""
    return tensor.reshape(-1).view(torch.uint8).numpy()


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


class Metrics:
    """metrics.jsonl: a line of JSON for each finding, each once, whatever interrupts."""

    def __init__(self, path):
        self.path = path
        self.length = 0  # what was written whole

    def append(self, lines):
        text = "".join(json.dumps(line, allow_nan=False) + "\n" for line in lines).encode()
        with writing(self.path), open(self.path, "ab", buffering=0) as file:
            if file.write(text) != len(text):  # in one call: no half lines
                file.truncate(self.length)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.length += len(text)

    def flush(self):
        if self.length:
            with writing(self.path), open(self.path, "rb+") as file:
                os.fsync(file.fileno())

    def cut(self, length):
        """Drops what came after a checkpoint that knew `length` bytes: it will come again."""
        there = self.path.stat().st_size if self.path.exists() else 0
        self.length = min(there, length)
        if there < length:
            warn(f"{self.path}: lines were removed; those of before are not written again")
        elif there > length:
            with writing(self.path):
                os.truncate(self.path, length)


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
        notes["learners"] = [self._pack(learner, tensors) for learner in learners]
        tensors = {n: t.detach().cpu().contiguous().clone() for n, t in tensors.items()}
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

    def _pack(self, learner, tensors):
        prefix = f"learner.{learner.index}"
        tensors[f"{prefix}.cpu_state"] = learner.state.cpu_state
        if learner.state.cuda:
            tensors[f"{prefix}.cuda_state"] = learner.state.cuda_state
        tensors[f"{prefix}.loss_sum"] = learner.loss_sum
        tensors[f"{prefix}.metric"] = learner.metric_sum
        for name, parameter in learner.module.named_parameters():
            if parameter.grad is not None:  # half-way through an accumulation
                tensors[f"{prefix}.grad.{name}"] = parameter.grad
        note = {"steps": learner.steps, "metric_of": learner.metric_of, "rows": learner.rows}
        if learner.optimizer is not None:
            state = learner.optimizer.state_dict()
            note["groups"] = state["param_groups"]
            note["plain"] = {}
            for number, values in state["state"].items():
                for key, value in values.items():
                    if isinstance(value, torch.Tensor):
                        tensors[f"{prefix}.optimizer.{number}.{key}"] = value
                    else:
                        note["plain"].setdefault(str(number), {})[key] = value
        return note

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

    def load(self, network, learners, options):
        """Restores in place; returns the notes."""
        notes, tensors, damaged = self.newest()
        if notes is None:
            stop_on(
                f"{path}: is damaged, and there is no whole checkpoint; choose another --out to train anew"
                for path in damaged
            )
        for path in damaged if options.rank == 0 else ():
            warn(f"{path}: is damaged; continuing from the other checkpoint, of batch {notes['progress'][2]}")
        if notes["progress"][0] < self.job.manifest["training"]["epochs"]:
            self._compare(notes, options)
        state = {n.removeprefix("network."): t for n, t in tensors.items() if n.startswith("network.")}
        network.load_state_dict(state)
        for learner, note in zip(learners, notes["learners"], strict=True):
            self._unpack(learner, note, tensors)
        self.saves = notes["saves"]
        return notes

    def _compare(self, notes, options):
        """What changes the bytes is refused; what may change them is said."""
        first = self.paths[0]
        then, now = notes["must"], options.conditions["must"]
        cures = {"threads": f"set OMP_NUM_THREADS={then.get('threads')} on a machine with as many cores"}
        stop_on(
            f"{first}: was made with {n} {then.get(n)}, and now it is {now[n]}; {cures.get(n, 'use the same')}, or another --out"
            for n in now
            if then.get(n) != now[n]
        )
        then, now = notes["may"], options.conditions["may"]
        for n in now:
            if then.get(n) != now[n] and options.rank == 0:
                warn(f"{first}: was made with {n} {then.get(n)}, and now it is {now[n]}: the same up to rounding")

    def _unpack(self, learner, note, tensors):
        prefix = f"learner.{learner.index}"
        learner.state.cpu_state = tensors[f"{prefix}.cpu_state"]
        if learner.state.cuda:
            learner.state.cuda_state = tensors[f"{prefix}.cuda_state"]
        learner.loss_sum.copy_(tensors[f"{prefix}.loss_sum"])
        learner.metric_sum.copy_(tensors[f"{prefix}.metric"])
        learner.steps, learner.metric_of, learner.rows = (note["steps"], note["metric_of"], note["rows"])
        for name, parameter in learner.module.named_parameters():
            grad = tensors.get(f"{prefix}.grad.{name}")
            if grad is not None:
                parameter.grad = torch.empty_like(parameter).copy_(grad)
        if learner.optimizer is None:
            return
        state = {int(number): dict(values) for number, values in note["plain"].items()}
        front = f"{prefix}.optimizer."
        for name, value in tensors.items():
            if name.startswith(front):
                number, key = name[len(front) :].split(".", 1)
                state.setdefault(int(number), {})[key] = value
        learner.optimizer.load_state_dict({"state": state, "param_groups": note["groups"]})
        for parameter, values in learner.optimizer.state.items():
            for key, value in values.items():  # in the parameter's order of memory: kernels may round by it
                if isinstance(value, torch.Tensor) and value.shape == parameter.shape:
                    values[key] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)


class Trainer:
    """The loop: rows in a seeded order, sub-networks one after another."""

    def __init__(self, job, network, options):
        self.job, self.network, self.options = job, network, options
        self.training = job.manifest["training"]
        self.rows = Rows(job.manifest["shards"]["train"])
        self.held_out = Rows(job.manifest["shards"]["valid"])
        self.batches = self._batches()
        if not self.batches:
            sys.exit("there are too few rows for one batch on this many processes")
        self.learners = [
            Learner(k, module, entry["recipe"], self.training, len(self.batches), options)
            for k, (module, entry) in enumerate(zip(network.subnetworks, job.manifest["subnetworks"], strict=True))
        ]
        self.metrics = Metrics(options.out / "metrics.jsonl")
        self.checkpoint = Checkpoint(options.out, job)
        self.epoch = self.batch = self.done = 0
        self.total = self.training["epochs"] * len(self.batches)
        self.saved, self.saved_at = None, time.monotonic()

    def _batches(self):
        """Consecutive (first, last) batches; a last one that would leave a process one row goes."""
        size, count = self.training["batch_size"], self.rows.count
        spans = [(first, min(first + size, count)) for first in range(0, count, size)]
        return [span for span in spans if span[1] - span[0] >= 2 * self.options.world]

    def run(self, out, signals):
        """Trains to the recipe's end or to --max-steps, and leaves trained.safetensors."""
        self.out, self.signals = out, signals
        self.network.train()
        if self.options.world > 1:
            self.distribute()
        if self.options.resume:
            self.resume()
        limit = min(self.total, self.options.max_steps or self.total)
        if self.unfinished(limit):
            self.begin()
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

    def distribute(self):
        batch = self.next_batch(torch.arange(self.rows.count), 0)
        for learner in self.learners:
            learner.distribute(batch, self.options)

    def resume(self):
        notes = self.checkpoint.load(self.network, self.learners, self.options)
        self.epoch, self.batch, self.done = notes["progress"]
        self.saved = notes["progress"]
        if self.options.world > 1:
            dist.barrier()  # all have read before the first one writes
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
        generator = torch.Generator().manual_seed(self.training["seed"] + self.epoch)
        order = torch.randperm(self.rows.count, generator=generator)
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
                say(f"{line} ({time.monotonic() - began:.1f} s)")
        self.save_checkpoint()

    def next_batch(self, order, index):
        rows = order[slice(*self.batches[index])].tensor_split(self.options.world)
        return self.rows.batch(rows[self.options.rank], self.options.device)

    def train_batch(self, order, index):
        batch = self.next_batch(order, index)
        last = index + 1 == len(self.batches)
        for learner in self.learners:
            learner.train_batch(batch, last, index)
        self.batch, self.done = index + 1, self.done + 1

    def pause(self):
        """After a batch: saves where it is time to, and ends where a signal came."""
        late = time.monotonic() - self.saved_at >= 60 * self.options.checkpoint_minutes
        number, late = self.agree(self.signals.number, int(late))
        if number or late:
            self.save_checkpoint()
        if number:
            raise Stopped(number, self.done, self.total)

    def agree(self, *numbers):
        """Processes see signals and clocks at different times; all act on the largest."""
        if self.options.world == 1:
            return numbers
        found = torch.tensor(numbers)
        dist.all_reduce(found, dist.ReduceOp.MAX, group=self.options.talk)
        return found.tolist()

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

    @torch.no_grad()
    def evaluate(self):
        """Over the held-out rows, on the first process. A signal ends it: it is done again after a resume."""
        text, stopped = "", 0
        if self.out:
            self.network.eval()
            stopped = self._evaluate()
            self.network.train()
            text = "" if stopped else self.report("valid")
        (stopped,) = self.agree(stopped)
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
            batch = self.held_out.batch(rows, self.options.device)
            for learner in self.learners:
                learner.note(*learner.forward(batch, learner.module), batch)
            if self.signals.number:
                return self.signals.number
        return 0

    def save_checkpoint(self, trial=False):
        progress = [self.epoch, self.batch, self.done]
        if progress == self.saved and not trial:
            return
        if self.options.world > 1:
            self.compare_random_states()
        if self.out:
            self.metrics.flush()
            notes = {
                "progress": progress,
                "total": self.total,
                "metrics": self.metrics.length,
                **self.options.conditions,
            }
            self.checkpoint.save(self.out, self.network, self.learners, notes, not trial)
        if self.options.world > 1:
            dist.barrier()
        self.saved, self.saved_at = progress, time.monotonic()

    def compare_random_states(self):
        """All ranks draw alike from the same seed; a difference would make resuming inexact."""
        for learner in self.learners:
            mine = learner.state.cpu_state.to(self.options.device)
            theirs = [torch.empty_like(mine) for _ in range(self.options.world)]
            dist.all_gather(theirs, mine)
            if not all(torch.equal(mine, other) for other in theirs):
                warn("the ranks' random states differ: resuming is exact up to them")
                return


class Stopped(Exception):
    """By a signal, after all was saved."""

    def __init__(self, number, done, total):
        super().__init__(
            f"stopped by {signal.Signals(number).name} after batch {done} of {total}; all is saved: the same command with --resume continues"
        )
        self.status = 128 + number


class Signals:
    """SIGINT, SIGTERM and a lost terminal: training ends after the batch at hand. A second one ends it at once."""

    def __init__(self):
        self.number = 0
        self.before = {}

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", 0)):
                nohup = number and signal.getsignal(number) == signal.SIG_IGN
                if number and not (nohup and number == signal.SIGHUP):
                    self.before[number] = signal.signal(number, self.note)
        return self

    def __exit__(self, *_):
        for number, handler in self.before.items():
            signal.signal(number, handler or signal.SIG_DFL)

    def note(self, number, _frame):
        self.number = number
        for again in self.before:
            signal.signal(again, signal.SIG_DFL)
        with contextlib.suppress(OSError):
            os.write(2, b"\nending after this batch; a second signal ends at once\n")


class Parser(argparse.ArgumentParser):
    def error(self, message):
        sys.exit(f"{self.prog}: {message}; --help lists the options")


def parse_arguments():
    parser = Parser(description="Trains the augmented model of this folder.")
    add = parser.add_argument
    add("--device", help="cpu, cuda, cuda:1; default: a GPU where there is one")
    add("--out", type=Path, default=Path("result"), help="folder for the results")
    add("--max-steps", type=int, help="stop after so many batches")
    add("--resume", action="store_true", help="continue what is in --out")
    add(
        "--checkpoint-minutes",
        type=float,
        default=10.0,
        metavar="M",
        help="save every so many minutes, beside each epoch; default: 10",
    )
    add("--compile", action="store_true", help="torch.compile: equal up to rounding")
    add("--fast", action="store_true", help="non-deterministic kernels, TF32")
    options = parser.parse_args()
    if options.max_steps is not None and options.max_steps < 1:
        parser.error(f"--max-steps: {options.max_steps} is no number of batches; expected 1 or more")
    if not options.checkpoint_minutes >= 0:
        parser.error(f"--checkpoint-minutes: {options.checkpoint_minutes} is no time; expected 0 or more")
    return options


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


def set_up(options):
    options.world = int(os.environ.get("WORLD_SIZE", "1"))
    options.rank = int(os.environ.get("RANK", "0"))
    options.device = pick_device(options.device)
    processor = torch.backends.cpu.get_cpu_capability()
    if options.device.type == "cuda":
        torch.cuda.set_device(options.device)
        processor = torch.cuda.get_device_name(options.device)
    if options.world > 1:
        backend = "nccl" if options.device.type == "cuda" else "gloo"
        dist.init_process_group(backend, timeout=PATIENCE)
        options.talk = dist.new_group(backend="gloo", timeout=PATIENCE)
    options.conditions = {
        "must": {
            "device": options.device.type,
            "processes": options.world,
            "threads": torch.get_num_threads(),
            "--compile": options.compile,
            "--fast": options.fast,
        },
        "may": {"PyTorch": torch.__version__, "processor": processor},
    }
    if options.fast:
        warn(
            "--fast: kernels may be non-deterministic and use TF32, so results equal plain training's up to rounding only"
        )
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True
    else:
        torch.use_deterministic_algorithms(True)
        torch.utils.deterministic.fill_uninitialized_memory = False
        torch.backends.cudnn.benchmark = False


def set_up_compile(subnetworks):
    """Past eight recompilations the rest would run eagerly, in silence."""
    import torch._dynamo
    import torch._inductor.config

    torch._dynamo.config.recompile_limit = max(8, 4 * subnetworks)
    torch._inductor.config.fallback_random = True


def run(job, options, out):
    """Trains; returns the exit status. `out` is None but on the first process."""
    if out:
        options.resume = Checkpoint(options.out, job).may_resume(out, options.resume)
    if options.world > 1:
        resume = torch.tensor([int(options.resume)])
        dist.broadcast(resume, 0, group=options.talk)
        options.resume = bool(resume)
    if options.compile:
        set_up_compile(len(job.manifest["subnetworks"]))
    sys.path.insert(0, str(HERE))
    import model

    network = model.load(HERE / "weights.safetensors").to(options.device)
    torch.manual_seed(job.manifest["training"]["seed"])
    trainer = Trainer(job, network, options)
    try:
        with Signals() as signals:
            trainer.run(out, signals)
    except Stopped as stopped:
        if out:
            warn(stopped)
        return stopped.status
    except (MemoryError, RuntimeError) as error:
        line = explain(error, options)
        if line is None:
            raise
        sys.exit(line)
    if out:
        say(trainer.last_words(out.path / "trained.safetensors"))
    return 0


def explain(error, options):
    """One line for what a user can mend; None for what is a fault of ours."""
    text = one_line(error)
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "allocate memory" in text:
        return f"{options.device}: its memory is too small for this job ({text.split('. ')[0]})"
    if "deterministic" in text:
        return f"{options.device}: {text.split('. ')[0]}; --fast trains without this check, up to rounding"
    return None


def main():
    options = parse_arguments()
    set_up(options)
    job = Job(HERE)
    if options.rank == 0:
        job.check_files()
    with Output(options.out, options.resume) if options.rank == 0 else contextlib.nullcontext() as out:
        status = run(job, options, out)
    if options.world > 1:
        dist.barrier()  # a process that leaves while another works would take it down
        dist.destroy_process_group()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)  # gloo's threads may outlive the group, and make an ordinary exit abort
    if status:
        sys.exit(status)


if __name__ == "__main__":
    main()
