"""What killed runs left of intermediate files goes with the next; what a living run uses stays."""

import subprocess
import sys

import pytest
from amalgam.folders import TemporaryFolder

WAITS = "import sys; from amalgam.folders import TemporaryFolder; f = TemporaryFolder(); print(f.path, flush=True); sys.stdin.read()"


@pytest.fixture(autouse=True)
def own_place(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def test_it_goes_when_it_is_closed(tmp_path):
    with TemporaryFolder() as folder:
        (folder.path / "x").write_text("x")
        assert folder.path.parent == tmp_path and folder.path.stat().st_mode & 0o77 == 0
    assert not list(tmp_path.iterdir())


def test_what_a_killed_run_left_is_removed(tmp_path):
    other = subprocess.Popen([sys.executable, "-c", WAITS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
    with other:
        left = tmp_path / other.stdout.readline().strip()
        (left / "rows.npy").write_text("secret")
        (tmp_path / "amalgam-verify-0123456789ab").mkdir()
        with TemporaryFolder():
            assert left.exists()
        other.kill()
    with TemporaryFolder():
        assert not left.exists()
    assert [p.name for p in tmp_path.iterdir()] == ["amalgam-verify-0123456789ab"]
