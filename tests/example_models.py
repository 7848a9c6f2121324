"""The examples' models in sizes for two cores."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))
import models


def example_models(resnet=8, vgg=8, growth=4, mobile=0.25):
    """Name -> (constructor, sample shape), by the width of each."""
    return {
        "LeNet5": (lambda: models.LeNet5(), (1, 28, 28)),
        "MLP": (lambda: models.MLP(), (1, 28, 28)),
        "ResNet18": (lambda: models.ResNet18(width=resnet), (3, 32, 32)),
        "VGG16": (lambda: models.VGG16(width=vgg), (3, 32, 32)),
        "DenseNet121": (lambda: models.DenseNet121(growth=growth), (3, 32, 32)),
        "MobileNetV2": (lambda: models.MobileNetV2(width=mobile), (3, 32, 32)),
    }
