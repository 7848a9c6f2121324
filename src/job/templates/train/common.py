DIGEST_BYTES = 32


def blake2b(content):
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).hexdigest()


def say(text):
    """A line for people. A terminal that is gone or a full disk behind it must not end the training."""
    try:
        print(text, flush=True)
    except OSError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115


def warn(text):
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)
