class Events:
    """Curves for TensorBoard, where it is installed: of each sub-network, by its number, in a folder of its own."""

    NAMED = ("split", "epoch", "step", "sub-network")

    def __init__(self, folder):
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            sys.exit(f"--tensorboard: cannot be imported ({one_line(error)}): pip install tensorboard, or leave it out")
        self.make, self.folder, self.writers = SummaryWriter, folder, {}

    def add(self, lines):
        """Lines of metrics.jsonl, behind what came before; those that come again after a resume take its place."""
        for line in lines:
            number, step = line["sub-network"], line["step"]
            if number not in self.writers:
                folder = self.folder / f"sub-network-{number}"
                self.writers[number] = self.make(str(folder), purge_step=step)
            for name in line.keys() - self.NAMED:
                if line[name] is not None:
                    self.writers[number].add_scalar(f"{name}/{line['split']}", line[name], step)
        for writer in self.writers.values():
            writer.flush()
