"""A wheel, built in an environment of its own, runs the README's first screen in another one without a compiler on its path."""

import subprocess
import venv

import pytest
from conftest import ROOT, readme_blocks

SCRIPT = """
import numpy, safetensors.torch, torch
import amalgam, amalgam.zoo
torch.manual_seed(0)
model = amalgam.zoo.lenet5((1, 28, 28), 10)
x = torch.zeros(64, 1, 28, 28)
random = numpy.random.default_rng(0)
images = random.integers(0, 256, (96, 1, 28, 28), numpy.uint8)
numpy.savez("digits.npz", x=images, y=random.integers(0, 10, 96))
"""


def environment(path, *packages):
    venv.create(path, with_pip=True)
    pip = [path / "bin" / "python", "-m", "pip", "install", "-q"]
    subprocess.run([*pip, *packages], check=True, capture_output=True)
    return path / "bin"


@pytest.mark.full
def test_a_wheel_elsewhere(tmp_path):
    sources = tmp_path / "sources"
    subprocess.run(["git", "clone", "-q", ROOT, sources], check=True)
    building = environment(tmp_path / "building", "build")
    build = [building / "python", "-m", "build", "--wheel", "-o", tmp_path, sources]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.name.startswith("amalgam-") and wheel.stat().st_size < 10 << 20
    using = environment(tmp_path / "using", "torch==2.13.0", wheel)

    # Nothing but this environment and a shell's own commands.
    commands = tmp_path / "commands"
    commands.mkdir()
    for name in ("bash", "env", "sh"):
        (commands / name).symlink_to(f"/bin/{name}" if name != "env" else "/usr/bin/env")  # fmt: skip
    alone = {"PATH": f"{using}:{commands}", "HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}  # fmt: skip
    work = tmp_path / "work"
    work.mkdir()
    (work / "recipe.toml").write_text(readme_blocks("toml")[0])
    before, after = readme_blocks("python")[0].split(
        "# ... the three commands above ...\n"
    )
    (work / "before.py").write_text(SCRIPT + before)
    (work / "after.py").write_text(SCRIPT + after)
    script = SCRIPT + "example_inputs = x[:4]\ntrain_set = torch.utils.data.TensorDataset(x, torch.arange(64) % 10)\n"  # fmt: skip
    (work / "script.py").write_text(script + readme_blocks("python")[1].replace("recipe=", 'job="second", key="second.key", recipe='))  # fmt: skip
    lines = [line for line in readme_blocks("bash")[0].splitlines() if not line.startswith("make ")]  # fmt: skip
    steps = ["python before.py", *lines, "python after.py", "rm -rf result", "python script.py"]  # fmt: skip
    (commands / "rm").symlink_to("/bin/rm")
    call = [commands / "bash", "-euc", "\n".join(steps)]
    done = subprocess.run(call, cwd=work, env=alone, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "2, each of which could be a wanted one" in done.stdout
    assert not [n for n in ("cc", "gcc", "g++") if (using / n).exists()]
