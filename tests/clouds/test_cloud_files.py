"""examples/clouds and docs/clouds.md as they stand: shells and YAML are well-formed, and agree with train.py, their clouds and each other."""

import re
import shutil
import subprocess

import pytest
import yaml
from conftest import ROOT
from sandbox import CLOUDS

DOCS = (ROOT / "docs" / "clouds.md").read_text()
OPTIONS = (ROOT / "src" / "job" / "templates" / "train" / "options.py").read_text()
COMMANDS = [line for block in re.findall(r"^```bash\n(.*?)^```", DOCS, re.S | re.M) for line in block.splitlines()]  # fmt: skip
FILES = sorted(p for p in CLOUDS.rglob("*") if p.is_file())

# https://docs.skypilot.co/en/latest/reference/yaml-spec.html
TASK = "name workdir num_nodes resources envs secrets file_mounts setup run config"
RESOURCES = (
    "infra accelerators accelerator_args cpus memory instance_type use_spot disk_size disk_tier network_tier "
    "max_hourly_cost image_id ports labels autostop any_of ordered job_recovery"
)
MOUNT = "name source store persistent mode config"


def documents(name):
    with open(CLOUDS / name) as file:
        return list(yaml.safe_load_all(file))


def train_job():
    (job,) = documents("kubernetes/train.yaml")
    return job, job["spec"]["template"]["spec"]


def shells():
    """Every piece of shell, by name."""
    found = {p.name: p.read_text() for p in FILES if p.suffix == ".sbatch"}
    (task,) = documents("sky.yaml")
    found["sky.yaml"] = f"#!/bin/bash\n{task['setup']}{task['run']}"
    (container,) = train_job()[1]["containers"]
    found["train.yaml"] = f"#!/bin/bash\n{container['args'][0]}"
    found["docs"] = "#!/bin/bash\n" + "\n".join(COMMANDS) + "\n"
    return found


@pytest.mark.parametrize("name", shells())
def test_shells(name, tmp_path):
    path = tmp_path / "script"
    path.write_text(shells()[name])
    subprocess.run(["bash", "-n", path], check=True)
    if shutil.which("shellcheck"):
        checked = subprocess.run(["shellcheck", "-S", "warning", path], capture_output=True, text=True)  # fmt: skip
        assert checked.returncode == 0, checked.stdout


def test_options_of_train_py():
    """Each that is named is one; each of the scripts resumes, and none trains on a CPU by mistake."""
    there = set(re.findall(r'"(--[a-z-]+)"', OPTIONS))
    trains = 0
    for name, text in shells().items():
        calls = re.findall(r'train\.py"? (--.*)', re.sub(r"\\\n", " ", text))
        trains += len(calls)
        for call in calls:
            assert set(re.findall(r"--[a-z-]+", call)) <= there, name
            assert "--device cuda" in call and call.endswith(
                ("$resume", '$resume "$@"')
            ), name
    assert trains == 5
    assert set(re.findall(r"`(--(?:keep|checkpoint-minutes|resume|device))\b", DOCS)) <= there  # fmt: skip


def test_the_key_stays_at_home():
    for line in COMMANDS:
        assert ".key" not in line or line.startswith("amalgam extract --key"), line
    for path in FILES:
        assert not re.search(r"\.key|extract|--key", path.read_text()), path
    (task,) = documents("sky.yaml")
    assert task["workdir"] == "job"
    assert not [m for m in task["file_mounts"].values() if "source" in m]
    sent = [line.split() for line in COMMANDS if line.startswith(("rsync -a job", "kubectl cp job"))]  # fmt: skip
    assert [words[2:-1] for words in sent] == [["job", "train.sbatch"], ["job"]]


def test_slurm():
    """The signal goes to the steps, with time to save; what is queued again goes on in the same log."""
    for name in ("train.sbatch", "nodes.sbatch"):
        text = (CLOUDS / name).read_text()
        lines = text.splitlines()
        asked = dict(re.findall(r"^#SBATCH --([a-z-]+)=?(\S*)$", text, re.M))
        assert len(asked) == text.count("#SBATCH")
        signal, seconds = asked["signal"].split("@")
        assert signal == "TERM" and int(seconds) >= 60
        assert "requeue" in asked and asked["open-mode"] == "append"
        last = max(i for i, line in enumerate(lines) if line.startswith("#SBATCH"))
        assert all(line.startswith("#") for line in lines[: last + 1])
        waits = re.search(r"SHUTDOWN_TIMEOUT=(\d+)", text)
        assert not waits or int(waits[1]) < int(seconds)


def test_skypilot():
    (task,) = documents("sky.yaml")
    assert task.keys() <= set(TASK.split())
    assert task["resources"].keys() <= set(RESOURCES.split())
    (place,), (mount,) = task["file_mounts"].keys(), task["file_mounts"].values()
    assert mount.keys() <= set(MOUNT.split()) and mount["mode"] == "MOUNT_CACHED"
    assert task["envs"]["OUT"] == place and mount["name"] in DOCS
    assert all(isinstance(value, str) for value in task["envs"].values())
    assert task["resources"]["use_spot"] is True


def mounted(pod, claim):
    """The folder of a pod's container where that claim's disk is."""
    volumes = {v["name"]: v["persistentVolumeClaim"]["claimName"] for v in pod["volumes"]}  # fmt: skip
    (container,) = pod["containers"]
    places = {m["name"]: m["mountPath"] for m in container["volumeMounts"]}
    assert volumes.keys() == places.keys() and set(volumes.values()) == {claim}
    return next(iter(places.values()))


def test_kubernetes():
    claim, files = documents("kubernetes/files.yaml")
    job, pod = train_job()
    assert (claim["apiVersion"], claim["kind"]) == ("v1", "PersistentVolumeClaim")
    assert (files["apiVersion"], files["kind"]) == ("v1", "Pod")
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    (container,) = pod["containers"]
    name = claim["metadata"]["name"]
    place = mounted(pod, name)
    assert mounted(files["spec"], name) == place == container["workingDir"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert pod["restartPolicy"] == "Never"  # as podFailurePolicy asks
    assert pod["terminationGracePeriodSeconds"] > 30  # what there is without it
    script = container["args"][0]
    assert "sleep" not in script and script.splitlines()[-1].startswith("exec python ")
    disrupted, failed = job["spec"]["podFailurePolicy"]["rules"]
    assert disrupted == {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}  # fmt: skip
    assert failed["action"] == "FailJob"
    assert failed["onExitCodes"] == {"containerName": container["name"], "operator": "In", "values": [1]}  # fmt: skip
    said = "\n".join(COMMANDS)
    assert f"pod/{files['metadata']['name']}" in said and f"job/{job['metadata']['name']}" in said  # fmt: skip
    assert f"kubectl cp job {files['metadata']['name']}:{place}/job" in said


def test_the_page_names_each_file():
    for path in FILES:
        assert f"(../examples/clouds/{path.relative_to(CLOUDS)})" in DOCS, path
    for name in re.findall(r"\]\((?:\.\./)([^)#]+)\)", DOCS):
        assert (ROOT / name).exists(), name
    for page in ("README.md", "mkdocs.yml", "examples/README.md"):
        assert "clouds" in (ROOT / page).read_text(), page
