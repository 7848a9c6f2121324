class Stopped(Exception):
    """By a signal, after all was saved."""

    def __init__(self, number, done, total, title=""):
        super().__init__(
            f"{title}stopped by {signal.Signals(number).name} after batch {done} of {total}; all is saved: the same command with --resume continues"
        )
        self.status = 128 + number


class Signals:
    """SIGINT, SIGTERM and a lost terminal: training ends after the batch at hand. A second one ends it at once."""

    def __init__(self):
        self.number = 0
        self.before = {}

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", 0)):
                nohup = number and signal.getsignal(number) == signal.SIG_IGN
                if number and not (nohup and number == signal.SIGHUP):
                    self.before[number] = signal.signal(number, self.note)
        return self

    def __exit__(self, *_):
        for number, handler in self.before.items():
            signal.signal(number, handler or signal.SIG_DFL)

    def note(self, number, _frame):
        self.number = number
        for again in self.before:
            signal.signal(again, signal.SIG_DFL)
        with contextlib.suppress(OSError):
            os.write(2, b"\nending after this batch; a second signal ends at once\n")
