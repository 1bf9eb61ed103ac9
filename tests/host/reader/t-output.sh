# SPDX-License-Identifier: GPL-2.0-or-later
#
# Output that cannot be written, and large input.

page=$dumps/page-pids.txt
mkfifo "$tmp/pipe"

for args in "-i $page" "log -i $page" "causes" "explain pids-max" "metrics -i $page" holders limits; do
	# shellcheck disable=SC2086
	status "$args: full disk" 5 bash -c '"$0" "$@" >/dev/full' "$FORKFAIL" $args
	check "... one message at most" test "$(wc -l <"$tmp/err")" -le 2
	check "... which says so" has '^forkfail: output: ' "$tmp/err"
	# shellcheck disable=SC2086
	status "$args: stdout is closed" 5 bash -c '"$0" "$@" >&-' "$FORKFAIL" $args
	check "... one message at most" test "$(wc -l <"$tmp/err")" -le 2
	# SIGPIPE ignored, as in services: no error storm
	# shellcheck disable=SC2086
	status "$args: reader is gone" 5 bash -c 'trap "" PIPE; exec 3<>"$1" 4>"$1" 3>&-; exec "$0" "${@:2}" >&4 4>&-' \
		"$FORKFAIL" "$tmp/pipe" $args
	[ "$(wc -l <"$tmp/err")" -le 1 ] || not_ok "... says too much"
	check "... and nobody is told" hasnt '^forkfail: output: ' "$tmp/err"
done
status "everything is closed" 5 bash -c '"$0" -i "$1" <&- >&- 2>&-' "$FORKFAIL" "$page"

python3 - "$dumps/log-pids.txt" "$tmp/big" <<'END'
import sys
head, *events = open(sys.argv[1]).readlines()
with open(sys.argv[2], "w") as f:
    f.write(head)
    n = 0
    while f.tell() < 10 << 20:
        f.write(events[n % len(events)])
        n += 1
END
start=$(date +%s%N)
status "a log of 10 MB" 1 "$FORKFAIL" -i "$tmp/big"
status "a log of 10 MB as JSON" 0 "$FORKFAIL" log -J -i "$tmp/big"
check "... is JSON" python3 -c 'import json,sys; json.load(open(sys.argv[1]))' "$tmp/out"
ms=$((($(date +%s%N) - start) / 1000000))
check "... in less than 20 s (took $ms ms)" test $ms -lt 20000
head -c 10000000 /dev/urandom >"$tmp/random"
status "10 MB of anything" 3 "$FORKFAIL" -i "$tmp/random"
(cat "$dumps/log-pids.txt"; cat "$tmp/random") >"$tmp/mixed"
status "10 MB of anything behind a log" 4 "$FORKFAIL" -i "$tmp/mixed"
head -c 10000000 /dev/zero | tr '\0' 'x' >"$tmp/line"
(head -n 1 "$dumps/log-pids.txt"; cat "$tmp/line"; echo; echo) >"$tmp/mixed"
status "a line of 10 MB" 4 "$FORKFAIL" -i "$tmp/mixed"

# Whatever the input, no control character is ever printed.
for dump in "$dumps"/hostile/*; do
	for cmd in "" log explain; do
		# shellcheck disable=SC2086
		"$FORKFAIL" $cmd -i "$dump" 2>&1 | LC_ALL=C grep -qP '[^\x20-\x7e\n]' &&
			not_ok "$cmd ${dump##*/}: control characters"
	done
done
ok "no control characters"

# Colours: on demand and on a terminal only.
"$FORKFAIL" -i "$page" >"$tmp/out"
check "no colours in a file" hasnt $'\033' "$tmp/out"
"$FORKFAIL" --color always -i "$page" >"$tmp/out"
check "colours on demand" has $'\033' "$tmp/out"
if command -v script >/dev/null; then
	script -qec "'$FORKFAIL' -i '$page'" /dev/null >"$tmp/out" </dev/null
	check "colours on a terminal" has $'\033' "$tmp/out"
	NO_COLOR=1 script -qec "'$FORKFAIL' -i '$page'" /dev/null >"$tmp/out" </dev/null
	check "NO_COLOR" hasnt $'\033' "$tmp/out"
fi
COLUMNS=60 "$FORKFAIL" -i "$page" >"$tmp/out"
check "sentences are wrapped" test "$(grep -A9 '^last' "$tmp/out" | sed '/^$/,$d' | grep -v / | wc -L)" -le 60
