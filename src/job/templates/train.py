"""Trains the augmented model of this folder.

    python train.py [--device cuda] [--out result] [--max-steps N] [--resume] [--compile] [--fast]
    torchrun --nproc-per-node N train.py [--out result] ...

Each sub-network has its own optimizer, schedule, gradient clipping and random state, and trains as it would alone.
Send back result/trained.safetensors.
"""

import argparse
import contextlib
import hashlib
import json
import math
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")

import torch
import torch.distributed as dist
from safetensors import safe_open
from safetensors.torch import save_file
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

HERE = Path(__file__).resolve().parent
LOG_EVERY = 50
CHECKPOINT_PIECE = 1 << 24
TORCH_DTYPES = {
    "U8": torch.uint8,
    "I32": torch.int32,
    "I64": torch.int64,
    "F32": torch.float32,
}


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
            return {
                name: x.pin_memory().to(device, non_blocking=True)
                for name, x in picked.items()
            }
        return picked

    def _gather(self, rows):
        where = torch.bucketize(rows, self.first[1:], right=True)
        picked = {
            name: x.new_empty((len(rows), x.shape[1]))
            for name, x in self.shards[0].tensors.items()
        }
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
        if options.world > 1 and any(p.requires_grad for p in module.parameters()):
            ids = [options.device.index] if options.device.type == "cuda" else None
            self.run = DistributedDataParallel(
                self.run, device_ids=ids, find_unused_parameters=True
            )
        self.loss_sum = torch.zeros((), device=options.device)
        self.correct = torch.zeros((), dtype=torch.int64, device=options.device)
        self.seen = self.losses = 0

    def _optimizer(self):
        spared = set(self.recipe["no_decay"])
        trainable = [
            (n, p) for n, p in self.module.named_parameters() if p.requires_grad
        ]
        groups = [{"params": [p for n, p in trainable if n not in spared]}]
        if any(n in spared for n, _ in trainable):
            rest = [p for n, p in trainable if n in spared]
            groups.append({"params": rest, "weight_decay": 0.0})
        groups = [group for group in groups if group["params"]]
        if not groups:
            return None
        optimizer = getattr(torch.optim, self.recipe["optimizer"])
        return optimizer(groups, **self.recipe["arguments"])

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
            torch.nn.utils.clip_grad_norm_(
                self.module.parameters(), self.recipe["clip_grad_norm"]
            )
        factor = self.schedule_factor()
        for group in self.optimizer.param_groups:
            group.setdefault("base_lr", group["lr"])
            group["lr"] = group["base_lr"] * factor
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.steps += 1

    def note(self, output, loss, batch):
        self.loss_sum += loss.detach()
        self.losses += 1
        if self.recipe["loss"] == "cross_entropy":
            target = self.module.target(batch)
            self.correct += (output.detach().argmax(-1) == target).sum()
            self.seen += target.numel()

    def metrics(self, reset):
        """Means over what has been noted since the last reset."""
        found = {
            "sub-network": self.index,
            "loss": float(self.loss_sum) / max(1, self.losses),
        }
        if self.optimizer is not None:
            found["lr"] = self.optimizer.param_groups[0]["lr"]
        if self.seen:
            found["accuracy"] = int(self.correct) / self.seen
        if not reset:
            return found
        self.loss_sum.zero_()
        self.correct.zero_()
        self.seen = self.losses = 0
        return found


class Checkpoint:
    """Everything that training continues from: safetensors for tensors, JSON for the rest."""

    def __init__(self, folder):
        self.folder = folder / "checkpoint"

    def save(self, network, learners, progress):
        tensors = {f"network.{n}": t for n, t in network.state_dict().items()}
        notes = {"progress": progress, "learners": []}
        for learner in learners:
            notes["learners"].append(self._pack(learner, tensors))
        tensors = {n: t.detach().cpu().contiguous().clone() for n, t in tensors.items()}
        with replacing(self.folder.with_suffix(".safetensors")) as path:
            save_file(tensors, path)
        with replacing(self.folder.with_suffix(".json")) as path:
            path_of_tensors = self.folder.with_suffix(".safetensors")
            digests = file_digests(path_of_tensors, CHECKPOINT_PIECE)
            Path(path).write_text(json.dumps({**notes, "tensors": digests}))

    def _pack(self, learner, tensors):
        prefix = f"learner.{learner.index}"
        tensors[f"{prefix}.cpu_state"] = learner.state.cpu_state
        if learner.state.cuda:
            tensors[f"{prefix}.cuda_state"] = learner.state.cuda_state
        tensors[f"{prefix}.loss_sum"] = learner.loss_sum
        tensors[f"{prefix}.correct"] = learner.correct
        for name, parameter in learner.module.named_parameters():
            if parameter.grad is not None:  # half-way through an accumulation
                tensors[f"{prefix}.grad.{name}"] = parameter.grad
        note = {"steps": learner.steps, "seen": learner.seen, "losses": learner.losses}
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

    def load(self, network, learners, device):
        """Restores in place; returns the progress. Fails when there is nothing to continue."""
        notes_path = self.folder.with_suffix(".json")
        if not notes_path.exists():
            sys.exit(f"{notes_path}: there is no checkpoint to resume from")
        notes = json.loads(notes_path.read_text())
        path = self.folder.with_suffix(".safetensors")
        if file_digests(path, CHECKPOINT_PIECE) != notes["tensors"]:
            sys.exit(
                f"{path}: does not belong to {notes_path.name}; the save was interrupted"
            )
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in sorted(file.keys())}
        prefix = "network."
        state = {
            n[len(prefix) :]: t for n, t in tensors.items() if n.startswith(prefix)
        }
        network.load_state_dict(state)
        for learner, note in zip(learners, notes["learners"], strict=True):
            self._unpack(learner, note, tensors, device)
        return notes["progress"]

    def _unpack(self, learner, note, tensors, device):
        prefix = f"learner.{learner.index}"
        learner.state.cpu_state = tensors[f"{prefix}.cpu_state"]
        if learner.state.cuda:
            learner.state.cuda_state = tensors[f"{prefix}.cuda_state"]
        learner.loss_sum.copy_(tensors[f"{prefix}.loss_sum"])
        learner.correct.copy_(tensors[f"{prefix}.correct"])
        learner.steps, learner.seen, learner.losses = (
            note["steps"],
            note["seen"],
            note["losses"],
        )
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
        learner.optimizer.load_state_dict(
            {"state": state, "param_groups": note["groups"]}
        )


@contextlib.contextmanager
def replacing(path):
    """A temporary name that replaces `path` when the block has ended well."""
    temporary = path.with_name(path.name + ".incomplete")
    yield str(temporary)
    os.replace(temporary, path)


def file_digests(path, piece):
    """BLAKE2b of the file's consecutive pieces, in as many threads as there are cores."""

    def digest(offset):
        with open(path, "rb") as file:
            file.seek(offset)
            return hashlib.blake2b(file.read(piece), digest_size=32).hexdigest()

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(digest, range(0, path.stat().st_size, piece)))


def save_weights(network, path):
    tensors = {
        n: t.detach().cpu().contiguous() for n, t in network.state_dict().items()
    }
    with replacing(path) as temporary:
        save_file(tensors, temporary, metadata={"format": "pt"})


def check_files(manifest):
    """Damage on the way here must not be trained on."""
    files, piece = manifest["files"].items(), manifest["digest_piece"]
    total = sum(entry["bytes"] for _, entry in files)
    with tqdm(
        total=total,
        unit="B",
        unit_scale=True,
        desc="checking",
        leave=False,
        disable=None,
    ) as bar:
        for name, entry in files:
            path = HERE / name
            if not path.exists():
                sys.exit(f"{name}: is missing; copy the whole folder again")
            if (
                path.stat().st_size != entry["bytes"]
                or file_digests(path, piece) != entry["blake2b"]
            ):
                sys.exit(f"{name}: is damaged or changed; copy it again")
            bar.update(entry["bytes"])


class Trainer:
    """The loop: rows in a seeded order, sub-networks one after another."""

    def __init__(self, manifest, network, options):
        self.manifest, self.network, self.options = manifest, network, options
        self.training = manifest["training"]
        self.rows = Rows(manifest["shards"]["train"])
        self.held_out = Rows(manifest["shards"]["valid"])
        self.batches = self._batches()
        if not self.batches:
            sys.exit("there are too few rows for one batch on this many processes")
        self.learners = [
            Learner(k, module, recipe, self.training, len(self.batches), options)
            for k, (module, recipe) in enumerate(
                zip(network.subnetworks, manifest["subnetworks"], strict=True)
            )
        ]
        self.checkpoint = Checkpoint(options.out)
        self.epoch = self.batch = self.done = 0

    def _batches(self):
        """Consecutive (first, last) batches; a last one that would leave a process one row goes."""
        size, count = self.training["batch_size"], self.rows.count
        spans = [(first, min(first + size, count)) for first in range(0, count, size)]
        return [span for span in spans if span[1] - span[0] >= 2 * self.options.world]

    def run(self):
        if self.options.resume:
            progress = self.checkpoint.load(
                self.network, self.learners, self.options.device
            )
            self.epoch, self.batch, self.done = (
                progress[k] for k in ("epoch", "batch", "done")
            )
        total = self.training["epochs"] * len(self.batches)
        limit = (
            total
            if self.options.max_steps is None
            else min(total, self.options.max_steps)
        )
        with self.bar(limit) as bar:
            while self.done < limit:
                self.train_epoch(limit, bar)
        self.save_checkpoint()
        if self.options.rank == 0:
            save_weights(self.network, self.options.out / "trained.safetensors")

    def bar(self, limit):
        quiet = None if self.options.rank == 0 else True
        return tqdm(
            total=limit, initial=self.done, unit="batch", desc="training", disable=quiet
        )

    def train_epoch(self, limit, bar):
        generator = torch.Generator().manual_seed(self.training["seed"] + self.epoch)
        order = torch.randperm(self.rows.count, generator=generator)
        self.network.train()
        for index in range(self.batch, len(self.batches)):
            if self.done >= limit:
                return
            self.train_batch(order, index)
            bar.update()
            if self.done % LOG_EVERY == 0:
                self.report("train-steps", bar, reset=False)
        self.report("train", bar)
        if self.held_out.count:
            self.evaluate(bar)
        self.epoch, self.batch = self.epoch + 1, 0
        if self.options.rank == 0:
            save_weights(
                self.network, self.options.out / f"epoch-{self.epoch:03}.safetensors"
            )
        self.save_checkpoint()

    def train_batch(self, order, index):
        rows = order[slice(*self.batches[index])].tensor_split(self.options.world)
        batch = self.rows.batch(rows[self.options.rank], self.options.device)
        last = index + 1 == len(self.batches)
        for learner in self.learners:
            learner.train_batch(batch, last, index)
        self.batch, self.done = index + 1, self.done + 1

    def report(self, split, bar, reset=True):
        found = [learner.metrics(reset) for learner in self.learners]
        if self.options.rank != 0:
            return
        with open(self.options.out / "metrics.jsonl", "a") as file:
            for metrics in found:
                line = {
                    "split": split,
                    "epoch": self.epoch,
                    "step": self.done,
                    **metrics,
                }
                file.write(json.dumps(line) + "\n")
        bar.set_postfix(loss=" ".join(f"{metrics['loss']:.3f}" for metrics in found))

    @torch.no_grad()
    def evaluate(self, bar):
        if self.options.rank != 0:
            return
        self.network.eval()
        size = self.training["batch_size"]
        for first in range(0, self.held_out.count, size):
            rows = torch.arange(first, min(first + size, self.held_out.count))
            batch = self.held_out.batch(rows, self.options.device)
            for learner in self.learners:
                learner.note(*learner.forward(batch, learner.module), batch)
        self.report("valid", bar)
        self.network.train()

    def save_checkpoint(self):
        if self.options.world > 1:
            self.gather_random_states()
        if self.options.rank == 0:
            progress = {"epoch": self.epoch, "batch": self.batch, "done": self.done}
            self.checkpoint.save(self.network, self.learners, progress)
        if self.options.world > 1:
            dist.barrier()

    def gather_random_states(self):
        """All ranks draw alike from the same seed; a difference would make resuming inexact."""
        for learner in self.learners:
            mine = learner.state.cpu_state.to(self.options.device)
            theirs = [torch.empty_like(mine) for _ in range(self.options.world)]
            dist.all_gather(theirs, mine)
            if not all(torch.equal(mine, other) for other in theirs):
                print(
                    "the ranks' random states differ: resuming is exact up to them",
                    file=sys.stderr,
                )
                return


def parse_arguments():
    parser = argparse.ArgumentParser(
        description="Trains the augmented model of this folder."
    )
    parser.add_argument(
        "--device", help="cpu, cuda, cuda:1; default: a GPU where there is one"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("result"), help="folder for the results"
    )
    parser.add_argument("--max-steps", type=int, help="stop after so many batches")
    parser.add_argument(
        "--resume", action="store_true", help="continue from OUT/checkpoint"
    )
    parser.add_argument(
        "--compile", action="store_true", help="torch.compile: equal up to rounding"
    )
    parser.add_argument(
        "--fast", action="store_true", help="non-deterministic kernels, TF32"
    )
    return parser.parse_args()


def set_up(options):
    options.world = int(os.environ.get("WORLD_SIZE", "1"))
    options.rank = int(os.environ.get("RANK", "0"))
    name = options.device or ("cuda" if torch.cuda.is_available() else "cpu")
    if name == "cuda":
        name = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
    options.device = torch.device(name)
    if options.device.type == "cuda":
        torch.cuda.set_device(options.device)
    if options.world > 1:
        dist.init_process_group("nccl" if options.device.type == "cuda" else "gloo")
    if options.fast:
        print(
            "--fast: kernels may be non-deterministic and use TF32, so results equal plain "
            "training's up to rounding only",
            file=sys.stderr,
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


def main():
    options = parse_arguments()
    manifest = json.loads((HERE / "job.json").read_text())
    set_up(options)
    if options.rank == 0:
        check_files(manifest)
        options.out.mkdir(parents=True, exist_ok=True)
        taken = options.out / "trained.safetensors"
        if taken.exists() and not options.resume:
            sys.exit(f"{taken}: is already there; choose another --out or use --resume")
        if not options.resume:
            (options.out / "metrics.jsonl").unlink(missing_ok=True)
    if options.compile:
        set_up_compile(len(manifest["subnetworks"]))
    sys.path.insert(0, str(HERE))
    import model

    network = model.load(HERE / "weights.safetensors").to(options.device)
    torch.manual_seed(manifest["training"]["seed"])
    Trainer(manifest, network, options).run()
    if options.world > 1:
        dist.barrier()  # a process that leaves while another works would take it down
        dist.destroy_process_group()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(
            0
        )  # gloo's threads may outlive the group, and make an ordinary exit abort


if __name__ == "__main__":
    main()
