"""Text that is not what the recipe says: one clear line with file and row, exit status 1, nothing written."""

import numpy
import pytest
import torch
from command_lines import obfuscate_call
from conftest import SEED, digests, refused, run, vectors
from export_model import export, export_text
from text_models import CausalLM, TextLSTM

GOOD = [
    f"{'sport' if row % 2 else 'news'},headline {row},some more words of row {row}"
    for row in range(40)
]
TEXT = '[text]\ntokenizer = "train:unigram:60"\nlength = 8\ntext_column = [1, 2]\nlabel_column = 0\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    torch.manual_seed(0)
    export_text(TextLSTM(60, 8, 8, classes=2), 8, folder / "lstm.pt2")
    export_text(CausalLM(60, 8, 8, heads=2, layers=1), 8, folder / "lm.pt2")
    return folder


def attempt(tmp_path, folder, data, text=TEXT, model="lstm", loss="cross_entropy", validation=None, noise=None):  # fmt: skip
    """The arguments that make a job of these bytes."""
    name = "d.txt" if loss == "next_token" else "d.csv"
    (tmp_path / name).write_bytes(data)
    (tmp_path / "r.toml").write_text(f'[train]\nloss = "{loss}"\n{text}')
    call = obfuscate_call(tmp_path, model=folder / f"{model}.pt2", data=name)
    if validation is not None:
        (tmp_path / "v.csv").write_bytes(validation)
        call += ["--validation", tmp_path / "v.csv"]
    return call if noise is None else [*call, "--noise", noise]


def lines(*rows):
    return ("\n".join([*GOOD, *rows]) + "\n").encode()


BAD = {
    "ragged": (lines("sport,only two"), "row 41 has 2 columns, but the first row has 3"),
    "longer": (lines("sport,a,b,c"), "row 41 has 4 columns"),
    "no text": (lines("sport, ,"), "row 41 has no text"),
    "not UTF-8": (lines() + b"sport,caf\xe9,x\n", "row 41 is not UTF-8: byte 0xe9 at 3"),
    "label not UTF-8": (lines() + b"sp\xffrt,a,x\n", "row 41 is not UTF-8 in its label"),
    "overlong": (lines() + b"sport,\xc0\xaf,x\n", "row 41 is not UTF-8"),
    "surrogate": (lines() + b"sport,\xed\xa0\x80,x\n", "row 41 is not UTF-8"),
    "cut off": (lines() + b"sport,a,\xe2\x82", "row 41 is not UTF-8"),
    "open quote": (lines('sport,"never closed,x'), "row 41: a quote is never closed"),
    "huge": (lines('sport,"' + "a word " * 200_000), "row 41 is longer than a megabyte"),
    "huge cell": (lines("sport,a," + "word " * 300_000), "row 41 is longer than a megabyte"),
    "empty": (b"", "is empty"),
    "no label": (lines("", " ,words,more"), "row 42 has no label"),
    "an empty label": (lines(",words,more"), "row 41 has no label"),
    "a row after a blank one": (lines("", "sport,only two"), "row 42 has 2 columns"),
    "CRLF and blank rows": (b"\r\n".join([g.encode() for g in GOOD] + [b"", b"", b",a,b", b""]), "row 43 has no label"),
    "semicolons": (lines().replace(b",", b";"), "pandas.read_csv("),
    "tabs": (lines().replace(b",", b"\t"), "sep='\\t'"),
    "bars": (lines().replace(b",", b"|"), "sep='|'"),
    "UTF-16": ("\n".join(GOOD).encode("utf-16"), "iconv -f UTF-16"),
    "UTF-16 of the other order": (b"\xfe\xff" + "\n".join(GOOD).encode("utf-16-be"), "iconv -f UTF-16"),
    "UTF-16 without a mark": ("\n".join(GOOD).encode("utf-16-le"), "line 1 holds a NUL byte"),
    "a NUL byte": (lines("sport,a\0b,c"), "line 41 holds a NUL byte"),
    "blank": (b"\n\n\n", "has no rows"),
}  # fmt: skip


QUOTED = ('"' + "two\nlines" + '"').join(["sport,", ",x"])
BAD["behind cells of several lines"] = (lines(QUOTED, ",a,b"), "row 42 (line 43) has no label")  # fmt: skip
BAD["labels in two forms of Unicode"] = (lines("caf\u00e9,a,b", "cafe\u0301,a,b"), "has the classes 'cafe\\u0301' and 'caf\\u00e9', which look the same")  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_bad_rows(tmp_path, folder, what):
    data, says = BAD[what]
    found = refused(*attempt(tmp_path, folder, data), says=says)
    assert len(found) == 1 and "d.csv" in found[0]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d.csv", "r.toml"]


def test_every_message_says_from_where_rows_are_counted(tmp_path, folder):
    for what in ("ragged", "no text", "not UTF-8", "open quote", "no label"):
        refused(*attempt(tmp_path, folder, BAD[what][0]), says="counted from 1")


def test_a_tokenizer_that_is_larger_than_the_model(tmp_path, folder):
    text = TEXT.replace("train:unigram:60", "train:char:99")
    rows = [f"sport,{chr(0x4E00 + i)},{chr(0x5000 + i)}" for i in range(60)]
    (line,) = refused(*attempt(tmp_path, folder, lines(*rows), text), says="its tokenizer makes the token")  # fmt: skip
    assert "one of the model's 60 tokens (0 to 59): use a tokenizer of at most 60 tokens" in line  # fmt: skip
    assert "row" not in line


def test_columns_of_plain_text_are_said_to_be_none(tmp_path, folder):
    data = "\n".join(GOOD).encode()
    told = run(*attempt(tmp_path, folder, data, model="lm", loss="next_token")).stdout
    assert "d.txt is plain text, which has no columns: text_column" in told


def test_a_byte_order_mark_and_crlf_are_no_part_of_the_text(tmp_path, folder):
    plain, marked = tmp_path / "a", tmp_path / "b"
    for out, data in ((plain, lines()), (marked, b"\xef\xbb\xbf" + lines().replace(b"\n", b"\r\n"))):  # fmt: skip
        out.mkdir()
        run(*attempt(out, folder, data), "--seed", SEED)
    assert digests(plain / "job") == digests(marked / "job")


def test_capital_endings(tmp_path, folder):
    call = attempt(tmp_path, folder, lines())
    upper = tmp_path / "D.CSV"
    (tmp_path / "d.csv").rename(upper)
    call[call.index("--data") + 1] = upper
    output = run(*call).stdout
    assert "has 2 classes: 0 'news' (20 rows), 1 'sport' (20 rows)." in output
    assert "column    0 'news'" in run("inspect", upper).stdout


def test_a_column_named_twice(tmp_path, folder):
    data = b"label,text,label\n" + b"".join(b"a,some words,b\n" for _ in range(20))
    text = TEXT.replace("label_column = 0", 'label_column = "label"')
    refused(*attempt(tmp_path, folder, data, text.replace("[1, 2]", "[1]")), says="names 'label' more than once")  # fmt: skip


@pytest.mark.parametrize("recipe", ["", TEXT])
def test_a_table_for_a_model_of_real_numbers(tmp_path, folder, recipe):
    export(torch.nn.Linear(4, 2), (4,), tmp_path / "real.pt2")
    rows = "".join(f"{i},{i / 7:.3f},{-i},{i * i},{i % 2}\n" for i in range(40))
    (tmp_path / "d.csv").write_text("a,b,c,d,label\n" + rows)
    (tmp_path / "r.toml").write_text("[train]\nlr = 0.1\n" + recipe)
    call = obfuscate_call(tmp_path, model="real.pt2", data="d.csv")
    (line,) = refused(*call, says="the model takes real numbers")
    cure = line[line.index("t = pandas") :].replace("d.npz", str(tmp_path / "d.npz"))
    pandas = pytest.importorskip("pandas")
    exec(cure, {"pandas": pandas, "numpy": numpy})
    (tmp_path / "r.toml").write_text("[train]\nlr = 0.1\n")
    run(*obfuscate_call(tmp_path, model="real.pt2"))


SETTINGS = {
    "no such label column": ("label_column = 0", "label_column = 7", "label_column = 7, but rows have 3 columns"),
    "no such text column": ("[1, 2]", "[1, 3]", "text_column = 3, but rows have 3 columns"),
    "no such name": ("label_column = 0", 'label_column = "lable"', "names no such column"),
    "no label column": ("label_column = 0\n", "", "has no labels: [text] label_column"),
    "negative": ("label_column = 0", "label_column = -1", "text.label_column: expected a column"),
    "tokenizer kind": ("train:unigram:60", "train:wordpiece:60", 'expected "train:KIND:SIZE"'),
    "tokenizer size": ("train:unigram:60", "train:bpe:3", 'expected "train:KIND:SIZE"'),
    "no tokenizer file": ("train:unigram:60", "none.model", "none.model"),
    "tokenizer is no model": ("train:unigram:60", "d.csv", "is no SentencePiece model"),
    "unknown key": ("length", "lenght", "did you mean 'length'"),
    "length": ("length = 8", "length = 9", "[text] length is 9, but the model takes 8 tokens a sample"),
    "a length of any size": ("length = 8", "length = 1000000", "the model takes 8 tokens a sample"),
    "no table": (TEXT, "", "is text: [text] in the recipe says"),
    "more tokens": ("train:unigram:60", "train:bpe:90", "is not one of the model's 60 tokens"),
}  # fmt: skip


@pytest.mark.parametrize("what", SETTINGS)
def test_bad_settings(tmp_path, folder, what):
    old, new, says = SETTINGS[what]
    assert old in TEXT
    varied = [f"{g} {chr(97 + i % 26) * 3}{i * 7919}" for i, g in enumerate(GOOD * 4)]
    data = ("\n".join(varied) + "\n").encode()
    refused(*attempt(tmp_path, folder, data, TEXT.replace(old, new)), says=says)


def test_labels_that_the_training_data_lacks(tmp_path, folder):
    call = attempt(
        tmp_path, folder, lines(), validation=b"news,a b,c\nweather,some,words\n"
    )
    (line,) = refused(*call, says="row 2 has the label 'weather'")
    assert "v.csv" in line and "'news', 'sport'" in line


def test_more_classes_than_the_model_has(tmp_path, folder):
    refused(*attempt(tmp_path, folder, lines("weather,a,b")), says="has 3 classes, but the model's output has 2; the first without one is 'weather'")  # fmt: skip


def test_plain_text_for_labels_and_language_models(tmp_path, folder):
    call = attempt(tmp_path, folder, lines(), model="lm", loss="next_token")
    run(*call)
    text = "\n".join(["", "words in a line", "", "\xff"]).encode("latin-1")
    for name in ("job", "key", "key.task.tokenizer"):
        path = tmp_path / name
        path.rename(tmp_path / f"old-{name}")
    call = attempt(tmp_path, folder, text, model="lm", loss="next_token")
    refused(*call, says="d.txt: row 4 is not UTF-8")
    call = attempt(tmp_path, folder, b" \n\n", model="lm", loss="next_token")
    refused(*call, says="d.txt: has no text")
    (tmp_path / "r.toml").write_text(TEXT)
    refused(*call, says="is plain text without labels")


def test_public_text_that_does_not_fit(tmp_path, folder):
    call = attempt(tmp_path, folder, lines(), noise=f"ngram:{tmp_path / 'p.txt'}")
    refused(*call, says="p.txt: cannot be opened")
    (tmp_path / "p.txt").write_bytes(b"\xfe\n")
    refused(*call, says="p.txt: row 1 is not UTF-8")
    call[call.index("--noise") + 1] = "resample:p.txt"
    refused(*call, status=2, says="'resample' takes nothing behind a colon")
    numpy.savez(tmp_path / "p.npz", x=numpy.full((4, 8), 77, numpy.int32))
    call[call.index("--noise") + 1] = f"ngram:{tmp_path / 'p.npz'}"
    refused(*call, says="p.npz: row 0: token 77")


def test_tokenizers_are_never_overwritten(tmp_path, folder):
    call = attempt(tmp_path, folder, lines())
    (tmp_path / "key.task.tokenizer").write_bytes(b"mine")
    refused(*call, says="key.task.tokenizer")
    assert (tmp_path / "key.task.tokenizer").read_bytes() == b"mine"


def test_generators_of_text_need_tokens(tmp_path, folder):
    export(torch.nn.Linear(4, 2), (4,), tmp_path / "m.pt2")
    x, y = vectors((4,), 8, 2)
    numpy.savez(tmp_path / "d.npz", x=x, y=y)
    (tmp_path / "r.toml").write_text("")
    refused(*obfuscate_call(tmp_path, "--noise", "ngram"), status=2, says="holds no tokens")  # fmt: skip


def test_tokens_outside_the_embedding(tmp_path, folder):
    x = numpy.ones((8, 8), numpy.int64)
    x[5, 2] = 60
    (tmp_path / "r.toml").write_text("")
    numpy.savez(tmp_path / "d.npz", x=x, y=numpy.arange(8) % 2)
    call = obfuscate_call(tmp_path, model=folder / "lstm.pt2")
    refused(*call, says="row 5: token 60 of 'x' is not one of the model's 60 tokens")
