"""Laws 1 to 9 for text files: classifiers of AG News and language models of WikiText-2."""

import json
import signal
import subprocess
import time

import pytest
import torch
from command_lines import extract_call, obfuscate_call
from conftest import (
    AMALGAM,
    OPTIMIZERS,
    SEED,
    Job,
    assert_same_outputs,
    assert_same_state,
    assert_start_of,
    digests,
    refused,
    run,
    same_bits,
    shards,
)
from damage import edit_tensors
from safetensors.torch import load_file
from text_models import CausalLM, TextCNN, TextLSTM, TextTransformer
from texts import (
    BLOCKS_TEXT,
    LENGTH,
    NEWS_TEXT,
    TextTask,
    ag_news,
    news_of,
    wikitext,
    write_csv,
)

TRAIN = "[train]\nbatch_size = 64\nepochs = 2\n"
PLAIN = {"batch_size": 64, "epochs": 2}
CLASSIFIERS = {
    "lstm": lambda dropout: TextLSTM(1000, 24, 20, dropout=dropout),
    "convolutions": lambda dropout: TextCNN(1000, 24, 16, dropout=dropout),
    "transformer": lambda dropout: TextTransformer(1000, LENGTH, 24, dropout=dropout),
}


def assert_streams_are(job, task):
    """Law 1: the stream's columns of a shard hold the task's samples and targets."""
    batch = shards(job.path)
    stream = job.stream(task)
    for field, positions in enumerate(stream["positions"]):
        found = batch["x.int32"][:, positions]
        expected = torch.as_tensor(task.x[field])[stream["rows"]]
        if field == 0 and stream["numbers"]:  # the tokens, under their new numbers
            expected = torch.tensor(stream["numbers"], dtype=torch.int32)[expected]
        assert same_bits(found, expected)
    module = job.module(task)
    if task.y is not None:
        assert torch.equal(
            module.target(batch), torch.as_tensor(task.y)[stream["rows"]]
        )
    return batch, module


def assert_same_function(batch, module, job, task):
    """Law 2, in both modes from the same random state; numbering tokens anew does not change a classifier."""
    few = {name: tensor[:64] for name, tensor in batch.items()}
    rows = job.stream(task)["rows"][:64]
    inputs = [torch.as_tensor(x)[rows].to(torch.int64) for x in task.x]
    task.model.load_state_dict(job.start(task))
    assert_same_outputs(module, task.model, (lambda: module(few), lambda: task.model(*inputs)))  # fmt: skip


def prove(job, task):
    """Laws 1, 2, 4 and 3, in this order, because training changes the model."""
    task.model.train()
    batch, module = assert_streams_are(job, task)
    assert_same_function(batch, module, job, task)
    assert_start_of(job.start(task), task)
    task.model.train()
    plain = job.plain(task, dtypes=task.dtypes())
    return plain


# Of numbers of sub-networks and dropout: all in full, two that differ in both otherwise.
COUNTS = [(1, 0.0), (3, 0.1), *[pytest.param(*both, marks=pytest.mark.full) for both in ((1, 0.1), (2, 0.0), (2, 0.1), (3, 0.0))]]  # fmt: skip


@pytest.mark.parametrize("kind", CLASSIFIERS)
@pytest.mark.parametrize("count, dropout", COUNTS)
def test_classifiers_of_news(tmp_path, kind, count, dropout):
    torch.manual_seed(1)
    rows = ag_news(800)
    write_csv(tmp_path / "news.csv", rows)
    toml, plain = OPTIMIZERS["adamw"]
    model = CLASSIFIERS[kind](dropout)
    task = TextTask("mine", model, "news.csv", recipe={**plain, **PLAIN})
    job = Job(tmp_path, [task], TRAIN + toml + NEWS_TEXT, options=("--decoys", count - 1))  # fmt: skip
    task.know(job, *news_of(rows))
    expected = prove(job, task)
    assert_same_state(job.extract(job.train())["mine"], expected)


@pytest.mark.parametrize("count, dropout", COUNTS)
def test_language_models_of_wikitext(tmp_path, count, dropout):
    torch.manual_seed(2)
    lines = wikitext(lines=400)
    (tmp_path / "wiki.txt").write_text("\n".join(lines), encoding="utf-8")
    toml, plain = OPTIMIZERS["adamw"]
    task = TextTask("mine", CausalLM(600, 64, 24, dropout=dropout), "wiki.txt", 64, recipe={**plain, **PLAIN, "loss": "next_token"})  # fmt: skip
    text = BLOCKS_TEXT.replace(f"length = {LENGTH}", "length = 64")
    train = TRAIN + 'loss = "next_token"\n' + toml + text
    job = Job(tmp_path, [task], train, options=("--decoys", count - 1))
    task.know(job, lines)
    assert len(task.x[0]) > 100
    expected = prove(job, task)
    assert_same_state(job.extract(job.train())["mine"], expected)
    said = job.verified("--steps", 3)
    assert "bit-identical" in said and "differs" not in said


def test_tasks_hide_each_other_with_validation_and_a_guest(tmp_path):
    """A classifier and a language model, both wanted, with held-out texts and a guest of other news."""
    torch.manual_seed(3)
    rows, held = ag_news(600), ag_news(150, 3000)
    guest_rows = [row for row in ag_news(800, 4000) if row[0] in "12"]
    for name, some in (("news", rows), ("held", held), ("other", guest_rows)):
        write_csv(tmp_path / f"{name}.csv", some)
    lines = wikitext(lines=200)
    (tmp_path / "wiki.txt").write_text("\n".join(lines), encoding="utf-8")
    toml, plain = OPTIMIZERS["sgd"]
    recipe = {**plain, **PLAIN, "epochs": 1}
    news = TextTask("news", CLASSIFIERS["transformer"](0.1), "news.csv", recipe=recipe, validation="held.csv")  # fmt: skip
    wiki = TextTask("wiki", CausalLM(600, LENGTH, 24), "wiki.txt", recipe={**recipe, "loss": "next_token"}, table=f'[here.train]\nloss = "next_token"\n[here.text]\ntokenizer = "train:bpe:600"\nlength = {LENGTH}\n')  # fmt: skip
    guest = f"@{tmp_path / 'other.csv'}"
    job = Job(tmp_path, [news, wiki], TRAIN.replace("= 2", "= 1") + toml + NEWS_TEXT, options=("--decoy", guest))  # fmt: skip
    assert "150 held out" in job.output
    news.know(job, *news_of(rows))
    wiki.know(job, lines)
    expected = {task.name: prove(job, task) for task in (news, wiki)}
    extracted = job.extract(job.train())
    for name, state in expected.items():
        assert_same_state(extracted[name], state)


def test_same_tokens_give_the_same_job(tmp_path):
    """Law 5: also where the tokenizer is trained again, on other threads."""
    rows = ag_news(500)
    write_csv(tmp_path / "news.csv", rows)
    torch.manual_seed(4)
    task = TextTask("mine", CLASSIFIERS["lstm"](0.0), "news.csv")
    job = Job(tmp_path, [task], TRAIN + NEWS_TEXT)
    tokenizer = (tmp_path / "home.key.mine.tokenizer").read_bytes()
    alone = {"OMP_NUM_THREADS": "1", "PATH": ""}
    run(*job.again(tmp_path), "--seed", SEED, "--threads", 1, env=alone)
    assert digests(job.path) == digests(tmp_path / "j")
    assert tokenizer == (tmp_path / "k.mine.tokenizer").read_bytes()
    for path in (p for p in job.path.rglob("*") if p.is_file()):
        content = path.read_bytes()  # law 7: neither text nor tokenizer is in the job
        assert tokenizer[100:200] not in content
        assert b"news" not in content and rows[0][1].encode() not in content


def test_marking_another_text_changes_only_the_key(tmp_path):
    """Law 6: two classifiers of news and a language model, each wanted in turn, of equally many rows: of longer guests some are
    chosen."""
    torch.manual_seed(5)
    text = "\n".join(wikitext(lines=60))
    (tmp_path / "wiki.txt").write_text(text, encoding="utf-8")
    blocks = f'[here.train]\nloss = "next_token"\n[here.text]\ntokenizer = "train:bpe:600"\nlength = {LENGTH}\n'
    last = TextTask("c", CausalLM(600, LENGTH, 24), tmp_path / "wiki.txt", table=blocks)
    alone = Job(tmp_path / "alone", [last], TRAIN + NEWS_TEXT, options=("--decoys", 0))
    rows = json.loads((alone.path / "job.json").read_text())["rows"]
    for i in range(2):
        write_csv(tmp_path / f"news{i}.csv", ag_news(rows, rows * i))
    tasks = [
        TextTask("a", CLASSIFIERS["transformer"](0.1), tmp_path / "news0.csv"),
        TextTask("b", CLASSIFIERS["lstm"](0.1), tmp_path / "news1.csv"),
        last,
    ]
    jobs = []
    for i, wanted in enumerate(tasks):
        guests = [task for task in tasks if task is not wanted]
        jobs.append(Job(tmp_path / str(i), [wanted], TRAIN + NEWS_TEXT, guests))
    first = digests(jobs[0].path)
    assert all(digests(job.path) == first for job in jobs[1:])
    places = {j.subnetwork(t) for j, t in zip(jobs, tasks, strict=True)}
    assert places == {0, 1, 2}


def test_hostile_files_of_a_text_job(tmp_path):
    """Law 8: values that are not finite, but where they were so from the start, under the tokens' own numbers."""
    torch.manual_seed(6)
    write_csv(tmp_path / "news.csv", ag_news(300))
    model = CLASSIFIERS["lstm"](0.0)
    with torch.no_grad():
        model.tokens.weight[7] = float("inf")
    task = TextTask("mine", model, "news.csv")
    job = Job(tmp_path, [task], TRAIN + NEWS_TEXT)
    numbers = job.stream(task)["numbers"]
    weights = load_file(job.path / "weights.safetensors")
    prefix = f"subnetworks.{job.subnetwork(task)}."
    name = next(n for n, t in weights.items() if n.startswith(prefix) and t.shape == (1000, 24))  # fmt: skip
    assert torch.isinf(weights[name][numbers[7]]).all()
    assert torch.isinf(job.start(task)["tokens.weight"]).all(1).nonzero().tolist() == [
        [7]
    ]

    def spoil(tensors):
        tensors[name] = tensors[name].clone()
        tensors[name][numbers[8]] = float("nan")

    bad = edit_tensors(job.path / "weights.safetensors", spoil, tmp_path / "bad.safetensors")  # fmt: skip
    refused(*extract_call(job.key, bad, tmp_path / "bad"), says="is not finite")


@pytest.mark.parametrize("after", [0.1, 0.5, pytest.param(0.9, marks=pytest.mark.full)])
def test_interrupted_runs_leave_no_tokenizer(tmp_path, after):
    """Law 9."""
    torch.manual_seed(7)
    write_csv(tmp_path / "news.csv", ag_news(4000))
    task = TextTask("mine", CLASSIFIERS["lstm"](0.0), "news.csv")
    task.write(tmp_path)
    (tmp_path / "r.toml").write_text(
        TRAIN + NEWS_TEXT.replace("bpe", "unigram") + task.toml()
    )
    inputs = sorted(path.name for path in tmp_path.iterdir())
    call = obfuscate_call(tmp_path, model=None, data=None)
    process = subprocess.Popen([str(a) for a in (AMALGAM, *call)], stderr=subprocess.PIPE)  # fmt: skip
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    process.communicate()
    if process.returncode == 0:
        pytest.skip("it was done before the signal came")
    assert sorted(path.name for path in tmp_path.iterdir()) == inputs
    run(*call)
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == sorted([*inputs, "job", "key", "key.mine.tokenizer"])
