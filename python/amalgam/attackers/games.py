"""Measures every stream of the surrogate games and of the job, in several processes."""

from __future__ import annotations

import concurrent.futures
import json
import multiprocessing
from collections.abc import Callable
from typing import Any

import torch

from .. import _core
from .attacker import Attacker
from .attribution import Attribution
from .classifier import RowClassifier
from .leakage import Leakage
from .learnability import Generalisation, LossCurve
from .reference import fit
from .stream import Stream
from .weights import Weights

FARTHEST = 1e6  # no statistic is larger
Measured = list[list[list[float]]]  # by attacker, stream, statistic


def attackers_for(streams: Any, request: dict[str, Any]) -> list[Attacker]:
    """Those that apply, with the classifier taught on games that are not scored."""
    lessons = []
    for number in range(request["games"], request["games"] + request["lessons"]):
        given, wanted = streams.lesson(number)
        lessons.append(([Stream.of(stream, request["image"]) for stream in given], wanted))  # fmt: skip
    everyone: list[Attacker] = [LossCurve(), Generalisation(), Weights(), Leakage(), Attribution(), RowClassifier(lessons)]  # fmt: skip
    kind = lessons[0][0][0].kind
    return [attacker for attacker in everyone if attacker.applies(kind)]


def finite(value: float) -> float:
    return max(-FARTHEST, min(FARTHEST, value)) if value == value else 0.0


def measure(
    attackers: list[Attacker], given: list[dict[str, Any]], image: list[int]
) -> Measured:
    fitted = [fit(Stream.of(stream, image)) for stream in given]
    return [[[finite(v) for v in attacker.measure(one)] for one in fitted] for attacker in attackers]  # fmt: skip


class Worker:
    """What a process keeps between games."""

    streams: Any
    attackers: list[Attacker]
    image: list[int]


def set_up(request: dict[str, Any], attackers: list[Attacker]) -> None:
    torch.set_num_threads(1)
    Worker.streams = _core.AuditStreams(json.dumps(request))
    Worker.attackers, Worker.image = attackers, request["image"]


def play(number: int) -> tuple[int, Measured]:
    return number, measure(Worker.attackers, Worker.streams.game(number), Worker.image)


def play_all(request: dict[str, Any], progress: Callable[[int, int], None]) -> dict[str, Any]:  # fmt: skip
    """{"attackers": facts of each, "games": what each measured in each game, "job": and in the job}."""
    count = request["games"]
    progress(0, count + 1)
    streams = _core.AuditStreams(json.dumps(request))
    torch.set_num_threads(request["threads"])
    attackers = attackers_for(streams, request)
    torch.set_num_threads(1)
    job = measure(attackers, streams.job(), request["image"])
    games: list[Measured] = [[] for _ in range(count)]
    with concurrent.futures.ProcessPoolExecutor(
        request["threads"],
        multiprocessing.get_context("spawn"),
        set_up,
        (request, attackers),
    ) as pool:
        playing = [pool.submit(play, number) for number in range(count)]
        for done, future in enumerate(concurrent.futures.as_completed(playing)):
            number, games[number] = future.result()
            progress(done + 1, count + 1)
    facts = [
        {"name": a.name, "sees": a.sees, "statistics": a.statistics, "naive": a.naive}
        for a in attackers
    ]
    return {"attackers": facts, "games": games, "job": job}
