#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""json-check.py - check the JSON in files.

Each line of stdin names one, between tabs: WHAT ARRAY NUMBER,... FILE. It must be one object with
the schema's number first and one array called ARRAY last, all rows with the same keys,
lower-case, and numbers (or null) and nothing else under each NUMBER.  With "page", what the
module says of itself has its types.  Prints a line for each: "ok" or "not ok", WHAT, and how many
rows, or what is wrong."""
import json
import sys


def unique(pairs):
    keys = [k for k, _ in pairs]
    assert len(keys) == len(set(keys)), f"twice the same key: {keys}"
    return dict(pairs)


def check(array, numbers, file):
    data = json.load(file, object_pairs_hook=unique)
    assert list(data)[0] == "schema" and data["schema"] == 1, f"keys are {list(data)}"
    assert list(data)[-1] == array, f"keys are {list(data)}"
    page = data.get("page", {})
    for key, value in page.items():
        number = key in ("format", "points", "points_armed", "missed", "lost", "unexplained",
                         "restarts", "loaded_seconds", "internal", "noroom")
        assert number == (type(value) is int) or not number, f"{key}: {value!r}"
    answer = data.get("answer")
    if answer:
        assert answer["what"] and answer["event"]["time"] and type(answer["event"]["seq"]) is int
        assert answer["event"]["cause"] == answer["cause"]
    rows = data[array]
    assert isinstance(rows, list)
    for row in rows:
        assert list(row) == list(rows[0]), "rows differ in their keys"
        for key, value in row.items():
            assert key == key.lower(), key
            if key in numbers:
                assert value is None or type(value) is int, f"{key}: {value!r}"
            else:
                assert value is None or isinstance(value, str), f"{key}: {value!r}"
    return len(rows)


for line in sys.stdin:
    what, array, numbers, name = line.rstrip("\n").split("\t")
    try:
        with open(name, encoding="utf-8") as file:
            print(f"ok\t{what}: {check(array, numbers.split(','), file)} rows")
    except (AssertionError, KeyError, IndexError, ValueError) as why:
        print(f"not ok\t{what}: {why!r}")
