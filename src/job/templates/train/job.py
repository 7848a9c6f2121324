FORMAT = 2
# What this file reads of job.json: a type, or a number for whole numbers that are at least as large.
SHARDS = [{"file": str, "rows": 0}]
SCHEDULE = {"kind": str, "arguments": dict}
RECIPE = {
    "optimizer": str,
    "arguments": dict,
    "groups": [{"names": list, "arguments": dict}],
    "no_decay": list,
    "clip_grad_norm": float,
    "accumulate": 1,
    "ema": float,
    "patience": 0,
    "best": {"metric": str, "better": str},
}
MANIFEST = {
    "format": FORMAT,
    "training": {"epochs": 1, "batch_size": 1, "precision": str, "seed": 0},
    "subnetworks": [{"recipe": {**RECIPE, "schedule": SCHEDULE}}],
    "shards": {"train": SHARDS, "valid": SHARDS},
    "digest_piece": 1,
    "files": {"*": {"bytes": 0, "blake2b": list}},
}


def faults(value, schema, where):
    """A line for each place where a JSON value is not as the schema says."""
    kind = schema if isinstance(schema, type) else type(schema)
    good = isinstance(value, (int, float) if kind is float else kind) and not isinstance(value, bool)
    if not good or (kind is int and value < schema):
        yield f"{where}: found {str(value)[:40]!r}, expected {kind.__name__}{f' >= {schema}' if kind is int else ''}"
    elif isinstance(schema, list):
        for number, entry in enumerate(value):
            yield from faults(entry, schema[0], f"{where}[{number}]")
    elif isinstance(schema, dict):
        for name, inner in ({n: schema["*"] for n in value} if "*" in schema else schema).items():
            if name in value:
                yield from faults(value[name], inner, f"{where}: {name}")
            else:
                yield f"{where}: {name}: is missing"


class Job:
    """job.json, and the files that it lists."""

    def __init__(self, folder):
        self.folder = folder
        try:
            content = (folder / "job.json").read_bytes()
            self.manifest = json.loads(content)
        except FileNotFoundError:
            sys.exit("job.json: is missing; copy the whole folder again")
        except (OSError, ValueError, RecursionError) as error:
            sys.exit(f"job.json: is damaged ({one_line(error)}); copy it again")
        self.digest = blake2b(content)
        form = self.manifest.get("format") if type(self.manifest) is dict else None
        if form is not None and form != FORMAT:
            sys.exit(
                f"job.json: is of format {form}, and this train.py reads format {FORMAT}; take the job's own train.py"
            )
        stop_on(f"{line}; copy it again" for line in faults(self.manifest, MANIFEST, "job.json"))
        self.metadata = {"format": "pt", "job": self.digest}

    def check_files(self):
        """Damage on the way here must not be trained on. What people may change (a notebook that was run) is left out."""
        shards = self.manifest["shards"]
        names = ["train.py", "model.py", "weights.safetensors"]
        names += [shard["file"] for shard in shards["train"] + shards["valid"]]
        files = self.manifest["files"]
        stop_on(f"job.json: lacks {n!r}; copy it again" for n in names if n not in files)
        total = sum(files[name]["bytes"] for name in names)
        with tqdm(total=total, unit="B", unit_scale=True, desc="checking", leave=False, disable=None) as bar:
            findings = []
            for name in names:
                findings += self._damage(name, files[name])
                bar.update(files[name]["bytes"])
        stop_on(findings)

    def _damage(self, name, entry):
        path, piece = self.folder / name, self.manifest["digest_piece"]
        try:
            if path.stat().st_size == entry["bytes"] and file_digests(path, piece) == entry["blake2b"]:
                return []
        except FileNotFoundError:
            return [f"{name}: is missing; copy the whole folder again"]
        except OSError as error:
            return [f"{name}: cannot be read: {one_line(error)}"]
        return [f"{name}: is damaged or changed; copy it again"]


def file_digests(path, piece):
    """BLAKE2b of the file's consecutive pieces, in as many threads as there are cores."""

    def digest(offset):
        with open(path, "rb") as file:
            file.seek(offset)
            return blake2b(file.read(piece))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(digest, range(0, path.stat().st_size, piece)))
