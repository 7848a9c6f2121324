"""Writes the archive of this PyTorch's version that test_versions.py reads; run it once per release, 2.9 to 2.13.

python tests/golden/make_archives.py
"""

import json
import zipfile
from pathlib import Path

import torch
from torch import nn


class Golden(nn.Module):
    """A little of everything that the readers must know."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, padding=1)
        self.norm = nn.BatchNorm2d(2)
        self.drop = nn.Dropout(0.25)
        self.fc = nn.Linear(2 * 4 * 4, 4)
        self.out, self.tied = nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False)
        self.tied.weight = self.out.weight
        self.frozen = nn.Parameter(torch.ones(4), requires_grad=False)
        self.register_buffer("mask", torch.tensor([0.0, 0.0, 0.0, float("-inf")]))
        self.register_buffer("hidden", torch.full((4,), 0.5), persistent=False)
        self.lifted = torch.arange(4.0)

    def forward(self, x):
        x = torch.relu_(self.norm(self.conv(x)))
        a, b = torch.nn.functional.max_pool2d(x, 2).split(1, dim=1)
        x = self.fc(self.drop(torch.cat([b, a], 1).flatten(1))) * self.frozen
        with torch.no_grad():
            centre = x.mean()
        x = (
            self.out(x - centre)
            + self.hidden
            + self.lifted
            + torch.zeros(4, device=x.device)
        )
        return {
            "logits": self.tied(x) + self.mask.softmax(0),
            "size": x.sum() * x.shape[0],
        }


def without_traces(path):
    """Stack traces hold paths of the machine that exported; no reader looks at them."""
    with zipfile.ZipFile(path) as archive:
        entries = [(info.filename, archive.read(info)) for info in archive.infolist()]

    def blank(node):
        if isinstance(node, dict):
            return {k: "" if k == "stack_trace" else blank(v) for k, v in node.items()}
        return [blank(item) for item in node] if isinstance(node, list) else node

    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries:
            if name.endswith("models/model.json"):
                data = json.dumps(blank(json.loads(data)))
            archive.writestr(zipfile.ZipInfo(name), data)


def golden():
    """Of the same values in every version."""
    torch.manual_seed(0)
    model = Golden().train()
    for parameter in model.parameters():
        parameter.data = torch.linspace(-1, 1, parameter.numel()).view(parameter.shape)
    model.tied.weight = model.out.weight
    return model


def main():
    model = golden()
    batch = ({0: torch.export.Dim("batch", min=2)},)
    exported = torch.export.export(
        model, (torch.zeros(4, 1, 8, 8),), dynamic_shapes=batch
    )
    version = ".".join(torch.__version__.split("+")[0].split(".")[:2])
    path = Path(__file__).with_name(f"torch-{version}.pt2")
    torch.export.save(exported, path)
    without_traces(path)


if __name__ == "__main__":
    main()
