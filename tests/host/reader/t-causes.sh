# SPDX-License-Identifier: GPL-2.0-or-later
#
# The table of causes itself.

"$FORKFAIL" causes -P -o number,id,errno,class,kernels,meaning,not,do,confirm,shows,where >"$tmp/causes"
check "numbers, names, sentences" python3 - "$tmp/causes" <<'END'
import re, sys
rows = [dict(re.findall(r'(\w+)="([^"]*)"', l)) for l in open(sys.argv[1])]
ids = [r["ID"] for r in rows]
assert [int(r["NUMBER"]) for r in rows] == list(range(len(rows))), "numbers have holes"
assert len(set(ids)) == len(ids) and ids[0] == "unexplained"
for r in rows:
    assert re.fullmatch(r"[a-z][a-z0-9-]*", r["ID"]), r["ID"]
    assert r["MEANING"] and r["DO"] and r["ERRNO"] and r["KERNELS"], r["ID"]
    assert len(r["MEANING"]) <= 110, (r["ID"], len(r["MEANING"]))
    for k in "MEANING", "NOT", "DO":
        assert not r[k].endswith("."), (r["ID"], k)
        assert not r[k].startswith("not "), (r["ID"], k)
    assert all(re.fullmatch(r"E[A-Z0-9]+|any|none", e) for e in r["ERRNO"].split()), r["ERRNO"]
    assert r["ID"] == "unexplained" or r["CONFIRM"] or r["SHOWS"], r["ID"]
    assert r["CLASS"] in ("limit", "memory", "policy", "request", "transient", "kernel"), r["ID"]
END
# Symbols are the names in capitals.
sed -n 's/^FORKFAIL_CAUSE([0-9]*, \([A-Z0-9_]*\), "\([a-z0-9-]*\)".*/\1 \2/p' \
	"$top/uapi/causes.def" >"$tmp/symbols"
check "a symbol for every cause" test "$(wc -l <"$tmp/symbols")" -eq "$(wc -l <"$tmp/causes")"
check "symbols are names in capitals" awk '{ s = toupper($2); gsub("-", "_", s); if (s != $1) exit 1 }' "$tmp/symbols"

# Advice is tested by typing it: each cause of the classes limit and memory that has a
# command is a case of vm-advice.sh or vm-advice-v1.sh.
for id in $("$FORKFAIL" causes -n -r -o id,class | awk '$2 == "limit" || $2 == "memory" { print $1 }'); do
	"$FORKFAIL" explain "$id" >"$tmp/out"
	grep -qE '^(do|or) ' "$tmp/out" || continue
	check "what $id says is typed in a guest" has "\\(shell\\|started\\|program\\) $id " <(cat "$here"/vm-advice*.sh)
done
