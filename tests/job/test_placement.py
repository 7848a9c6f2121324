"""Which sub-network runs where, and on which rows."""

import pytest
import torch
from conftest import import_from, load_network
from trainer_runs import small_job


@pytest.fixture(scope="module")
def job(tmp_path_factory):
    return small_job(tmp_path_factory.mktemp("job"))


@pytest.fixture
def trainer(job):
    return import_from(job / "train.py", "job_trainer")


def one_of(trainer, monkeypatch, processes, number):
    """The placement of one of several processes, which never talk here."""
    monkeypatch.setenv("WORLD_SIZE", str(processes))
    monkeypatch.setenv("RANK", str(number))
    monkeypatch.setattr(trainer.dist, "init_process_group", lambda *_, **__: None)
    monkeypatch.setattr(trainer.dist, "new_group", lambda *_, **__: None)
    return trainer.Placement("cpu", compiled=False)


def test_one_process_talks_to_nobody(trainer, monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    monkeypatch.setattr(trainer, "dist", None)
    placement = trainer.Placement("cpu", compiled=False)
    rows, state = torch.arange(7), torch.zeros(3)
    assert placement.first and placement.fewest_rows == 2
    assert placement.share(rows).data_ptr() == rows.data_ptr()  # nothing is copied
    assert len(placement.share(rows)) == 7
    assert tuple(placement.agree(15, 0)) == (15, 0)
    assert placement.broadcast(True) is True
    assert placement.gather(state)[0] is state
    placement.barrier()
    placement.wrap([], lambda: pytest.fail("a batch is read for nothing"))
    placement.leave(0)


def test_each_row_of_a_batch_is_read_by_one_process(trainer, job, monkeypatch):
    """In the epoch's order; a batch that would leave a process a single row is none."""
    size, order = 8, torch.randperm(40, generator=torch.Generator().manual_seed(3))
    manifest = trainer.Job(job).manifest
    training = {**manifest["training"], "batch_size": size}
    rows = trainer.Rows(manifest["shards"]["train"])
    cpu = torch.device("cpu")
    for processes, batches in ((1, 5), (3, 5), (4, 5), (5, 0)):
        found = []
        for number in range(processes):
            placement = one_of(trainer, monkeypatch, processes, number)
            share = trainer.Batches(rows, training, placement)
            assert len(share) == batches
            if batches:
                found.append(share.read(order, 1, {cpu})[cpu])
        if found:
            whole = rows.pick(order[size : 2 * size], cpu)
            assert all(len(next(iter(part.values()))) >= 2 for part in found)
            for name in whole:
                parts = torch.cat([part[name] for part in found])
                assert torch.equal(parts, whole[name])


def test_learners_are_where_they_are_placed(trainer, job):
    """A placement that spreads sub-networks over devices is a device_of() of its own, and the trainer follows it."""

    class Spread(trainer.Placement):
        def device_of(self, index):
            return torch.device("meta") if index else self.device

    placement = Spread("cpu", compiled=False)
    network = placement.place(load_network(job))
    options = trainer.argparse.Namespace(out=job, compile=False, fast=False, tensorboard=None)  # fmt: skip
    run = trainer.Trainer(trainer.Job(job), network, options, placement)
    for learner, kind in zip(run.learners, ("cpu", "meta"), strict=True):
        assert {p.device.type for p in learner.module.parameters()} == {kind}
        assert learner.loss_sum.device.type == kind
    assert run.devices == {torch.device("cpu"), torch.device("meta")}
