"""Exports a model for Amalgam: the training graph, with a batch of any size.

python export_model.py LeNet5 lenet.pt2 --shape 1,28,28 --seed 0
python export_model.py TextLSTM lstm.pt2 --length 64 --seed 0
"""

import argparse
import inspect

import torch


def exported(model, examples):
    """The program of `model` in its mode; `examples` are its inputs for a few samples."""
    batch = tuple({0: torch.export.Dim("batch", min=2)} for _ in examples)
    return torch.export.export(model, tuple(examples), dynamic_shapes=batch)


def export_with(model, examples, path, eval_path=None):
    """Writes `model` as .pt2. `eval_path` gets its eval graph."""
    torch.export.save(exported(model.train(), examples), path)
    if eval_path is not None:
        torch.export.save(exported(model.eval(), examples), eval_path)
        model.train()


def export(model, sample_shape, path, dtype=torch.float32, eval_path=None):
    """The same for an nn.Module that takes [N, *sample_shape]."""
    example = torch.zeros(4, *sample_shape, dtype=dtype)
    export_with(model, [example], path, eval_path)


def export_text(model, length, path):
    """The same for one that takes tokens [N, length], and perhaps an attention_mask of that shape."""
    inputs = inspect.signature(model.forward).parameters
    export_with(model, [torch.ones(4, length, dtype=torch.int64) for _ in inputs], path)


def main():
    import models
    import text_models

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="a class of models.py or text_models.py")
    parser.add_argument("out")
    parser.add_argument("--shape", default="3,32,32", help="of one image")
    parser.add_argument("--length", type=int, default=64, help="of one text")
    parser.add_argument("--seed", type=int, default=0, help="of the initial values")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    if hasattr(text_models, options.model):
        model = getattr(text_models, options.model)()
        return export_text(model, options.length, options.out)
    shape = [int(size) for size in options.shape.split(",")]
    export(getattr(models, options.model)(), shape, options.out)


if __name__ == "__main__":
    main()
