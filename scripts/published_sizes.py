"""Writes src/audit/published_sizes.txt: the sizes of architectures that people published.

    .venv/bin/python scripts/published_sizes.py

Two sources: the configurations of `transformers`, each as it is by default, which is a published model's;
and the sizes of families below, as their papers and repositories give them. A line is

    FAMILY NAME SIZES HEAD DEPTHS

with the sizes that a person chose (widths and channels, each once, and the number of heads), the dimension of a head, or
0 for none, and the numbers of like blocks in a row.
"""

from __future__ import annotations

import logging
from pathlib import Path

OUT = Path(__file__).parents[1] / "src" / "audit" / "published_sizes.txt"

Row = tuple[str, str, list[int], int, list[int]]


def encoder(
    family: str, name: str, width: int, heads: int, wide: int, depth: int
) -> Row:
    return family, name, [width, wide, heads], width // heads, [depth]


def transformer_rows() -> list[Row]:
    rows = []
    # Turc et al., 2019: all 24 miniatures, and Devlin et al., 2018.
    for depth in (2, 4, 6, 8, 10, 12):
        for width in (128, 256, 512, 768):
            rows.append(encoder("bert", f"bert-{depth}-{width}", width, width // 64, 4 * width, depth))  # fmt: skip
    rows.append(encoder("bert", "bert-large", 1024, 16, 4096, 24))
    table = {
        # width, heads, feed-forward, layers
        "gpt2": {"small": (768, 12, 3072, 12), "medium": (1024, 16, 4096, 24), "large": (1280, 20, 5120, 36), "xl": (1600, 25, 6400, 48), "distil": (768, 12, 3072, 6)},
        "vit": {"tiny": (192, 3, 768, 12), "small": (384, 6, 1536, 12), "base": (768, 12, 3072, 12), "large": (1024, 16, 4096, 24), "huge": (1280, 16, 5120, 32)},
        "opt": {"125m": (768, 12, 3072, 12), "350m": (1024, 16, 4096, 24), "1.3b": (2048, 32, 8192, 24), "2.7b": (2560, 32, 10240, 32), "6.7b": (4096, 32, 16384, 32), "13b": (5120, 40, 20480, 40)},
        "pythia": {"14m": (128, 4, 512, 6), "31m": (256, 8, 1024, 6), "70m": (512, 8, 2048, 6), "160m": (768, 12, 3072, 12), "410m": (1024, 16, 4096, 24), "1b": (2048, 8, 8192, 16), "1.4b": (2048, 16, 8192, 24), "2.8b": (2560, 32, 10240, 32), "6.9b": (4096, 32, 16384, 32)},
        "t5": {"small": (512, 8, 2048, 6), "base": (768, 12, 3072, 12), "large": (1024, 16, 4096, 24)},
        "electra": {"small": (256, 4, 1024, 12), "base": (768, 12, 3072, 12), "large": (1024, 16, 4096, 24)},
        "whisper": {"tiny": (384, 6, 1536, 4), "base": (512, 8, 2048, 6), "small": (768, 12, 3072, 12), "medium": (1024, 16, 4096, 24), "large": (1280, 20, 5120, 32)},
        "llama": {"7b": (4096, 32, 11008, 32), "13b": (5120, 40, 13824, 40), "33b": (6656, 52, 17920, 60), "65b": (8192, 64, 22016, 80)},
        "qwen2": {"0.5b": (896, 14, 4864, 24), "1.5b": (1536, 12, 8960, 28), "7b": (3584, 28, 18944, 28)},
        "bloom": {"560m": (1024, 16, 4096, 24), "1b1": (1536, 16, 6144, 24), "1b7": (2048, 16, 8192, 24), "3b": (2560, 32, 10240, 30)},
        "minilm": {"6-384": (384, 12, 1536, 6), "12-384": (384, 12, 1536, 12), "6-768": (768, 12, 3072, 6)},
        "vaswani": {"base": (512, 8, 2048, 6), "big": (1024, 16, 4096, 6)},
    }  # fmt: skip
    for family, members in table.items():
        for name, sizes in members.items():
            rows.append(encoder(family, f"{family}-{name}", *sizes))
    return rows


def convolutional_rows() -> list[Row]:
    wide = [256, 512, 1024, 2048]
    table: dict[str, dict[str, tuple[list[int], list[int]]]] = {
        # channels; like blocks in a row, those that change the shape aside
        "resnet": {"18": ([64, 128, 256, 512], [2]), "34": ([64, 128, 256, 512], [3, 3, 5, 2]), "50": ([64, 128, *wide], [2, 3, 5, 2]), "101": ([64, 128, *wide], [2, 3, 22, 2]), "152": ([64, 128, *wide], [2, 7, 35, 2])},
        "cifar-resnet": {str(6 * n + 2): ([16, 32, 64], [n, n - 1, n - 1]) for n in (3, 5, 7, 9, 18)},
        "wrn": {"16-4": ([16, 64, 128, 256], []), "16-8": ([16, 128, 256, 512], []), "28-2": ([16, 32, 64, 128], [3, 3, 3]), "28-10": ([16, 160, 320, 640], [3, 3, 3]), "40-2": ([16, 32, 64, 128], [5, 5, 5]), "40-4": ([16, 64, 128, 256], [5, 5, 5])},
        "vgg": {"11": ([64, 128, 256, 512], [2]), "13": ([64, 128, 256, 512], [2]), "16": ([64, 128, 256, 512], [2, 2, 2]), "19": ([64, 128, 256, 512], [3, 3, 3])},
        "densenet": {"121": ([32, 64, 128, 256, 512, 1024], []), "161": ([48, 96, 192, 384, 2208], []), "169": ([32, 64, 128, 256, 640, 1664], []), "201": ([32, 64, 128, 256, 896, 1920], [])},
        "mobilenet_v2": {"0.5": ([8, 16, 32, 48, 80, 160, 1280], [2, 3, 2, 2]), "0.75": ([16, 24, 48, 72, 120, 240, 1280], [2, 3, 2, 2]), "1.0": ([16, 24, 32, 64, 96, 160, 320, 1280], [2, 3, 2, 2]), "1.4": ([24, 32, 48, 88, 136, 224, 448, 1792], [2, 3, 2, 2])},
        "mobilenet_v1": {"0.25": ([8, 16, 32, 64, 128, 256], [5]), "0.5": ([16, 32, 64, 128, 256, 512], [5]), "0.75": ([24, 48, 96, 192, 384, 768], [5]), "1.0": ([32, 64, 128, 256, 512, 1024], [5])},
        "efficientnet": {"b0": ([16, 24, 32, 40, 80, 112, 192, 320, 1280], [2, 2, 3]), "b1": ([16, 24, 32, 40, 80, 112, 192, 320, 1280], [2, 2, 3, 3, 4]), "b2": ([16, 24, 32, 48, 88, 120, 208, 352, 1408], [2, 2, 3, 3, 4]), "b3": ([24, 32, 40, 48, 96, 136, 232, 384, 1536], [2, 2, 4, 4, 5])},
        "convnext": {"tiny": ([96, 192, 384, 768, 1536, 3072], [3, 3, 9, 3]), "small": ([96, 192, 384, 768, 1536, 3072], [3, 3, 27, 3]), "base": ([128, 256, 512, 1024, 2048, 4096], [3, 3, 27, 3]), "large": ([192, 384, 768, 1536, 3072, 6144], [3, 3, 27, 3])},
        "swin": {"tiny": ([96, 192, 384, 768, 1536, 3072], [3]), "small": ([96, 192, 384, 768, 1536, 3072], [9]), "base": ([128, 256, 512, 1024, 2048, 4096], [9]), "large": ([192, 384, 768, 1536, 3072, 6144], [9])},
        "lenet": {"5": ([6, 16, 84, 120], [])},
        "alexnet": {"1": ([64, 192, 256, 384, 4096], [])},
        "textcnn": {"100": ([100], []), "300": ([100, 300], [])},
        "lstm": {"128": ([128], []), "256": ([256], []), "512": ([512], []), "200": ([200], [2]), "650": ([650], [2]), "1500": ([1500], [2])},
        "mlp": {"128": ([128], []), "256": ([256], []), "512": ([512], []), "300-100": ([100, 300], []), "500-300": ([300, 500], []), "1024": ([1024], [])},
    }  # fmt: skip
    return [
        (family, f"{family}-{name}", sizes, 0, [d for d in depths if d > 1])
        for family, members in table.items()
        for name, (sizes, depths) in members.items()
    ]


def default_rows(known: set[tuple[int, ...]]) -> list[Row]:
    """The configurations of transformers as they are by default."""
    logging.disable(logging.WARNING)
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    rows = []
    for kind in CONFIG_MAPPING:
        try:
            config = CONFIG_MAPPING[kind]()
            sizes = [
                getattr(config, name)
                for name in ("hidden_size", "intermediate_size", "num_attention_heads", "num_hidden_layers")
            ]  # fmt: skip
        except Exception:  # some take no defaults, or have no such sizes
            continue
        if not all(isinstance(size, int) and size > 0 for size in sizes):
            continue
        width, wide, heads, depth = sizes
        if width % heads == 0 and tuple(sizes) not in known:
            rows.append(encoder(f"hf-{kind}", f"hf-{kind}", width, heads, wide, depth))
    return rows


def main() -> None:
    rows = transformer_rows() + convolutional_rows()
    known = {(row[2][0], row[2][1], row[2][2], row[4][0]) for row in rows if row[3]}
    rows += default_rows(known)
    lines = [
        f"{family} {name} {','.join(map(str, sizes))} {head} {','.join(map(str, depths)) or '-'}\n"
        for family, name, sizes, head, depths in rows
    ]
    OUT.write_text("".join(lines))
    print(f"{len(lines)} architectures of {len({row[0] for row in rows})} families")


if __name__ == "__main__":
    main()
