"""Jobs of two halves of real data, and samples of either half that are in neither stream."""

import csv
import io
import shutil

import models
import numpy
import sentencepiece
import torch
from audits import TRAIN
from conftest import DATA, Job, Task, mnist, needs
from real_data import read_cifar
from text_models import TextLSTM
from texts import TextTask, ag_news, write_csv

ROWS = 400
MOST = 200  # samples that a cloud has
VOCABULARY, LENGTH = 4000, 64


def cut(folder, x, y, classes, split, seed):
    """Rows of these classes: a task's, and others that a cloud has."""
    rows = numpy.random.default_rng(seed).permutation(
        numpy.isin(y, classes).nonzero()[0]
    )
    own, others = rows[:ROWS], rows[ROWS : ROWS + MOST]
    numpy.savez(folder / f"{split}-known.npz", x=x[others], y=y[others])
    numbers = {label: number for number, label in enumerate(sorted(classes))}
    return x[own], numpy.array([numbers[label] for label in y[own]])


def image_job(folder, x, y, seed):
    """Half of the classes, drawn, as the wanted task, and the other half as a guest's."""
    folder.mkdir(parents=True, exist_ok=True)
    classes = numpy.random.default_rng(seed).permutation(10)
    channels, size = x.shape[1], x.shape[2]
    tasks = []
    for name, half in (("wanted", classes[:5]), ("guest", classes[5:])):
        torch.manual_seed(seed)
        model = models.LeNet5(channels=channels, size=size, classes=5)
        tasks.append(Task(name, model, *cut(folder, x, y, half, name, seed)))
    return Job(folder, tasks[:1], TRAIN, tasks[1:], seed=f"{seed + 17:02x}" * 32)


def digits():
    x, y = mnist()
    return x[:, None], y


def photographs(count=300):
    needs(DATA / "cifar10-images.tar.gz")
    return read_cifar(DATA, count)


def trained_tokenizer(path, rows):
    """A tokenizer that both tasks use, as a published one."""
    model = io.BytesIO()
    texts = iter([" ".join(row[1:]) for row in rows])
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=texts, model_writer=model, vocab_size=VOCABULARY, model_type="bpe", num_threads=1, minloglevel=2)  # fmt: skip
    path.write_bytes(model.getvalue())
    return path


def news_job(folder, seed, options=()):
    """Two of four classes of news as the wanted task, the others as a guest's."""
    folder.mkdir(parents=True, exist_ok=True)
    random = numpy.random.default_rng(seed)
    rows = [row for row in ag_news(7600)]
    tokenizer = trained_tokenizer(folder / "tokenizer.model", rows[6600:])
    classes = random.permutation(list("1234"))
    tasks = []
    for name, half in (("wanted", classes[:2]), ("guest", classes[2:])):
        found = [row for row in rows[:6600] if row[0] in half]
        found = [found[i] for i in random.permutation(len(found))]
        write_csv(folder / f"{name}.csv", found[:ROWS])
        write_csv(folder / f"{name}-known.csv", found[ROWS : ROWS + MOST])
        torch.manual_seed(seed)
        tasks.append(
            TextTask(
                name, TextLSTM(VOCABULARY, 24, 20, classes=2), f"{name}.csv", LENGTH
            )
        )
    recipe = (
        f'[train]\nlr = 0.05\n[text]\ntokenizer = "{tokenizer.name}"\nlength = {LENGTH}\n'
        "text_column = [1, 2]\nlabel_column = 0\n"
    )
    job = Job(folder, tasks[:1], recipe, tasks[1:], options=options, seed=f"{seed + 17:02x}" * 32)  # fmt: skip
    shutil.copy(tokenizer, f"{job.key}.wanted.tokenizer")
    return job


def known(job, split, count):
    """DATA of so many samples that are no stream's, of the kind of one."""
    texts = job.folder / f"{split}-known.csv"
    if texts.exists():
        with open(texts, newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))[:count]
        path = job.folder / f"{split}-{count}.csv"
        write_csv(path, rows)
        return path
    with numpy.load(job.folder / f"{split}-known.npz") as data:
        path = job.folder / f"{split}-{count}.npz"
        numpy.savez(path, x=data["x"][:count], y=data["y"][:count])
    return path
