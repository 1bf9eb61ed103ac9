# SPDX-License-Identifier: GPL-2.0-or-later
#
# log -f on a file that changes as the module's would, except that a regular file is always
# ready for poll(); vm-storm.sh and vm-reload.sh use the module's own.

root=$tmp/follow
mkdir -p "$root/proc"
head="forkfail 1 kernel 6.12.107 loaded 1m ago points 21/21 missed 0 unexplained 0 restarts 0 lost 0"

# log LINE... - replace the content of the log, in one write
log()
{
	printf '%s\n' "$head" "$@" >"$root/new"
	# in one write, so that log -f never sees half of it
	dd if="$root/new" of="$root/proc/forkfail_log" bs=1M status=none
}

# event SEQ [REPEAT]
event()
{
	printf '2026-11-21T08:27:%02d.000000Z seq=%d cause=pids-max errno=EAGAIN kind=process pid=%d comm="sh" uid=0' \
		$(($1 % 60)) "$1" "$1"
	[ -z "${2-}" ] || printf ' repeat=%d last=2026-11-21T08:28:00.000000Z' "$2"
}

# seen TEXT [TIMES] - wait until it is printed
seen()
{
	local i
	for ((i = 0; i < 300; i++)); do
		[ "$(cat "$tmp/follow.out" "$tmp/follow.err" | grep -ce "$1")" -lt "${2-1}" ] || return 0
		sleep .1
	done
	return 1
}

: >"$tmp/follow.out" 2>"$tmp/follow.err"
log "$(event 1)" "$(event 2)"
"$FORKFAIL" log -f -s "$root" -o SEQ,REPEAT >"$tmp/follow.out" 2>"$tmp/follow.err" &
follower=$!
check "first the events that were in the log" seen '^ *2'
log "$(event 1)" "$(event 2)" "$(event 3)"
check "a new event is printed" seen '^ *3'
log "$(event 2)" "$(event 3 10)"
check "an event whose count has grown is printed again" seen '^ *3 *10'
log "$(event 3 99999)"
check "... and once more" seen '^ *3 *99999'
log "$(event 8)" "$(event 9)"
check "a gap of four events is reported" seen '4 events were overwritten .*(seq 4 to 7)'
log "$(event 11)"
check "a gap of one event is reported" seen 'event 10 was overwritten'
log "$(event 1)"
check "a module that was loaded again is reported" seen 'numbers start again'
log "$(event 1)" "$(event 2)"
check "... and its next event is printed" seen '^ *2 ' 2
: >"$root/proc/forkfail_log"
sleep 1
log "$(event 1)" "$(event 2)" "$(event 3)"
check "... and the next one, after a log without a line" seen '^ *3 *$' 2
load="$head load 0f"
head="$head load 7b" log "$(event 4)"
seen '^ *4'
head=$load log "$(event 6)"
seen '^ *6'
check "... also if its numbers are higher" test \
	"$(grep -c 'numbers start again at 1' "$tmp/follow.err")" -eq 2
check "... and that five of its events were not read" has '5 events were overwritten .*(seq 1 to 5)' \
	"$tmp/follow.err"
check "no event of the new module is missed" test \
	"$(sed -n '/^ *11/,$p' "$tmp/follow.out" | awk 'NR > 1 { printf "%s ", $1 }')" = "1 2 3 4 6 "
check "nothing is printed twice" test "$(sort "$tmp/follow.out" | uniq -d | grep -cv '^ *[1-6] *$')" -eq 0
check "the headings are printed once" test "$(grep -c SEQ "$tmp/follow.out")" -eq 1
check "it is still running" kill -0 $follower
kill $follower
wait $follower 2>/dev/null

log "$(event 1)" "$(event 2)" "$(event 3)"
: >"$tmp/follow.out"
"$FORKFAIL" log -f -n 1 -J -s "$root" -o SEQ >"$tmp/follow.out" &
follower=$!
seen '"seq": *3'
log "$(event 2)" "$(event 3)" "$(event 4)"
seen '"seq": *4'
kill $follower
wait $follower 2>/dev/null
check "JSON Lines: every line is an event" python3 - "$tmp/follow.out" <<'END'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
assert [r["seq"] for r in rows] == [3, 4], rows
END
# It ends when nobody reads its output any more, even if there is no new event.
start=$(date +%s)
timeout 20 "$FORKFAIL" log -f -s "$root" | head -n 1 >/dev/null
check "it ends when nobody reads the pipe any more" test $(($(date +%s) - start)) -lt 10
status "log -f without a module" 3 "$FORKFAIL" log -f -s "$tmp/none"

# Who sees only their own events has numbers with gaps.
if unshare -rm mount --bind "$root/proc" /proc 2>/dev/null; then
	log "$(event 1)" "$(event 2)"
	# shellcheck disable=SC2016	# for the other shell
	unshare -rm sh -c 'mount --bind "$0" /proc && exec "$@"' "$root/proc" \
		"$FORKFAIL" log -f -o SEQ,REPEAT >"$tmp/follow.out" 2>"$tmp/follow.err" &
	follower=$!
	check "a partial view is followed" seen '^ *2'
	log "$(event 1)" "$(event 2)" "$(event 70)"
	check "... a number may be much larger" seen '^ *70'
	check "... and nobody says that events were overwritten" hasnt overwritten "$tmp/follow.err"
	kill $follower
	wait $follower 2>/dev/null
else
	skip "no user namespace: a partial view that is followed"
fi
