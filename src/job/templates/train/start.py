"""Trains the augmented model of this folder.

    python train.py [--device cuda] [--out result] [--max-steps N] [--resume]
                    [--checkpoint-minutes 10] [--keep last=2,best] [--one-at-a-time] [--compile] [--fast]
    torchrun --nproc-per-node N train.py [--out result] [--parallel rows|subnetworks] ...

Each sub-network has its own optimizer, schedule, gradient clipping and random state, and trains as it would alone.
Send back result/trained.safetensors.
"""

import argparse
import contextlib
import copy
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
