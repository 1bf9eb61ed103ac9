# SPDX-License-Identifier: GPL-2.0-or-later
#
# metrics: as promtool and as a strict OpenMetrics parser see them.

page=$dumps/page-pids.txt
promtool=$(tool promtool prometheus)

for dump in "$dumps"/*.txt "$dumps"/hostile/*; do
	"$FORKFAIL" metrics -i "$dump" >"$tmp/prom" 2>/dev/null
	"$FORKFAIL" metrics --openmetrics -i "$dump" >"$tmp/om" 2>/dev/null
	if [ ! -s "$tmp/prom" ]; then
		ok "${dump##*/}: nothing"
		continue
	fi
	if [ -n "$promtool" ]; then
		"$promtool" check metrics <"$tmp/prom" >"$tmp/out" 2>&1 && [ ! -s "$tmp/out" ]
		check "${dump##*/}: promtool $(head -n 1 "$tmp/out")" test $? -eq 0
	fi
	check "${dump##*/}: the same numbers in both formats" \
		cmp -s <(grep -v '^#' "$tmp/prom") <(grep -v '^#' "$tmp/om")
	check "${dump##*/}: OpenMetrics ends" test "$(tail -n 1 "$tmp/om")" = '# EOF'
	check "${dump##*/}: OpenMetrics" python3 - "$tmp/om" <<'END'
import re, sys
types, samples = {}, set()
text = open(sys.argv[1]).read()
assert text.endswith("# EOF\n") and text.count("# EOF") == 1
for line in text.splitlines()[:-1]:
    if m := re.fullmatch(r"# (HELP|TYPE) ([a-z_]+) (.+)", line):
        assert not m[2].endswith("_total"), line
        if m[1] == "TYPE":
            assert m[2] not in types, line
            types[m[2]] = family = m[3]
            name = m[2]
        continue
    m = re.fullmatch(r'([a-z_]+)(\{[a-z]+="(?:[^"\\]|\\.)*"(?:,[a-z]+="(?:[^"\\]|\\.)*")*\})? (\d+)', line)
    assert m, line
    assert m[1] == (name + "_total" if types[name] == "counter" else name), line
    assert (m[1], m[2]) not in samples, line
    samples.add((m[1], m[2]))
END
done
[ -n "$promtool" ] || skip "promtool cannot be had"

value()
{
	"$FORKFAIL" metrics -i "$1" 2>/dev/null | sed -n "s/^$2 //p"
}

check "rows of a cause are added up" test "$(value "$page" 'forkfail_failures_total{cause="pids-max"}')" = 1205
check "a cause that did not occur is 0" test "$(value "$page" 'forkfail_failures_total{cause="threads-max"}')" = 0
check "restarts" test "$(value "$page" forkfail_restarts_total)" = 12
sed '1s/$/ noroom 12 load 7b/' "$page" >"$tmp/noroom"
check "failures without room" test "$(value "$tmp/noroom" forkfail_noroom_total)" = 12
check "... which are not on an old page" test -z "$(value "$page" forkfail_noroom_total)"
check "not blind" test "$(value "$page" forkfail_blind)" = 0
check "blind" test "$(value "$dumps/page-blind.txt" forkfail_blind)" = 1
sed '1s/ kernel [^ ]*/ kernel 6.1"a\\b/' "$page" >"$tmp/quoted"
check "a quote in the kernel's name is escaped" \
	test "$("$FORKFAIL" metrics -i "$tmp/quoted" | grep -c '^forkfail_info{kernel="6.1\\"a\\\\b",format="1"} 1$')" = 1
check "points" test "$(value "$dumps/page-blind.txt" forkfail_points_armed)" = 19
check "a cause of a newer module" test "$(value "$dumps/hostile/newer" 'forkfail_failures_total{cause="moon-full"}')" = 3
status "a log has no counts" 3 "$FORKFAIL" metrics -i "$dumps/log-pids.txt"
status "no module" 3 "$FORKFAIL" metrics -s "$tmp/none"
check "... is reported as forkfail_up 0" has '^forkfail_up 0' "$tmp/out"
