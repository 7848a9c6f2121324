"""Texts as tasks, with SentencePiece and the csv module in Python as the oracle of what the tool reads."""

import csv

import numpy
import sentencepiece
import torch
from conftest import DATA, Task, needs
from export_model import export_text
from real_data import read_ag_news

LENGTH = 24


def ag_news(rows=None, first=0):
    """Rows of (label, title, description); the test is skipped where they are not there."""
    needs(DATA / "ag_news.csv")
    return read_ag_news(DATA)[first : None if rows is None else first + rows]


def wikitext(name="valid", lines=None):
    path = DATA / "wikitext-2" / f"{name}.txt"
    needs(path)
    found = path.read_text(encoding="utf-8").split("\n")
    return found[:lines]


def write_csv(path, rows, header=None):
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerows([header, *rows] if header else rows)


def tokenizer_beside(key, name="task"):
    return sentencepiece.SentencePieceProcessor(model_file=f"{key}.{name}.tokenizer")


def encode_rows(tokenizer, texts, length):
    """Cut or filled up to [N, length], int32, and the mask of that shape."""
    tokens = numpy.full(
        (len(texts), length), max(0, tokenizer.pad_id()), dtype=numpy.int32
    )
    mask = numpy.zeros_like(tokens)
    for row, text in enumerate(texts):
        ids = tokenizer.encode(text)[:length]
        tokens[row, : len(ids)] = ids
        mask[row, : len(ids)] = 1
    return tokens, mask


def encode_blocks(tokenizer, lines, length):
    """Lines that are not blank, each with its end, one after another; a rest is left out."""
    ids = []
    for line in lines:
        if line.strip():
            ids += [*tokenizer.encode(line), tokenizer.eos_id()]
    count = len(ids) // length
    return numpy.array(ids[: count * length], numpy.int32).reshape(count, length)


class TextTask(Task):
    """A task whose data is a text file. Its arrays are known once the job, and so the tokenizer, exists."""

    def __init__(self, name, model, data, length=LENGTH, recipe=None, table="", validation=None):  # fmt: skip
        super().__init__(name, model, None, None, recipe, table=table)
        self.data, self.length, self.validation_data = data, length, validation

    def write(self, folder):
        export_text(self.model, self.length, folder / f"{self.name}.pt2")
        self.model.load_state_dict(self.initial)

    def toml(self, kind="task"):
        text = super().toml(kind).replace(f"{self.name}.npz", str(self.data))
        if self.validation_data:
            text = text.replace(
                f'data = "{self.data}"',
                f'data = "{self.data}"\nvalidation = "{self.validation_data}"',
            )
        return text

    def know(self, job, texts, labels=None):
        """Takes the samples from the texts, by the tokenizer beside the key."""
        tokenizer = tokenizer_beside(job.key, self.name)
        if labels is None:
            self.x = [encode_blocks(tokenizer, texts, self.length)]
            return
        tokens, mask = encode_rows(tokenizer, texts, self.length)
        takes_mask = self.model.forward.__code__.co_argcount > 2
        self.x = [tokens, mask] if takes_mask else [tokens]
        numbers = {label: i for i, label in enumerate(sorted(set(labels)))}
        self.y = numpy.array([numbers[label] for label in labels])

    def dtypes(self):
        return [torch.int64] * len(self.x)


def news_of(rows):
    """Texts and labels as the recipe below reads them."""
    return [f"{row[1]} {row[2]}" for row in rows], [row[0] for row in rows]


# Merges have an order, so that every version of SentencePiece cuts alike; a unigram model may tie.
NEWS_TEXT = (
    f'[text]\ntokenizer = "train:bpe:1000"\nlength = {LENGTH}\n'
    "text_column = [1, 2]\nlabel_column = 0\n"
)
BLOCKS_TEXT = f'[text]\ntokenizer = "train:bpe:600"\nlength = {LENGTH}\n'
