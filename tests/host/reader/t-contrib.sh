# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is in contrib/, as far as it runs on the host; forkfail.bt runs in
# vm-contrib.sh.

contrib=$top/contrib
promtool=$(tool promtool prometheus)
if [ -n "$promtool" ]; then
	status "alert rules" 0 "$promtool" check rules "$contrib/forkfail.rules.yml"
	status "alerts fire when they should" 0 "$promtool" test rules "$contrib/forkfail.rules.test.yml"
	[ ! -s "$tmp/err" ] || cat "$tmp/err"
else
	skip "alert rules: promtool cannot be had"
fi

# The metrics that the rules ask for exist.
grep -oE 'forkfail_[a-z_]+' "$contrib/forkfail.rules.yml" | grep -v '_log$' | sort -u >"$tmp/names"
while read -r m; do
	check "$m" test -n "$("$FORKFAIL" metrics -i "$dumps/page-pids.txt" | grep "^$m")"
done <"$tmp/names"

# The service's command, with a directory of our own.
mkdir -p "$tmp/textfile" "$tmp/bin"
ln -sf "$FORKFAIL" "$tmp/bin/forkfail"
command=$(sed -n "s/^ExecStart=.bin.sh -c '\(.*\)'/\1/p" "$contrib/forkfail-metrics.service" | sed 's/\$\$/$/g')
TEXTFILE_DIR=$tmp/textfile PATH=$tmp/bin:$PATH sh -c "$command" 2>/dev/null
status=$?
[ -e /proc/forkfail ] && want=0 || want=3
check "the service's command" test "$status" -eq "$want"
check "... leaves one file" test "$(ls "$tmp/textfile")" = forkfail.prom
check "... with metrics in it" has '^forkfail_up' "$tmp/textfile/forkfail.prom"
if command -v systemd-analyze >/dev/null; then
	cp "$contrib"/forkfail-metrics.* "$tmp/textfile/"
	systemd-analyze verify "$tmp/textfile/forkfail-metrics.timer" >"$tmp/out" 2>&1
	check "systemd-analyze verify" hasnt 'forkfail-metrics.*\(Unknown\|Failed\|Invalid\|ignoring\)' "$tmp/out"
else
	skip "systemd-analyze is not here"
fi

# The rule of the node problem detector matches what the module logs.
check "node problem detector" python3 - "$contrib/node-problem-detector.json" <<'END'
import json, re, sys
conf = json.load(open(sys.argv[1]))
rules = {r["reason"]: r["pattern"] for r in conf["rules"]}
assert conf["plugin"] == "kmsg" and conf["source"]
for r in conf["rules"]:
    assert r["type"] in ("temporary", "permanent")
    if r["type"] == "permanent":
        assert r["condition"] in [c["type"] for c in conf["conditions"]]
line = 'forkfail: pids-max errno=EAGAIN count=12 limit=4 in_use=4 object="/a \\x22b"; see /proc/forkfail'
odd = "forkfail: unexplained errno=EIO count=1; see /proc/forkfail"
assert re.search(rules["ForkFailed"], line) and re.search(rules["ForkFailed"], odd)
assert re.search(rules["ForkFailureUnexplained"], odd)
assert not re.search(rules["ForkFailureUnexplained"], line)
assert not re.search(rules["ForkFailed"], "forkfail: loaded, 21/21 points armed")
END
