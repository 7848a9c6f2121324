"""Bodies of keys, changed in every way that a hostile one could think of, from a fixed seed."""

import json
import random

NUMBERS = (-1, 0, 1, 2, 255, 2**16, 2**31, 2**32 - 1, 2**40, 2**53, 2**63, 2**64 - 1, 2**64, 1e999, 0.5, -0.0)  # fmt: skip
TEXTS = ("", ".", "..", "../..", "/tmp/x", "a/b", "a\x00b", "\x1b[2J", "x" * 300, "x" * 5000, "é", "../../../etc/passwd", "con", "-", "task", "__metadata__", "subnetworks.0.positions", "subnetworks.99999999999999999999.x", "subnetworks.-1.x", "float32", "data", "0" * 32, "0" * 64, "no\nsuch")  # fmt: skip
OTHERS = (None, True, False, [], {}, [[]], [{}], {"a": 1}, [0] * 1000, [2**63], [[0, 2**64 - 1]], [[5, 1], [0, 1]])  # fmt: skip


def places(value, path=()):
    """The path of every value inside."""
    yield path
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in items:
        yield from places(inner, (*path, key))


def at(body, path):
    for key in path:
        body = body[key]
    return body


def like(draw, old):
    """Something else in the place of `old`: mostly of its kind, so that it gets far."""
    kind = draw.random()
    if kind < 0.15:
        return draw.choice(OTHERS)
    if isinstance(old, bool):
        return not old
    if isinstance(old, (int, float)):
        near = old + draw.choice((-1, 1, 2, 3)) if draw.random() < 0.4 else None
        return near if near is not None else draw.choice(NUMBERS)
    if isinstance(old, str):
        return (
            draw.choice(TEXTS)
            if draw.random() < 0.8
            else old + draw.choice("x0/.\x7f ")
        )
    if isinstance(old, list) and old:
        return draw.choice(([], old * 2, old[1:], old[:-1], old[::-1], [old], [*old, draw.choice(old)]))  # fmt: skip
    return draw.choice((*NUMBERS, *TEXTS, *OTHERS))


def mutate(draw, body, all_places):
    path = draw.choice(all_places)
    if not path:
        return like(draw, body)
    parent = at(body, path[:-1])
    if isinstance(parent, dict) and draw.random() < 0.1:
        del parent[path[-1]]
    elif isinstance(parent, dict) and draw.random() < 0.05:
        parent[draw.choice(TEXTS)] = draw.choice(OTHERS)
    else:
        parent[path[-1]] = like(draw, parent[path[-1]])
    return body


def consistent(draw, body):
    """Sizes that agree with one another, and that no job has."""
    size = draw.choice((2**24, 2**25 - 64, 2**25, 2**31, 2**40, 2**61, 2**63))
    what = draw.choice(("columns", "rows", "task rows", "vocabulary", "links", "many tensors", "many names", "many tasks", "held out", "scattered", "runs", "shared", "all shared"))  # fmt: skip
    tasks = body["tasks"]
    if what == "columns":
        old = tasks[0]["fields"][0]["width"]
        tasks[0]["fields"][0]["width"] = size
        for tensor in body["trained"]:
            if tensor["kind"] == "positions" and tensor["shape"] == [old]:
                tensor["shape"] = [size]
                break
    elif what == "rows":
        body["rows"] = size
    elif what == "task rows":
        for task in tasks:
            task["rows"] = size
    elif what == "held out":
        body["held_out_rows"] = size
    elif what == "vocabulary":
        for task in tasks:
            task["fields"][0]["vocabulary"] = size
        for tensor in body["trained"]:
            tensor["shape"] = [size, *tensor["shape"][1:]]
    elif what == "links":
        body["links"] = size
        for task in tasks:
            task["may_send"] = task["may_receive"] = True
    elif what == "many tensors":
        one = body["trained"][0]
        body["trained"] += [{**one, "name": f"{one['name']}{i}"} for i in range(20000)]
    elif what == "many names":
        body["wanted"][0]["tensors"][0]["names"] = [f"n{i}" for i in range(100000)]
    elif what == "many tasks":
        body["tasks"] = tasks * 3000
    elif what == "shared":  # by tasks whose rows or fields are others
        for task in tasks:
            task["fields"][0]["shared"] = 1
            task["row_order"] = draw.choice(("ab", "ab", "cd", ""))
    elif what == "all shared":
        columns = {**tasks[0]["fields"][0], "width": 2**20, "shared": 1}
        body["tasks"] = [{**tasks[0], "row_order": "ab", "fields": [columns]}] * 1000
    elif what == "scattered":
        for task in tasks:
            task["fields"] = task["fields"][:1] * 400 + task["fields"][1:]
            for columns in task["fields"]:
                columns["scattered"] = True
    else:
        body["trained"][0]["not_finite"] = [[2 * i, 1] for i in range(100000)]
    return body


def nested(draw, text):
    """A value that is nested deeply, in the place of a number."""
    depth = draw.choice((100, 300, 100000))
    return text.replace("1", "[" * depth + "]" * depth, 1)


def bodies(text, count, seed=0):
    """`count` texts, none of which is the good one."""
    draw = random.Random(seed)
    all_places = list(places(json.loads(text)))
    while count > 0:
        body, kind = json.loads(text), draw.random()
        if kind < 0.02:
            changed = nested(draw, text)
        elif kind < 0.05:
            cut = draw.randrange(len(text))
            changed = text[:cut] + draw.choice(("", "\x00", "\ufffd", "{", '"')) + text[cut + 1 :]  # fmt: skip
        else:
            body = consistent(draw, body) if kind < 0.2 else body
            for _ in range(0 if kind < 0.15 else draw.choice((1, 1, 1, 2, 3, 8))):
                if not isinstance(body, dict):
                    break
                try:
                    body = mutate(draw, body, all_places)
                except (LookupError, TypeError):
                    continue  # an earlier change took the place away
            changed = json.dumps(body)
        if changed != text and "\n" not in changed:
            yield changed
            count -= 1
