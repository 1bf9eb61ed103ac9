#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""json-check.py ARRAY NUMBER,... - read stdin as JSON: one object with one array
called ARRAY, all rows with the same keys, lower-case, and numbers (or null) and
nothing else under each NUMBER."""
import json
import sys


def unique(pairs):
    keys = [k for k, _ in pairs]
    assert len(keys) == len(set(keys)), f"twice the same key: {keys}"
    return dict(pairs)


array, numbers = sys.argv[1], [n for n in sys.argv[2].split(",") if n]
data = json.load(sys.stdin, object_pairs_hook=unique)
assert list(data) == [array], f"keys are {list(data)}"
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
print(len(rows))
