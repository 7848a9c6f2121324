"""Text from end to end through the commands alone, with decoys that imitate a public text."""

import math
import subprocess

import numpy
import plain_training
import pytest
import torch
from command_lines import extract_call, obfuscate_call, one_thread, train_call
from conftest import DATA, SEED, assert_same_state, run
from export_model import export_text
from safetensors.torch import load_file
from text_models import CausalLM, TextLSTM, TextTransformer
from texts import (
    ag_news,
    encode_blocks,
    encode_rows,
    news_of,
    tokenizer_beside,
    wikitext,
    write_csv,
)
from warm_python import warm_python

LENGTH, VOCABULARY = 48, 2000
SETTINGS = 'epochs = 2\nbatch_size = 32\noptimizer = "adamw"\nlr = 0.002\n'
RECIPE = {
    "epochs": 2,
    "batch_size": 32,
    "optimizer": "AdamW",
    "arguments": {"lr": 0.002},
}


def walk(folder, model, data, text, loss, noise, validation=None):
    """obfuscate, verify, train as the cloud does, extract: what came home, and the rows in the job's order."""
    export_text(model, LENGTH, folder / "m.pt2")
    tokenizer = f'[text]\ntokenizer = "train:bpe:{VOCABULARY}"\nlength = {LENGTH}\n'
    (folder / "r.toml").write_text(
        f'[train]\nloss = "{loss}"\n{SETTINGS}{tokenizer}{text}'
    )
    call = obfuscate_call(folder, data=data)
    held = ["--validation", validation] if validation else []
    made = run(*call, *held, "--decoys", 2, "--noise", noise, "--seed", SEED)
    assert "2 generated decoys" in made.stdout and "(ngram)" in made.stdout
    proof = ["--python", warm_python(), "--steps", 10, "--plain", folder / "plain"]
    said = run("verify", *call[1:], *proof).stdout
    assert "bit-identical" in said and "differs" not in said
    train = train_call(folder / "job", folder / "result", python=warm_python())
    subprocess.run(train, check=True, capture_output=True, env=one_thread())
    trained = folder / "result" / "trained.safetensors"
    run(*extract_call(folder / "key", trained, folder / "w"))
    rows = numpy.load(folder / "plain" / "task" / "rows.npy")
    kept = [numpy.load(path) for path in sorted((folder / "plain" / "task").glob("x*.npy"))]  # fmt: skip
    return load_file(folder / "w"), rows, kept


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        found = model(*[torch.as_tensor(one).long() for one in x]).argmax(1)
    return (found.numpy() == y).mean()


def perplexity(model, x):
    model.eval()
    with torch.no_grad():
        tokens = torch.as_tensor(x).long()
        losses = [
            torch.nn.functional.cross_entropy(
                model(rows)[:, :-1].flatten(0, 1), rows[:, 1:].flatten()
            )
            for rows in tokens.split(64)
            if len(rows) == 64
        ]
    return math.exp(torch.stack(losses).mean())


@pytest.mark.parametrize(
    "kind, rows",
    [
        ("transformer", 1600),
        pytest.param("lstm", 7600, marks=pytest.mark.full),
        pytest.param("transformer", 7600, marks=pytest.mark.full),
    ],
)
def test_news_with_decoys_of_wikitext(tmp_path, kind, rows):
    every = ag_news(rows)
    held_out = every[: rows // 5]
    training = every[rows // 5 :]
    wikitext()
    write_csv(tmp_path / "news.csv", training)
    write_csv(tmp_path / "held.csv", held_out)

    def make():
        torch.manual_seed(1)
        if kind == "lstm":
            return TextLSTM(VOCABULARY)
        return TextTransformer(VOCABULARY, LENGTH)

    model = make()
    text = "text_column = [1, 2]\nlabel_column = 0\n"
    noise = f"ngram:{DATA / 'wikitext-2' / 'valid.txt'}"
    extracted, order, kept = walk(tmp_path, model, tmp_path / "news.csv", text, "cross_entropy", noise, tmp_path / "held.csv")  # fmt: skip
    tokenizer = tokenizer_beside(tmp_path / "key")
    classes = sorted({row[0] for row in every})

    def samples(some):
        texts, labels = news_of(some)
        found = encode_rows(tokenizer, texts, LENGTH)
        y = numpy.array([classes.index(label) for label in labels])
        return list(found)[: 1 if kind == "lstm" else 2], y

    x, y = samples(training)
    assert all((a == b).all() for a, b in zip(x, kept, strict=True))
    model.load_state_dict(load_file(tmp_path / "plain" / "task" / "start.safetensors"))
    plain_training.train(model, x, y, order, RECIPE, dtypes=[torch.int64] * len(x))
    assert_same_state(extracted, model.state_dict())
    twin = make()
    twin.load_state_dict(extracted)
    plain, found = accuracy(model, *samples(held_out)), accuracy(twin, *samples(held_out))  # fmt: skip
    print(f"{kind}: accuracy {plain:.4f} plain, {found:.4f} extracted, {rows} rows")
    assert found == plain
    assert found > (0.35 if rows < 5000 else 0.6)


@pytest.mark.parametrize("lines", [300, pytest.param(None, marks=pytest.mark.full)])
def test_language_model_of_wikitext(tmp_path, lines):
    text = wikitext(lines=lines)
    (tmp_path / "wiki.txt").write_text("\n".join(text), encoding="utf-8")

    def make():
        torch.manual_seed(2)
        return CausalLM(VOCABULARY, LENGTH)

    model = make()
    extracted, order, kept = walk(tmp_path, model, tmp_path / "wiki.txt", "", "next_token", "ngram")  # fmt: skip
    tokenizer = tokenizer_beside(tmp_path / "key")
    x = encode_blocks(tokenizer, text, LENGTH)
    assert (x == kept[0]).all()
    model.load_state_dict(load_file(tmp_path / "plain" / "task" / "start.safetensors"))
    plain_training.train(model, x, None, order, {**RECIPE, "loss": "next_token"}, dtypes=[torch.int64])  # fmt: skip
    assert_same_state(extracted, model.state_dict())
    twin = make()
    untrained = perplexity(twin, encode_blocks(tokenizer, wikitext("test", 400), LENGTH))  # fmt: skip
    twin.load_state_dict(extracted)
    held_out = encode_blocks(tokenizer, wikitext("test", 400), LENGTH)
    plain, found = perplexity(model, held_out), perplexity(twin, held_out)
    print(f"perplexity {plain:.2f} plain, {found:.2f} extracted, {untrained:.0f} before, {len(x)} samples")  # fmt: skip
    assert found == plain < untrained / 2
