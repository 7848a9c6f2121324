"""The demo's half for text: a classifier among decoys that imitate its texts, or a public text.

AG News where the folder of data has it (AMALGAM_DATA, or ../shared/data), otherwise sentences from the documentation
of PyTorch, NumPy, scikit-learn and Python itself: which one is a sentence from?
"""

import csv
import importlib
import inspect
import os
import pkgutil
import re
import sys
from pathlib import Path

import numpy
import plain_training
import sentencepiece
import torch
from export_model import export_text
from safetensors.torch import load_file
from text_models import TextTransformer

LENGTH, TRAINING, HELD_OUT = 32, 2400, 600
RECIPE = f"""[train]
epochs = 3
batch_size = 32
optimizer = "adamw"
lr = 0.002
weight_decay = 0.01
[text]
tokenizer = "train:bpe:2000"
length = {LENGTH}
label_column = 0
"""
PLAIN_RECIPE = {
    "epochs": 3,
    "batch_size": 32,
    "optimizer": "AdamW",
    "arguments": {"lr": 0.002, "weight_decay": 0.01},
}
DATA = Path(os.environ.get("AMALGAM_DATA", "../shared/data"))


def news():
    """[label, text] of AG News."""
    with open(DATA / "ag_news.csv", newline="", encoding="utf-8") as file:
        return [[row[0], f"{row[1]} {row[2]}"] for row in csv.reader(file)]


def documentation():
    """[library, sentence] of the docstrings of functions and classes."""
    rows = []
    for library in ("torch", "numpy", "sklearn", "os"):
        package = importlib.import_module(library)
        names = [library] if library != "os" else ["os", "shutil", "csv", "json", "inspect", "subprocess", "logging", "argparse", "unittest", "threading", "socket", "datetime", "statistics"]  # fmt: skip
        if library == "sklearn":
            names += [f"sklearn.{m.name}" for m in pkgutil.iter_modules(package.__path__) if m.ispkg and m.name[0] not in "_e"]  # fmt: skip
        sentences = set()
        for name in names:
            module = importlib.import_module(name)
            for _, member in inspect.getmembers(module):
                text = re.sub(r"\s+", " ", inspect.getdoc(member) or "")
                found = re.split(r"(?<=[.:]) ", text)
                sentences.update(s for s in found if 30 < len(s) < 300 and s.isascii())
        rows += [[library, sentence] for sentence in sorted(sentences)[:1200]]
    return rows


def corpus():
    """Rows for training and held out, in an order of their own; and the name of where they come from."""
    has_news = (DATA / "ag_news.csv").exists()
    rows = news() if has_news else documentation()
    order = numpy.random.default_rng(0).permutation(len(rows))
    rows = [rows[i] for i in order[: TRAINING + HELD_OUT]]
    held_out = len(rows) // 5
    name = "AG News" if has_news else "sentences from documentation"
    return rows[held_out:], rows[:held_out], name


def encode(tokenizer, rows, classes):
    """Tokens and mask, each [N, LENGTH], and class numbers."""
    tokens = numpy.full((len(rows), LENGTH), tokenizer.pad_id(), numpy.int32)
    mask = numpy.zeros_like(tokens)
    for i, (_, text) in enumerate(rows):
        ids = tokenizer.encode(text)[:LENGTH]
        tokens[i, : len(ids)], mask[i, : len(ids)] = ids, 1
    return tokens, mask, numpy.array([classes.index(label) for label, _ in rows])


def accuracy(model, tokens, mask, labels):
    model.eval()
    with torch.no_grad():
        found = model(torch.as_tensor(tokens).long(), torch.as_tensor(mask).long())
    return (found.argmax(1).numpy() == labels).mean()


def write_files(folder, training, held_out):
    for name, rows in (("texts.csv", training), ("texts-valid.csv", held_out)):
        with open(folder / name, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
    (folder / "text.toml").write_text(RECIPE)


def commands_of_a_user(commands):
    public = DATA.resolve() / "wikitext-2" / "valid.txt"
    noise = f"ngram:{public}" if public.exists() else "ngram"
    files = ("--model", "text.pt2", "--data", "texts.csv", "--recipe", "text.toml")
    out = ("--job", "job-text", "--key", "text.key", "--decoys", 2, "--noise", noise)
    commands.amalgam_("obfuscate", *files, "--validation", "texts-valid.csv", *out)
    commands.train("job-text", "result-text")
    trained = ("--trained", "result-text/trained.safetensors")
    commands.amalgam_("extract", "--key", "text.key", *trained, "--out", "text.safetensors")  # fmt: skip
    proof = ("--python", sys.executable, "--plain", "plain-text")
    commands.amalgam_("verify", "--key", "text.key", "--job", "job-text", *files, *proof)  # fmt: skip


def text_task(commands, folder):
    training, held_out, name = corpus()
    print(f"\n== A text classifier on {name}, among decoys that imitate text ==")
    classes = sorted({label for label, _ in training})
    torch.manual_seed(0)
    model = TextTransformer(2000, LENGTH, classes=len(classes))
    export_text(model, LENGTH, folder / "text.pt2")
    write_files(folder, training, held_out)
    commands_of_a_user(commands)

    # The user's own PyTorch, with the tokenizer that stayed beside the key.
    tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(folder / "text.key.task.tokenizer"))  # fmt: skip
    tokens, mask, labels = encode(tokenizer, training, classes)
    rows = numpy.load(folder / "plain-text" / "task" / "rows.npy")
    model.load_state_dict(load_file(folder / "plain-text" / "task" / "start.safetensors"))  # fmt: skip
    plain_training.train(model, [tokens, mask], labels, rows, PLAIN_RECIPE, dtypes=[torch.int64] * 2)  # fmt: skip
    twin = TextTransformer(2000, LENGTH, classes=len(classes))
    twin.load_state_dict(load_file(folder / "text.safetensors"))
    state = model.state_dict()
    same = all(torch.equal(t, state[n]) for n, t in twin.state_dict().items())
    held = encode(tokenizer, held_out, classes)
    print(
        f"text: held-out accuracy {accuracy(twin, *held):.4f} extracted, {accuracy(model, *held):.4f} plain; "
        f"all tensors bit-identical: {same}"
    )
    if not same:
        sys.exit("the extracted model is not what plain training gives")
