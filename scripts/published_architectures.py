"""Writes src/audit/published.txt: a fingerprint of each architecture that the audit knows to be published.

Run with transformers installed; the models are only laid out, without values. A fingerprint is of the shapes of all
parameters, but for what goes with the data (src/audit/tells/published.cpp).
"""

import itertools
import sys
from pathlib import Path

import torch
import transformers
from torch import nn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "examples"))
import models  # noqa: E402


def fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


def fingerprint(model):
    embeddings = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
    shapes, image, last = [], True, 0
    for parameter in model.parameters():
        shape = list(parameter.shape)
        if len(shape) == 4 and image:
            shape[1], image = 0, False
        if len(shape) == 3 and shape[0] == 1:
            shape[1] = 0
        if len(shape) == 2 and id(parameter) in embeddings:
            shape[0] = 0
        if len(shape) >= 2:
            last = len(shapes)
        shapes.append(shape)
    bias = last + 1 < len(shapes) and shapes[last + 1] == shapes[last][:1]
    del shapes[last : last + 1 + bias]
    return fnv1a(" ".join(sorted("x".join(map(str, shape)) for shape in shapes)))


def paper_models():
    """Those of the examples and of the zoo."""
    for channels, size in ((1, 28), (3, 32)):
        yield "LeNet-5", models.LeNet5(channels, size)
    yield "ResNet-18 for small images", models.ResNet18()
    yield "VGG-16 for small images", models.VGG16()
    yield "DenseNet-121 for small images", models.DenseNet121()
    yield "MobileNetV2 for small images", models.MobileNetV2()


VGG = {
    "VGG-11": [64, 0, 128, 0, 256, 256, 0, 512, 512, 0, 512, 512],
    "VGG-13": [64, 64, 0, 128, 128, 0, 256, 256, 0, 512, 512, 0, 512, 512],
    "VGG-16": [64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512],
    "VGG-19": [64, 64, 0, 128, 128, 0, *[256] * 4, 0, *[512] * 4, 0, *[512] * 4],
}  # fmt: skip


def vgg(widths, norm):
    layers, inputs = [], 3
    for width in filter(None, widths):
        layers.append(nn.Conv2d(inputs, width, 3))
        if norm:
            layers.append(nn.BatchNorm2d(width))
        inputs = width
    sizes = (512 * 49, 4096, 4096, 1000)
    dense = [nn.Linear(a, b) for a, b in itertools.pairwise(sizes)]
    return nn.Sequential(*layers, *dense)


def residual(blocks):
    """He et al. 2016 for CIFAR: three stages of 16, 32 and 64 channels, without weights on the shortcuts."""
    layers, inputs = [nn.Conv2d(3, 16, 3, bias=False), nn.BatchNorm2d(16)], 16
    for width in (16, 32, 64):
        for _ in range(2 * blocks):
            layers += [nn.Conv2d(inputs, width, 3, bias=False), nn.BatchNorm2d(width)]
            inputs = width
    return nn.Sequential(*layers, nn.Linear(64, 10))


def convolutional():
    for name, widths in VGG.items():
        yield name, vgg(widths, False)
        yield f"{name} with batch norm", vgg(widths, True)
    for depth in (20, 32, 44, 56, 110):
        yield f"ResNet-{depth} for small images", residual((depth - 2) // 6)
    alexnet = [nn.Conv2d(3, 64, 11), nn.Conv2d(64, 192, 5), nn.Conv2d(192, 384, 3), nn.Conv2d(384, 256, 3), nn.Conv2d(256, 256, 3), nn.Linear(9216, 4096), nn.Linear(4096, 4096), nn.Linear(4096, 1000)]  # fmt: skip
    yield "AlexNet", nn.Sequential(*alexnet)


def bert(layers, hidden):
    return {"num_hidden_layers": layers, "hidden_size": hidden, "num_attention_heads": max(1, hidden // 64), "intermediate_size": 4 * hidden}  # fmt: skip


def gpt2(layers, width, heads):
    return {"n_layer": layers, "n_embd": width, "n_head": heads}


TEXT = ("Model", "ForSequenceClassification", "ForTokenClassification", "ForMaskedLM", "ForCausalLM")  # fmt: skip
IMAGE = ("Model", "ForImageClassification")
# The name in transformers, and settings by the name of a size; {} is the default of the configuration, the base size.
SIZES = [
    ("Bert", TEXT, {"BERT-tiny": bert(2, 128), "BERT-mini": bert(4, 256), "BERT-small": bert(4, 512), "BERT-medium": bert(8, 512), "BERT-base": {}, "BERT-large": bert(24, 1024)}),
    ("Roberta", TEXT, {"RoBERTa-base": {"max_position_embeddings": 514, "type_vocab_size": 1}, "RoBERTa-large": bert(24, 1024)}),
    ("DistilBert", TEXT, {"DistilBERT": {}}),
    ("Electra", TEXT, {"ELECTRA-small": {}, "ELECTRA-base": {**bert(12, 768), "embedding_size": 768}}),
    ("Albert", TEXT, {"ALBERT-base": {"hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072}, "ALBERT-xxlarge": {}}),
    ("MobileBert", TEXT, {"MobileBERT": {}}),
    ("Deberta", TEXT, {"DeBERTa-base": {}}),
    ("GPT2", ("Model", "LMHeadModel", "ForSequenceClassification"), {"GPT-2": {}, "GPT-2 medium": gpt2(24, 1024, 16), "GPT-2 large": gpt2(36, 1280, 20), "DistilGPT-2": gpt2(6, 768, 12)}),
    ("GPTNeoX", TEXT, {"Pythia-70m": {"hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 6, "num_attention_heads": 8}}),
    ("OPT", TEXT, {"OPT-125m": {}}),
    ("T5", ("Model", "ForConditionalGeneration", "EncoderModel"), {"T5-small": {}}),
    ("ViT", IMAGE, {"ViT-tiny": bert(12, 192), "ViT-small": bert(12, 384), "ViT-base": {}, "ViT-large": bert(24, 1024)}),
    ("DeiT", IMAGE, {"DeiT-tiny": bert(12, 192), "DeiT-small": bert(12, 384), "DeiT-base": {}}),
    ("Swin", IMAGE, {"Swin-tiny": {}}),
    ("ConvNext", IMAGE, {"ConvNeXt-tiny": {}, "ConvNeXt-small": {"depths": [3, 3, 27, 3]}}),
    ("ResNet", IMAGE, {
        "ResNet-18": {"depths": [2, 2, 2, 2], "hidden_sizes": [64, 128, 256, 512], "layer_type": "basic"},
        "ResNet-34": {"depths": [3, 4, 6, 3], "hidden_sizes": [64, 128, 256, 512], "layer_type": "basic"},
        "ResNet-50": {}, "ResNet-101": {"depths": [3, 4, 23, 3]}, "ResNet-152": {"depths": [3, 8, 36, 3]}}),
    ("MobileNetV1", IMAGE, {"MobileNetV1": {}}),
    ("MobileNetV2", IMAGE, {"MobileNetV2": {}}),
    ("EfficientNet", IMAGE, {"EfficientNet-B7": {}, "EfficientNet-B0": {"width_coefficient": 1.0, "depth_coefficient": 1.0, "hidden_dim": 1280}}),
    ("RegNet", IMAGE, {"RegNet": {}}),
    ("MobileViT", IMAGE, {"MobileViT-small": {}}),
    ("Wav2Vec2", ("Model", "ForSequenceClassification", "ForCTC"), {"wav2vec 2.0 base": {}}),
    ("Whisper", ("ForConditionalGeneration", "ForAudioClassification"), {"Whisper-tiny": {"d_model": 384, "encoder_layers": 4, "decoder_layers": 4, "encoder_attention_heads": 6, "decoder_attention_heads": 6, "encoder_ffn_dim": 1536, "decoder_ffn_dim": 1536}}),
]  # fmt: skip


def of_transformers():
    for family, heads, sizes in SIZES:
        for name, settings in sizes.items():
            for head in heads:
                kind = getattr(transformers, family + head, None)
                if kind is not None:
                    yield name, kind(getattr(transformers, f"{family}Config")(**settings))  # fmt: skip


def main():
    lines = {}
    with torch.device("meta"):
        for source in (paper_models, convolutional, of_transformers):
            for name, model in source():
                lines.setdefault(fingerprint(model), name)
    text = "".join(f"{value:016x} {name}\n" for value, name in lines.items())
    (ROOT / "src" / "audit" / "published.txt").write_text(text)
    print(len(lines), "architectures")


if __name__ == "__main__":
    main()
