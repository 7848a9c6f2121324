"""A job's train.py that waits for a signal after a batch, so that it can be stopped there.

python paused.py JOB/train.py [options], with in the environment PAUSE: a folder where each process leaves its number and
its parent's, in a file with its rank as name.
"""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from command_lines import import_from

BATCH = 7


def main():
    del sys.argv[0]
    trainer = import_from(sys.argv[0], "job_trainer")
    pause = trainer.Trainer.pause

    def wait(self):
        if self.done == BATCH:
            place = Path(os.environ["PAUSE"], str(self.placement.rank))
            place.with_suffix(".new").write_text(f"{os.getpid()} {os.getppid()}")
            place.with_suffix(".new").rename(place)
            latest = time.monotonic() + 120
            while not self.signals.number and time.monotonic() < latest:
                time.sleep(0.01)
        pause(self)

    trainer.Trainer.pause = wait
    trainer.main()


main()
