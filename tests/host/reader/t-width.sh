# SPDX-License-Identifier: GPL-2.0-or-later
#
# 80 columns are 80, and the answer stays on 24 lines.

export COLUMNS=80

for dump in "$dumps"/*.txt "$dumps"/hostile/*; do
	for args in "" log explain --utc "log --utc"; do
		# shellcheck disable=SC2086
		"$FORKFAIL" $args -i "$dump" >"$tmp/out" 2>/dev/null
		# Words that are longer than a line stay whole: they are to be copied.
		awk 'length > 80' "$tmp/out" | grep -vE '[^ ]{61}' >"$tmp/wide"
		[ ! -s "$tmp/wide" ] || { not_ok "$args ${dump##*/} fits 80 columns"; head -n 3 "$tmp/wide"; }
	done
done
ok "80 columns"
for args in limits holders causes "explain -l" doctor; do
	# shellcheck disable=SC2086
	"$FORKFAIL" $args >"$tmp/out" 2>/dev/null
	awk 'length > 80' "$tmp/out" >"$tmp/wide"
	check "$args fits 80 columns" test ! -s "$tmp/wide"
done
for dump in "$dumps"/page-[0-9p]*.txt; do
	"$FORKFAIL" -i "$dump" >"$tmp/out"
	check "${dump##*/}: answer and table fit 24 lines ($(wc -l <"$tmp/out"))" \
		test "$(wc -l <"$tmp/out")" -le 24
done
# The last column, which people read, is not cut.
"$FORKFAIL" log -i "$dumps/log-pids.txt" >"$tmp/out"
check "an object is not cut" has 'varnish.service' "$tmp/out"
"$FORKFAIL" log -n -o object -i "$dumps/log-pids.txt" | tr -d '\n ' >"$tmp/out"
check "... none of it" has '/user.slice/user-1000.slice/user@1000.service/app.slice/buildjob.scope' "$tmp/out"
# No word is broken; a path is broken at a slash.
"$FORKFAIL" causes -n -o meaning,not | tr -s ' ' '\n' | sort -u >"$tmp/broken"
(unset COLUMNS; "$FORKFAIL" causes -n -o meaning,not) | tr -s ' ' '\n' | sort -u >"$tmp/whole"
check "no word of causes is broken: $(comm -23 "$tmp/broken" "$tmp/whole" | head -n 3 | tr "\n" " ")" \
	test -z "$(comm -23 "$tmp/broken" "$tmp/whole")"
"$FORKFAIL" log -n -o cause,comm,object,repeat --cause pids-max -i "$dumps/log-pids.txt" >"$tmp/out"
check "a path is broken at a slash" has '^  *app.slice\|^  */' "$tmp/out"
COLUMNS=44 "$FORKFAIL" log -n -o object,repeat --cause pids-max -i "$dumps/log-pids.txt" | sed 's/ *$//' >"$tmp/out"
check "... and nowhere else: $(tr '\n' ' ' <"$tmp/out")" hasnt '^ *[^/ ]' <(grep -v 'job.scope' "$tmp/out")
unset COLUMNS
