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
	# its other jobs; Debian's Prometheus is built without kubernetes_sd_configs
	sed 's/^#  /  /' "$contrib/fleet/prometheus.yml" |
		sed '/^ *kubernetes_sd_configs:/,/^ *namespaces:/d' >"$tmp/prometheus.yml"
	status "... with all jobs" 0 "$promtool" check config --syntax-only "$tmp/prometheus.yml"
	check "... which are four" test "$(grep -c 'job_name: ' "$tmp/prometheus.yml")" = 4
else
	skip "alert rules: promtool cannot be had"
fi
amtool=$(tool amtool prometheus-alertmanager)
# route RECEIVER LABEL=VALUE...: where an alert with these labels goes
route() { test "$("$amtool" config routes test --config.file="$contrib/fleet/alertmanager.yml" "${@:2}" 2>/dev/null)" = "$1"; }
if [ -n "$amtool" ]; then
	status "the example for Alertmanager" 0 "$amtool" check-config "$contrib/fleet/alertmanager.yml"
	check "a service at its limit pages" route pages alertname=ForkFailed severity=page scope=cgroup job=forkfail
	check "rules that fail page" route pages alertname=ForkfailRulesFail severity=page job=prometheus
	check "a user at his limit makes a ticket" route tickets alertname=ForkLimitReached severity=ticket scope=user job=forkfail
	check "a build farm pages nobody" route nobody alertname=ForkFailed severity=page scope=cgroup job=forkfail-builders
	check "... nor makes tickets of its limits" route nobody alertname=ForkLimitNearInside severity=ticket job=forkfail-builders
	check "... but for its machines" route pages alertname=ForkFailed severity=page scope=machine job=forkfail-builders
	check "a host that always fails makes tickets" route tickets alertname=ForkFailed severity=page scope=machine job=forkfail instance=build1:10433
else
	skip "routes: amtool cannot be had"
fi

# Causes that the rules name exist, and those whose limit is a process's, user's or cgroup's
# are of the classes that page.
check "the causes that the rules name" python3 - "$contrib/fleet/forkfail.rules.yml" "$top/uapi/causes.def" <<'END'
import re, sys
rules, table = (open(f).read() for f in sys.argv[1:])
classes = {m[1]: m[2] for m in re.finditer(r'^FORKFAIL_CAUSE\(\d+, \w+, "([^"]+)", "[^"]*", (\w+)', table, re.M)}
assert len(classes) > 100
scopes = [c for m in re.findall(r'"scope", "(?:cgroup|user|process)", "cause", "([^"]+)"', rules) for c in m.split("|")]
assert len(scopes) > 10
for c in scopes:
    assert {classes[x] for x in classes if re.fullmatch(c, x)} and \
        {classes[x] for x in classes if re.fullmatch(c, x)} <= {"LIMIT", "MEMORY"}, c
done = [c for m in re.findall(r'eq \$labels.cause((?: "[^"]+")+)', rules) for c in re.findall('"([^"]+)"', m)]
assert len(done) > 5
for c in done:
    assert c in classes or c == "other", c
# what pages because it is not named concerns the whole machine
rest = sorted(x for x in classes if classes[x] == "LIMIT" and not any(re.fullmatch(c, x) for c in scopes))
assert rest == ["pid-exhausted", "pid-exhausted-after-wrap", "pidfd-file-max", "threads-max"], rest
END
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
