"""A job that was made, or would be: where it is, what it holds, and a way to try it here."""

from __future__ import annotations

import base64
import html
import math
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from .counted import counted
from .errors import SystemRefusal

_SAMPLES = 4


def _count(number: float) -> str:
    for size, digits, unit in ((1e9, 2, "G"), (1e6, 2, "M"), (1e3, 1, "k")):
        if number >= size:
            return f"{number / size:.{digits}f} {unit}"
    return f"{number:.0f}"


def _duration(seconds: float) -> str:
    """Rounded up: nothing takes no time."""
    if seconds <= 120:
        return f"{max(1, math.ceil(seconds))} s"
    if seconds <= 120 * 60:
        return f"{math.ceil(seconds / 60)} min"
    return f"{math.ceil(seconds / 3600)} h"


def _png(pixels: torch.Tensor) -> bytes:
    """uint8 [H, W] or [H, W, 3]."""
    height, width = pixels.shape[:2]
    colour = 2 if pixels.dim() == 3 else 0
    raw = b"".join(b"\0" + bytes(row.flatten().tolist()) for row in pixels)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))  # fmt: skip

    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")  # fmt: skip


class _Summary:
    """What a job holds and takes: `facts`, and these as text."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts

    def _first(self, upload: str) -> tuple[str, str]:
        raise NotImplementedError

    def rows(self) -> list[tuple[str, str]]:
        """The summary's lines: what, and how much."""
        f = self.facts
        ratio = (f["parameters"] - f["wanted_parameters"]) / max(1, f["wanted_parameters"])  # fmt: skip
        could = "each" if f["receiving"] == 0 else f["subnetworks"] - f["receiving"]
        epochs = "the epoch" if f["epochs"] == 1 else f"each of {f['epochs']} epochs"
        lines = [
            self._first(f"{'about ' if f['draws_anew'] else ''}{_count(f['bytes'])}B to upload, {_duration(f['upload_seconds'])} at 100 Mbit/s"),
            ("tasks", f"{f['wanted']} wanted, {counted(f['guests'], 'guest')}, {counted(f['generated'], 'generated decoy')}"),
            ("sub-networks", f"{f['subnetworks']}, {could} of which could be a wanted one: at best, the cloud guesses"),
            ("rows", f"{f['rows']} for training, {f['held_out_rows']} held out"),
            ("parameters", f"{_count(f['parameters'])}, of which the wanted tasks have {_count(f['wanted_parameters'])}"),
            ("amount", f"{f['inserted']:.2f} times the wanted tasks' values inserted, {ratio:.2f} times their parameters"),
            ("FLOPs", f"{_count(f['flops'])} a sample forward, of which the wanted tasks have {_count(f['wanted_flops'])}"),
            ("cost", f"a training step takes about {f['step_cost']:.2f} times the wanted tasks' (on a CPU)"),
            ("memory", f"about {_count(f['memory'])}B to train, beside {_count(f['wanted_memory'])}B for the wanted tasks alone"),
            ("disk", f"about {_count(f['disk'])}B for checkpoints and weights where it trains, {_count(f['epochs_disk'])}B of it for those after {epochs} (train.py --keep all,best, the default)"),
        ]  # fmt: skip
        return lines + [
            ("table" if path.endswith(".json") else "tokenizer", path)
            for path in f["fitted"]
        ]

    def summary(self) -> str:
        """A table of what the job holds, and what the user should know."""
        lines = [f"{name:<14}{text}" for name, text in self.rows()]
        return "\n".join(lines + [f"- {note}" for note in self.facts["notes"]])

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th style='text-align:left'>{html.escape(name)}</th><td style='text-align:left'>{html.escape(text)}</td></tr>" for name, text in self.rows())  # fmt: skip
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.facts["notes"])
        return f"<table>{rows}</table>{self._pictures()}<ul>{notes}</ul>"

    def _pictures(self) -> str:
        return ""


class DryRun(_Summary):
    """What obfuscate(dry_run=True) found out of the job that it would make: `facts`, summary(). Nothing was written."""

    def _first(self, upload: str) -> tuple[str, str]:
        return "dry run", f"{upload}; nothing was written"

    def __repr__(self) -> str:
        return f"DryRun({self.facts['bytes']} bytes)"


class Job(_Summary):
    """What obfuscate() made. `path` goes to the cloud, `key` stays at home."""

    def __init__(self, path: Path, key: Path, summary: dict[str, Any]) -> None:
        super().__init__(summary)
        self.path, self.key = path, key

    def _first(self, upload: str) -> tuple[str, str]:
        return "job", f"{self.path} ({upload}), key {self.key}"

    def __repr__(self) -> str:
        return f"Job({str(self.path)!r}, key={str(self.key)!r})"

    def _pictures(self) -> str:
        """A few samples of every stream, as the cloud sees them; streams that are no images are left out."""
        shards = sorted((self.path / "data").glob("train-*"))
        with safe_open(shards[0], "pt") as shard:
            names = [n for n in shard.keys() if n.startswith("x.")]  # noqa: SIM118
            if names not in (["x.uint8"], ["x.float32"]):
                return ""  # fields of several kinds: no single picture
            samples = shard.get_slice(names[0])[:_SAMPLES]
        out = ""
        for number, image in enumerate(self._streams(samples)):
            if image is not None:
                data = base64.b64encode(_png(_bytes(image))).decode()
                out += f"<figure style='display:inline-block;margin:4px'><img src='data:image/png;base64,{data}' style='image-rendering:pixelated;height:64px'><figcaption>stream {number}</figcaption></figure>"  # fmt: skip
        return out

    def _streams(self, samples: torch.Tensor) -> list[torch.Tensor | None]:
        with safe_open(self.path / "weights.safetensors", "pt") as weights:
            positions = sorted(
                (n for n in weights.keys() if n.endswith(".positions")),  # noqa: SIM118
                key=lambda n: int(n.split(".")[1]),
            )
            return [_image(samples[:, weights.get_tensor(name)]) for name in positions]

    def start(self, *, passphrase: str | None = None) -> Any:
        """The values that training begins with: a state dict for one task, a dict of them by name for several.

        They are the models' own, but where nothing had trained what PyTorch drew: that is drawn anew, for all tasks
        of a job alike, because PyTorch's numbers can be recognised. Train from these to compare with a run of your own.
        """
        from .api import extract

        return extract(
            self.path / "weights.safetensors", key=self.key, passphrase=passphrase
        )

    def train(self, *, device: str = "cpu", out: str | Path = "result", max_steps: int | None = None, resume: bool = False) -> Path:  # fmt: skip
        """Runs the job's own train.py here, as the cloud would. Returns the trained file's path."""
        command = [sys.executable, str(self.path / "train.py"), "--device", device, "--out", str(out)]  # fmt: skip
        if max_steps is not None:
            command += ["--max-steps", str(max_steps)]
        if resume:
            command.append("--resume")
        if subprocess.run(command, check=False).returncode != 0:
            raise SystemRefusal(f"{self.path / 'train.py'} failed; what it said stands above")  # fmt: skip
        return Path(out) / "trained.safetensors"


def _bytes(pixels: torch.Tensor) -> torch.Tensor:
    """Real values spread over 0 to 255."""
    if pixels.dtype == torch.uint8:
        return pixels
    low, high = pixels.min(), pixels.max()
    return ((pixels - low) / (high - low).clamp(min=1e-9) * 255).to(torch.uint8)


def _image(rows: torch.Tensor) -> torch.Tensor | None:
    """Samples side by side, [H, N W] or [H, N W, 3]; None where their size is that of no square image."""
    for channels in (1, 3):
        side = round((rows.shape[1] / channels) ** 0.5)
        if side > 1 and channels * side * side == rows.shape[1]:
            images = rows.view(-1, channels, side, side)
            line = torch.cat(list(images), 2).permute(1, 2, 0)
            return line[:, :, 0] if channels == 1 else line
    return None
