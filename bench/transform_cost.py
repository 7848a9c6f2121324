"""What a transform costs in a job: the method that model.py has of it beside the same modules run eagerly, interleaved in
one process, one thread.

python bench/transform_cost.py [--repetitions 60]
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import amalgam
import amalgam.transforms as T
import torch

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))
from command_lines import load_network

torch.set_num_threads(1)
BATCH = 64
IMAGES = {
    "crop, flip, normalise": T.Chain(T.RandomCrop(4), T.RandomHorizontalFlip(), T.Normalize(T.IMAGENET)),
    "resized crop, jitter, mixup": T.Chain(T.RandomResizedCrop(32), T.RandomHorizontalFlip(), T.ColorJitter(0.4, 0.4, 0.4), T.Normalize(T.IMAGENET), T.MixUp(10)),
    "affine, erasing, noise": T.Chain(T.RandomAffine(15, (0.1, 0.1)), T.RandomErasing(), T.GaussianNoise(2.0)),
}  # fmt: skip


class Named(torch.nn.Module):
    """A chain under arguments that export knows."""

    def __init__(self, chain):
        super().__init__()
        self.chain = chain

    def forward(self, x, y):
        return self.chain(x=x, y=y)


def in_a_job(chain, x, y):
    """The transform of a job's sub-network."""
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 32 * 32, 10))
    with tempfile.TemporaryDirectory() as folder:
        places = {"job": f"{folder}/job", "key": f"{folder}/key"}
        amalgam.obfuscate(model, x.float(), (x, y), transform=chain, recipe=amalgam.Recipe(lr=0.1), generated=0, progress=False, **places)  # fmt: skip
        return load_network(Path(places["job"])).subnetworks[0].train().transform


def seconds(function, inputs):
    start = time.perf_counter()
    with torch.no_grad():
        function(*inputs)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=60)
    repetitions = parser.parse_args().repetitions
    x = torch.randint(0, 256, (BATCH, 3, 32, 32), dtype=torch.uint8)
    y = torch.randint(0, 10, (BATCH,))
    for name, chain in IMAGES.items():
        eager = Named(chain).train()
        program = in_a_job(chain, x, y)
        times = {"job": [], "eager": []}
        for number in range(repetitions + 5):
            for which, function in (("job", program), ("eager", eager)):
                torch.manual_seed(number)
                found = seconds(function, (x, y))
                if number >= 5:
                    times[which].append(found)
        ours, theirs = (min(times[w]) for w in ("job", "eager"))
        middle = statistics.median(times["job"]) / statistics.median(times["eager"])
        print(f"{name}: {ours * 1e3:.2f} ms in the job, {theirs * 1e3:.2f} ms eagerly: {ours / theirs:.3f} of the minima, {middle:.3f} of the medians")  # fmt: skip


if __name__ == "__main__":
    main()
