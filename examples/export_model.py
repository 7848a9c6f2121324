"""Exports a model for Amalgam: the training graph, with a batch of any size.

python export_model.py LeNet5 lenet.pt2 --shape 1,28,28 --seed 0
"""

import argparse

import torch


def export(model, sample_shape, path, dtype=torch.float32, eval_path=None):
    """Writes `model` (an nn.Module that takes [N, *sample_shape]) as .pt2; `eval_path` gets its eval graph."""
    example = (torch.zeros(4, *sample_shape, dtype=dtype),)
    batch = ({0: torch.export.Dim("batch", min=2)},)
    torch.export.save(
        torch.export.export(model.train(), example, dynamic_shapes=batch), path
    )
    if eval_path is not None:
        exported = torch.export.export(model.eval(), example, dynamic_shapes=batch)
        torch.export.save(exported, eval_path)
        model.train()


def main():
    import models

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="a class of models.py")
    parser.add_argument("out")
    parser.add_argument("--shape", default="3,32,32", help="of one sample")
    parser.add_argument("--seed", type=int, default=0, help="of the initial values")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    shape = [int(size) for size in options.shape.split(",")]
    export(getattr(models, options.model)(), shape, options.out)


if __name__ == "__main__":
    main()
