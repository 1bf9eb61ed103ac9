# SPDX-License-Identifier: GPL-2.0-or-later
#
# The files in contrib/, as far as they run on the host; forkfail.bt runs in
# vm-contrib.sh.

contrib=$top/contrib
promtool=$(tool promtool prometheus)
if [ -n "$promtool" ]; then
	status "alert rules" 0 "$promtool" check rules "$contrib/fleet/forkfail.rules.yml"
	status "alerts fire when they should" 0 "$promtool" test rules "$contrib/fleet/forkfail.rules.test.yml"
	[ ! -s "$tmp/err" ] || cat "$tmp/err"
	status "the example for Prometheus" 0 "$promtool" check config "$contrib/fleet/prometheus.yml"
else
	skip "alert rules: promtool cannot be had"
fi
sed -n 's/^ *- \(record\|alert\): //p' "$contrib/fleet/forkfail.rules.yml" >"$tmp/rules"
while read -r rule; do
	check "rule $rule has a test" grep -q "\(alertname\(:\|=\"\)\|expr:\).*$rule" "$contrib/fleet/forkfail.rules.test.yml"
done <"$tmp/rules"
# shellcheck disable=SC2016	# of systemd
if command -v systemd-analyze >/dev/null; then
	mkdir -p "$tmp/units"
	cp "$contrib"/agent/*.service "$contrib"/agent/*.socket "$tmp/units/"
	systemd-analyze verify "$tmp"/units/* >"$tmp/out" 2>&1
	check "systemd-analyze verify" hasnt 'forkfail-agent.*\(Unknown\|Failed to\|Invalid\|ignoring\)' "$tmp/out"
else
	skip "systemd-analyze is not here"
fi

# The unit has no setting that hides failures from the agent or lets it start a program.
for line in ProtectKernelLogs=no PrivateUsers=no ProcSubset=all CapabilityBoundingSet=CAP_SYSLOG LimitMEMLOCK=16M LogRateLimitIntervalSec=1s LogRateLimitBurst=10000 \
	OOMScoreAdjust=-900 DynamicUser=yes RuntimeDirectoryPreserve=yes \
	'SystemCallFilter=~fork vfork clone clone3'; do
	check "unit: $line" grep -qx "$line" "$contrib/agent/forkfail-agent.service"
done

check "unit: no watchdog, which would kill the agent in an incident" hasnt Watchdog "$contrib/agent/forkfail-agent.service"

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
line = 'forkfail: pids-max errno=EAGAIN count=12 limit=4 in_use=4 object="/a \\x22b" comm="a" pid=7; see /proc/forkfail'
odd = "forkfail: unexplained errno=EIO count=1 comm=\"a\" pid=7; see /proc/forkfail"
assert re.search(rules["ForkFailed"], line) and re.search(rules["ForkFailed"], odd)
assert re.search(rules["ForkFailureUnexplained"], odd)
assert not re.search(rules["ForkFailureUnexplained"], line)
assert not re.search(rules["ForkFailed"], "forkfail: loaded, 21/21 points armed")
END
