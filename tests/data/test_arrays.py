"""Arrays as a user has them: shapes that are not guessed at, values that are not finite, files of other writers."""

import json

import numpy
import pytest
import torch
from command_lines import obfuscate_call
from conftest import refused, run, shards
from export_model import export
from torch import nn

RANDOM = numpy.random.default_rng(0)
Y = numpy.arange(40) % 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for name, shape in {"flat": (6,), "gray": (1, 8, 8), "rgb": (3, 8, 8)}.items():
        model = nn.Sequential(nn.Flatten(), nn.Linear(int(numpy.prod(shape)), 3))
        export(model, shape, folder / f"{name}.pt2")
    export(nn.Linear(6, 1), (6,), folder / "real.pt2")
    (folder / "r.toml").write_text("[train]\nlr = 0.1\nbatch_size = 8\n")
    (folder / "mse.toml").write_text('[train]\nlr = 0.1\nloss = "mse"\n')
    return folder


def command(folder, out, data, model="flat", recipe="r", *more):
    files = {"model": folder / f"{model}.pt2", "recipe": folder / f"{recipe}.toml"}
    return obfuscate_call(out, "--data", data, *more, **files, data=None)


def saved(path, **arrays):
    numpy.savez(path, **arrays)
    return path


def only_line(call, *says):
    """The command is refused in one line that says all of these."""
    (line,) = refused(*call)
    for text in says:
        assert text in line, line


SHAPES = {  # (model, a sample's shape): what is said, or nothing
    ("gray", (8, 8)): "",
    ("gray", (64,)): "",
    ("gray", (8, 8, 1)): "",
    ("flat", (2, 3)): "",
    ("flat", (6, 1)): "",
    ("rgb", (8, 8, 3)): "x.transpose(0, 3, 1, 2)",
    ("rgb", (8, 3, 8)): "x.transpose(0, 2, 1, 3)",
    ("rgb", (192,)): "x.reshape(-1, 8, 8, 3).transpose(0, 3, 1, 2)",
    ("rgb", (3, 64)): "x.reshape(-1, 3, 8, 8)",
    ("gray", (4, 16)): "x.reshape(-1, 1, 8, 8)",
}


@pytest.mark.parametrize("model, shape", SHAPES)
def test_a_sample_is_reshaped_only_where_one_order_can_be_meant(tmp_path, folder, model, shape):  # fmt: skip
    says = SHAPES[model, shape]
    x = RANDOM.integers(0, 256, (40, *shape), numpy.uint8)
    call = command(folder, tmp_path, saved(tmp_path / "d.npz", x=x, y=Y), model)
    if says:
        only_line(call, says, str(list(shape)), "model's input is")
    else:
        run(*call)


def test_python_arrays_follow_the_same_rule(tmp_path):
    import amalgam

    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(144, 3))
    x = RANDOM.integers(0, 256, (40, 8, 8, 3), numpy.uint8)
    out = dict(job=tmp_path / "job", key=tmp_path / "key", progress=False)
    with pytest.raises(amalgam.Error, match=r"transpose\(0, 3, 1, 2\)"):
        amalgam.obfuscate(model, torch.zeros(4, 3, 8, 8), (x, Y), **out)
    real = RANDOM.random((40, 3, 8, 8), numpy.float32)
    real[9, 0, 0, 0] = numpy.nan
    with pytest.raises(amalgam.Error, match="row 9 of 'x' holds nan"):
        amalgam.obfuscate(model, torch.zeros(4, 3, 8, 8), (real, Y), **out)


def x_with(*values):
    """Features with these (row, column, value)."""
    x = RANDOM.random((40, 6), numpy.float32)
    for row, column, value in values:
        x[row, column] = value
    return x


NAN, INF = numpy.nan, numpy.inf
NOT_FINITE = {
    "nan": (x_with((7, 2, NAN)), "row 7 of 'x' holds nan; 1 of its values in 1 row is not finite"),
    "infinity": (x_with((0, 0, INF)), "row 0 of 'x' holds inf"),
    "the last value": (x_with((39, 5, -INF)), "row 39 of 'x' holds -inf"),
    "several": (x_with((3, 1, INF), (3, 5, NAN), (4, 0, NAN), (30, 0, NAN)), "row 3 of 'x' holds inf; 4 of its values in 3 rows"),
    "everywhere": (numpy.full((40, 6), NAN, numpy.float32), "240 of its values in 40 rows"),
}  # fmt: skip


@pytest.mark.parametrize("kind", NOT_FINITE)
def test_values_that_are_not_finite_are_refused_and_shown(tmp_path, folder, kind):
    x, says = NOT_FINITE[kind]
    data = saved(tmp_path / "d.npz", x=x, y=Y)
    only_line(command(folder, tmp_path, data), says, "counted from 0")
    shown = run("inspect", data).stdout
    assert ("not finite" in shown and "row " + says.split()[1] in shown) or kind == "everywhere"  # fmt: skip
    report = json.loads(run("inspect", data, "--json", "-").stdout)
    assert report["not_finite"][0]["values"] == int((~numpy.isfinite(x)).sum())


def test_targets_and_validation_are_looked_at_too(tmp_path, folder):
    x, t = x_with(), RANDOM.random((40, 1), numpy.float32)
    good = saved(tmp_path / "d.npz", x=x, y=t)
    bad_target = t.copy()
    bad_target[3] = INF
    bad = saved(tmp_path / "e.npz", x=x, y=bad_target)
    only_line(command(folder, tmp_path, bad, "real", "mse"), "row 3 of 'y' holds inf")
    call = command(folder, tmp_path, good, "real", "mse", "--validation", bad)
    only_line(call, "e.npz", "row 3 of 'y' holds inf")
    guest = ["--decoy", f"{folder / 'real.pt2'}@{bad}"]
    only_line(command(folder, tmp_path, good, "real", "mse", *guest), "row 3 of 'y'")
    pair = f"{tmp_path}/x.npy,{tmp_path}/y.npy"
    numpy.save(tmp_path / "x.npy", x_with((5, 5, NAN)))
    numpy.save(tmp_path / "y.npy", Y)
    only_line(command(folder, tmp_path, pair), "row 5 of 'x' holds nan")


def npy(header, data, version=1):
    """An .npy file with this dictionary as its header."""
    size = {1: 2, 2: 4, 3: 4}[version]
    header += " " * (63 - (8 + size + len(header)) % 64) + "\n"
    length = len(header).to_bytes(size, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + header.encode() + data


PIXELS = RANDOM.integers(0, 256, (40, 6), numpy.uint8)
HEADERS = {
    "mark |": "{'descr': '|u1', 'fortran_order': False, 'shape': (40, 6), }",
    "mark <": "{'descr': '<u1', 'fortran_order': False, 'shape': (40, 6), }",
    "mark =": "{'descr': '=u1', 'fortran_order': False, 'shape': (40, 6)}",
    "mark >": "{'descr': '>u1', 'fortran_order': False, 'shape': (40, 6)}",
    "no mark": "{'descr': 'u1', 'fortran_order': False, 'shape': (40, 6), }",
    "a name": "{'descr': 'uint8', 'fortran_order': False, 'shape': (40, 6), }",
    "a letter": "{'descr': 'B', 'fortran_order': False, 'shape': (40, 6), }",
    "Python 2": "{'descr': '|u1', 'fortran_order': False, 'shape': (40L, 6L), }",
    "double quotes": '{"descr": "|u1", "fortran_order": False, "shape": (40, 6)}',
    "no spaces": "{'descr':'|u1','fortran_order':False,'shape':(40,6)}",
    "many spaces": "{ 'descr' : '|u1' ,\t'fortran_order' : False , 'shape' : ( 40 , 6 , ) }",
    "another order": "{'shape': (40, 6), 'fortran_order': False, 'descr': '|u1'}",
}


def written_pixels(job):
    """The values of the only stream, as the job holds them, sorted by row."""
    shard = shards(job)
    (name,) = (n for n in shard if n.startswith("x."))
    return sorted(map(tuple, numpy.sort(shard[name].numpy(), 1).tolist()))


@pytest.mark.parametrize("kind", HEADERS)
def test_headers_of_other_writers_are_read_as_numpy_reads_them(tmp_path, folder, kind):
    (tmp_path / "x.npy").write_bytes(npy(HEADERS[kind], PIXELS.tobytes()))
    assert (numpy.load(tmp_path / "x.npy") == PIXELS).all()
    numpy.save(tmp_path / "y.npy", Y)
    data = f"{tmp_path}/x.npy,{tmp_path}/y.npy"
    run(*command(folder, tmp_path, data, "flat", "r", "--decoys", 0))
    expected = sorted(map(tuple, numpy.sort(PIXELS, 1).tolist()))
    assert written_pixels(tmp_path / "job") == expected


REORDERED = {
    "big-endian floats": RANDOM.random((40, 6)).astype(">f4"),
    "big-endian integers": RANDOM.integers(0, 2**40, (40, 6)).astype(">i8"),
    "Fortran order": numpy.asfortranarray(RANDOM.random((40, 6), numpy.float32)),
    "Fortran order of images": numpy.asfortranarray(RANDOM.integers(0, 256, (40, 1, 2, 3), numpy.uint8)),
    "both": numpy.asfortranarray(RANDOM.random((40, 2, 3)).astype(">f4")),
}  # fmt: skip


@pytest.mark.parametrize("kind", REORDERED)
def test_other_orders_of_bytes_and_elements(tmp_path, folder, kind):
    x = REORDERED[kind]
    numpy.save(tmp_path / "x.npy", x)
    numpy.save(tmp_path / "y.npy", Y)
    data = f"{tmp_path}/x.npy,{tmp_path}/y.npy"
    run(*command(folder, tmp_path, data, "flat", "r", "--decoys", 0))
    same = numpy.ascontiguousarray(x).astype(x.dtype.newbyteorder("<"))
    expected = sorted(map(tuple, numpy.sort(same.reshape(40, 6), 1).tolist()))
    assert written_pixels(tmp_path / "job") == expected


BROKEN = {
    "a number as shape": ("{'descr': '|u1', 'fortran_order': False, 'shape': (240)}", "one of a tuple is (40,)"),
    "no shape": ("{'descr': '|u1', 'fortran_order': False}", "lacks 'shape'"),
    "another key": ("{'descr': '|u1', 'fortran_order': False, 'shape': (40, 6), 'x': 1}", "unknown key 'x'"),
    "no dictionary": ("[1, 2]", "no '{'"),
    "not closed": ("{'descr': '|u1', 'fortran_order': False, 'shape': (40, 6)", "no '}'"),
    "records": ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (40,)}", "holds records"),
    "many dimensions": ("{'descr': '|u1', 'fortran_order': False, 'shape': (" + "1, " * 65 + ")}", "dimensions of an array"),
    "too much": ("{'descr': '|u1', 'fortran_order': False, 'shape': (40, 7)}", "needs 280"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_headers_that_numpy_refuses_are_refused(tmp_path, folder, kind):
    header, says = BROKEN[kind]
    (tmp_path / "x.npy").write_bytes(npy(header, PIXELS.tobytes(), 2))
    numpy.save(tmp_path / "y.npy", Y)
    data = f"{tmp_path}/x.npy,{tmp_path}/y.npy"
    only_line(command(folder, tmp_path, data), "x.npy", says)


LETTERS = numpy.array(list("abc"))
NPZ = {  # arrays: what is said, or nothing where it is read
    "keras": (dict(x_train=PIXELS, y_train=Y, x_test=PIXELS[:9], y_test=Y[:9]), "x=d['x_train'], y=d['y_train']"),
    "medmnist": (dict(test_images=PIXELS[:5], test_labels=Y[:5, None], train_images=PIXELS, train_labels=Y[:, None]), "x=d['train_images'], y=d['train_labels']"),
    "data and label": (dict(data=PIXELS, label=Y), "x=d['data'], y=d['label']"),
    "x and labels": (dict(x=PIXELS, labels=Y), "x=d['x'], y=d['labels']"),
    "capital Y": (dict(X=PIXELS, Y=Y), "x=d['X'], y=d['Y']"),
    "positional": (dict(arr_0=PIXELS, arr_1=Y), "x=d['arr_0'], y=d['arr_1']"),
    "one array": (dict(arr_0=PIXELS), "'arr_0' [40, 6]; name them"),
    "text as targets": (dict(x=PIXELS, y=LETTERS[Y]), "numpy.unique(y, return_inverse=True)"),
    "objects as targets": (dict(x=PIXELS, y=Y.astype(object)), "never read"),
    "half precision": (dict(x=PIXELS.astype(numpy.float16), y=Y), "x.astype('float32')"),
    "16 bits": (dict(x=PIXELS.astype(numpy.uint16), y=Y), "x.astype('int32')"),
    "bools as features": (dict(x=PIXELS > 9, y=Y), "x.astype('uint8')"),
    "complex": (dict(x=PIXELS.astype(complex), y=Y), "x.real"),
    "dates": (dict(x=PIXELS.astype("M8[s]"), y=Y), "dates or times"),
    "targets of double precision": (dict(x=PIXELS, y=Y.astype(float)), "y.astype('float32')"),
    "targets beyond int64": (dict(x=PIXELS, y=Y.astype(numpy.uint64) + 2**63), "row 0 holds"),
    "rows beside": (dict(x=PIXELS, y=Y, weights=numpy.zeros(3, numpy.float32)), "have to be left out"),
    "nothing": ({}, "has no features"),
    "capital X": (dict(X=PIXELS, y=Y), ""),
    "classes beside": (dict(x=PIXELS, y=Y, classes=LETTERS), ""),
    "a number beside": (dict(x=PIXELS, y=Y, mean=numpy.float64(0.1)), ""),
    "objects beside": (dict(x=PIXELS, y=Y, info=numpy.array({"a": 1}, dtype=object)), ""),
    "uint64 targets": (dict(x=PIXELS, y=Y.astype(numpy.uint64)), ""),
    "bool targets": (dict(x=PIXELS, y=Y > 1), ""),
    "a column of targets": (dict(x=PIXELS, y=Y[:, None]), ""),
}  # fmt: skip


@pytest.mark.parametrize("kind", NPZ)
@pytest.mark.parametrize("save", [numpy.savez, numpy.savez_compressed])
def test_npz_files_of_others_are_read_or_told_how(tmp_path, folder, kind, save):
    arrays, says = NPZ[kind]
    save(tmp_path / "d.npz", **arrays)
    call = command(folder, tmp_path, tmp_path / "d.npz", "flat", "r", "--decoys", 0)
    if says:
        only_line(call, says)
        return
    notes = run(*call).stdout
    if "beside" in kind:
        name = next(n for n in arrays if n not in "xy")
        assert f"The array '{name}' of" in notes and "is left out" in notes


def test_files_that_are_no_files_do_not_hang(tmp_path, folder):
    import os

    def call(data):
        return command(folder, tmp_path, data)

    os.mkfifo(tmp_path / "pipe.npz")
    (tmp_path / "empty.npz").write_bytes(b"")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "gone.npz").symlink_to(tmp_path / "nothing")
    for data, says in {
        tmp_path / "pipe.npz": "is a pipe, a device or a socket",
        "/dev/zero": "is a pipe, a device or a socket",
        tmp_path / "empty.npz": "is empty",
        "/proc/self/stat": "is empty",
        tmp_path / "gone.npz": "there is no such file",
        tmp_path / "loop": "cannot be opened",
        "~/d.npz": "only the shell knows ~",
        tmp_path / ("n" * 300): "cannot be opened",
        f"{tmp_path}/pipe.npz,{tmp_path}/empty.npz": "is a pipe, a device or a socket",
    }.items():
        only_line(call(data), says)
        refused("inspect", data, says=says)


def test_paths_with_commas_and_spaces(tmp_path, folder):
    odd = tmp_path / "a,b é"
    odd.mkdir()
    numpy.save(odd / "x,1.npy", PIXELS)
    numpy.save(odd / "y.npy", Y)
    whole = saved(tmp_path / "a,b.npz", x=PIXELS, y=Y)
    run(*command(folder, tmp_path, whole))
    (tmp_path / "2").mkdir()
    run(*command(folder, tmp_path / "2", f"{odd}/x,1.npy,{odd}/y.npy"))
    lines = run("inspect", f"{odd}/x,1.npy,{odd}/y.npy").stdout
    assert "[40, 6]" in lines
    (tmp_path / "3").mkdir()
    only_line(command(folder, tmp_path / "3", f"{odd}/x,1.npy,{odd}/z.npy"), "no such file")  # fmt: skip


def test_gzip_of_several_members_and_what_is_behind_it(tmp_path, folder):
    import gzip

    def idx(array):
        sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
        return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()

    raw = idx(PIXELS)
    (tmp_path / "y").write_bytes(idx(Y.astype(numpy.uint8)))
    data = f"{tmp_path}/x.gz,{tmp_path}/y"
    (tmp_path / "x.gz").write_bytes(gzip.compress(raw[:99]) + gzip.compress(raw[99:]))
    run(*command(folder, tmp_path, data, "flat", "r", "--decoys", 0))
    expected = sorted(map(tuple, numpy.sort(PIXELS, 1).tolist()))
    assert written_pixels(tmp_path / "job") == expected
    (tmp_path / "2").mkdir()
    (tmp_path / "x.gz").write_bytes(gzip.compress(raw) + bytes(512))
    run(*command(folder, tmp_path / "2", data))
    (tmp_path / "3").mkdir()
    for content, says in {
        gzip.compress(raw) + b"more": "other data behind",
        gzip.compress(raw)[:-9]: "cut short",
        gzip.compress(raw)[:-8] + bytes(8): "damaged",
    }.items():
        (tmp_path / "x.gz").write_bytes(content)
        only_line(command(folder, tmp_path / "3", data), says)


def torch_saved(path):
    torch.save({"x": torch.tensor(PIXELS)}, path)


def office(path):
    import zipfile

    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")


OTHERS = {
    "torch.save": ("d.pt", torch_saved, "is a file of torch.save, a pickle"),
    "TorchScript": ("d.ts", lambda path: torch.jit.script(nn.Linear(6, 3)).save(path), "is TorchScript"),
    "Excel": ("d.xlsx", office, "is an Office file"),
    "tabs": ("d.tsv", lambda path: path.write_text("a\tb\n1\t2\n"), "sep='\\t').to_csv('d.csv'"),
    "lines of JSON": ("d.jsonl", lambda path: path.write_text('{"x": 1}\n'), "is JSON"),
    "gzipped npy": ("d.npy.gz", lambda path: path.write_bytes(__import__("gzip").compress(b"\x93NUMPY")), "gunzip"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", OTHERS)
def test_files_of_other_programs_say_what_they_are(tmp_path, folder, kind):
    """As data, and as a model, which none of them is."""
    name, write, says = OTHERS[kind]
    write(tmp_path / name)
    only_line(command(folder, tmp_path, tmp_path / name), says)
    call = command(folder, tmp_path, saved(tmp_path / "d.npz", x=PIXELS, y=Y))  # fmt: skip
    call[call.index("--model") + 1] = tmp_path / name
    only_line(call, "is no torch.export archive", "torch.export.save(")


def test_a_model_is_no_data_and_data_no_model(tmp_path, folder):
    only_line(command(folder, tmp_path, folder / "flat.pt2"), "is an exported program (.pt2), a model")  # fmt: skip
    data = saved(tmp_path / "d.npz", x=PIXELS, y=Y)
    for path, says in {
        data: "holds arrays (.npz); it is no torch.export archive",
        tmp_path: "is a folder, and is no torch.export archive",
        "/dev/null": "is a pipe, a device or a socket",
        tmp_path / "gone.pt2": "there is no such file",
    }.items():
        call = command(folder, tmp_path, data)
        call[call.index("--model") + 1] = path
        only_line(call, says)


def test_targets_of_another_kind_have_their_cure(tmp_path, folder):
    one_hot = saved(tmp_path / "d.npz", x=PIXELS, y=numpy.eye(3, dtype=numpy.int64)[Y])
    only_line(command(folder, tmp_path, one_hot), "y.argmax(1)")
