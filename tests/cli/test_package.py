"""The installed CMake package builds a program that uses the C++ API."""

import subprocess

import numpy
from conftest import BUILD, ROOT, make_task
from PIL import Image


def test_the_example_program_builds_against_the_installed_package(tmp_path):
    def command(*arguments):
        result = subprocess.run(
            [str(a) for a in arguments], capture_output=True, text=True
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    command("cmake", "--install", BUILD, "--prefix", tmp_path / "prefix")
    example = ROOT / "examples" / "cpp"
    command("cmake", "-S", example, "-B", tmp_path / "b", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={tmp_path / 'prefix'}")  # fmt: skip
    command("cmake", "--build", tmp_path / "b")
    task = make_task("task", "MLP", count=40)
    task.write(tmp_path)
    numpy.savez(tmp_path / "d.npz", x=task.x, y=task.y)
    files = (tmp_path / name for name in ("task.pt2", "d.npz", "job", "home.key"))
    out = command(tmp_path / "b" / "hide", *files)
    assert "2 sub-networks" in out
    assert (tmp_path / "job" / "model.py").exists()

    # The installed command finds the module that reads images.
    (tmp_path / "d" / "a").mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(tmp_path / "d" / "a" / "0.png")
    said = command(tmp_path / "prefix" / "bin" / "amalgam", "inspect", tmp_path / "d")
    assert "[1, 3, 8, 8]" in said
