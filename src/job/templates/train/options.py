class Parser(argparse.ArgumentParser):
    def error(self, message):
        sys.exit(f"{self.prog}: {message}; --help lists the options")


def keep(words):
    try:
        return Keep(words)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error} is none of all, last=N and best, as in last=2,best") from None


def parse_arguments():
    parser = Parser(description="Trains the augmented model of this folder.")
    add = parser.add_argument
    add("--device", help="cpu, cuda, cuda:1; default: a GPU where there is one")
    add("--out", type=Path, default=Path("result"), help="folder for the results; default: result")
    add("--max-steps", type=int, help="stop after so many batches")
    add("--resume", action="store_true", help="continue what is in --out")
    add(
        "--checkpoint-minutes",
        type=float,
        default=10.0,
        metavar="M",
        help="save every so many minutes, beside each epoch; default: 10",
    )
    add(
        "--keep",
        type=keep,
        default=Keep("all,best"),
        metavar="WHICH",
        help="weights of epochs that stay: all, last=N, best (of each sub-network); default: all,best",
    )
    add(
        "--parallel",
        choices=("rows", "subnetworks"),
        help="under torchrun: each process has a share of the rows (up to rounding), or sub-networks of its own (exact); "
        "default: sub-networks where there are as many as processes",
    )
    add("--one-at-a-time", action="store_true", help="one sub-network after another, with the memory of one (exact)")
    add(
        "--tensorboard",
        type=Path,
        nargs="?",
        const=Path("tensorboard"),
        metavar="FOLDER",
        help="write curves for TensorBoard, by the numbers of the sub-networks; default folder: tensorboard",
    )
    add("--compile", action="store_true", help="torch.compile: equal up to rounding")
    add("--fast", action="store_true", help="non-deterministic kernels, TF32")
    options = parser.parse_args()
    if options.max_steps is not None and options.max_steps < 1:
        parser.error(f"--max-steps: {options.max_steps} is no number of batches; expected 1 or more")
    if not options.checkpoint_minutes >= 0:
        parser.error(f"--checkpoint-minutes: {options.checkpoint_minutes} is no time; expected 0 or more")
    if options.one_at_a_time and options.parallel == "rows":
        parser.error("--one-at-a-time: its processes train sub-networks of their own; leave --parallel rows out")
    return options
