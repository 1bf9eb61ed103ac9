# SPDX-License-Identifier: GPL-2.0-or-later
#
# The command line, right and wrong; exit statuses.

page=$dumps/page-pids.txt
log=$dumps/log-pids.txt

status "something failed" 1 "$FORKFAIL" -i "$page"
status "nothing failed" 0 "$FORKFAIL" -i "$dumps/page-none.txt"
status "no such option" 2 "$FORKFAIL" --frobnicate
check "... says which" has "unrecognized option '--frobnicate'" "$tmp/err"
check "... and where there is help" has "Try 'forkfail --help' for more information." "$tmp/err"
status "an option of another command" 2 "$FORKFAIL" limits -i "$page"
check "... says which" has "invalid option -- 'i' for 'forkfail limits'" "$tmp/err"
status "a long one" 2 "$FORKFAIL" limits --follow
check "... says which" has "unrecognized option '--follow' for 'forkfail limits'" "$tmp/err"
status "an argument too many" 2 "$FORKFAIL" --json=yes
check "... says which" has "option '--json' doesn't allow an argument" "$tmp/err"
status "help" 0 "$FORKFAIL" --help
check "... says where a command goes" has '^Usage: forkfail \[COMMAND\] \[options\]$' "$tmp/out"
status "no such command" 2 "$FORKFAIL" 'rm
-rf'
check "... printed harmlessly" has 'rm.x0a-rf' "$tmp/err"
status "too many arguments" 2 "$FORKFAIL" log foo
check "... says which" has "unexpected argument 'foo' for 'forkfail log'" "$tmp/err"
status "missing argument" 2 "$FORKFAIL" log --cause
check "... says of what" has "option '--cause' requires an argument" "$tmp/err"
status "missing argument of a letter" 2 "$FORKFAIL" log -o
check "... says of what" has "option requires an argument -- 'o'" "$tmp/err"
for formats in "-J -P" "-r -J" "--pairs --raw"; do
	# shellcheck disable=SC2086
	status "two formats at once: $formats" 2 "$FORKFAIL" $formats -i "$page"
	check "... says so" has 'mutually exclusive arguments: --json --pairs --raw' "$tmp/err"
done
status "the same format twice" 1 "$FORKFAIL" -J --json -i "$page"
# Options may come before the command or after it.
"$FORKFAIL" log -n 2 --cause pids-max -r -i "$log" >"$tmp/behind"
for args in "-r --cause pids-max -n 2 log -i $log" "-i $log --cause=pids-max -r -n 2 log" "--input $log -r log --cause pids-max -n2"; do
	# shellcheck disable=SC2086
	status "forkfail $args" 0 "$FORKFAIL" $args
	check "... prints the same" cmp -s "$tmp/out" "$tmp/behind"
done
status "no such column" 2 "$FORKFAIL" log -o seq,foo -i "$log"
check "... says which" has "unknown column: 'foo'" "$tmp/err"
status "no column at all" 2 "$FORKFAIL" log -o '' -i "$log"
status "bad number" 2 "$FORKFAIL" log --lines x -i "$log"
check "... the word itself, and of which option" has "invalid --lines 'x'" "$tmp/err"
status "bad number of lines" 2 "$FORKFAIL" log -n 5k -i "$log"
check "... the word itself" has "invalid --lines '5k'" "$tmp/err"
# Every number: what is wrong with it is what it may be.
range()
{
	local option=$1 want=$2
	shift 2
	status "$*" 2 "$FORKFAIL" "$@"
	check "... says of which option, and what is allowed" has "^forkfail: invalid $option '[^']*': $want\$" "$tmp/err"
}
for n in -5 1000000001 99999999999999999999; do
	range --lines '0 to 1000000000' log -i "$log" -n "$n"
	range --lines '0 to 1000000000' log -i "$log" "-n$n"
	range --lines '0 to 1000000000' -n "$n" log -i "$log"
	range --lines '0 to 1000000000' log -i "$log" --lines "$n"
	range --top '0 to 1000000000' holders --top "$n"
	range --warn '1 to 100' limits --warn="$n"
done
range --warn '1 to 100' limits --warn 0
for n in -1 0 2147483648; do
	range --pid '1 to 2147483647' limits -p "$n"
	range --pid '1 to 2147483647' log -i "$log" "-p$n"
done
for n in -1 4294967295; do
	range --uid '0 to 4294967294, or a name in /etc/passwd' holders -u "$n"
done
range --since '10m, 14:30, "2026-01-31 14:30", today' log --since -5 -i "$log"
status "bad time" 2 "$FORKFAIL" log --since "next week" -i "$log"
check "... the word itself" has "invalid --since 'next week'" "$tmp/err"
status "a bad end" 2 "$FORKFAIL" log --until "next week" -i "$log"
check "... says of which option" has "invalid --until 'next week'" "$tmp/err"
for cmd in '' -q watch log 'log -f' explain; do
	# shellcheck disable=SC2086	# none, one or two words
	status "forkfail $cmd: from later to earlier" 2 "$FORKFAIL" $cmd --until 2026-11-21 --since 2026-11-22
	check "... says so, in one line" test "$(cat "$tmp/err")" = 'forkfail: --since is later than --until'
done
status "from and until the same time" 0 "$FORKFAIL" log --since 2026-11-22 --until 2026-11-22 -i "$log"
status "no such day" 2 "$FORKFAIL" log --since 2026-02-30 -i "$log"
status "no such day in that month" 2 "$FORKFAIL" log --until 2026-11-31 -i "$log"
for args in "pids-max --comm x" "EAGAIN --since 1h" "1 --class limit" "-l pids-max"; do
	# shellcheck disable=SC2086
	status "explain $args" 2 "$FORKFAIL" explain $args -i "$log"
	check "... is not ignored" has 'an argument cannot be used with' "$tmp/err"
done
"$FORKFAIL" explain eagain >"$tmp/out"
check "an errno in lower case" has '^pids-max ' "$tmp/out"
check "... under a heading" has '^Causes that return EAGAIN:$' "$tmp/out"
check "... and the others under theirs" has '^Causes that can return any errno' "$tmp/out"
for c in log explain limits doctor ""; do
	# shellcheck disable=SC2086
	"$FORKFAIL" $c --help | sed '1,/^Columns/d' | grep '^ [*+ ][A-Z]' >"$tmp/out"
	# the help begins in the same place everywhere, behind two blanks
	check "$c --help: columns are aligned" test "$(sed -E 's/^( .[A-Z_]+ +)[^ ].*/\1/' "$tmp/out" |
		awk '{ print length }' | sort -u | wc -l)" = 1
done
for o in class kind errno; do
	status "bad --$o" 2 "$FORKFAIL" --$o Moon -i "$page"
	check "... the word itself" has "invalid --$o 'Moon'" "$tmp/err"
done
status "bad user" 2 "$FORKFAIL" log --uid nobody-of-that-name -i "$log"
status "relative cgroup" 2 "$FORKFAIL" log --cgroup system.slice -i "$log"
status "bad --for" 2 "$FORKFAIL" limits --for fun
status "bad --by" 2 "$FORKFAIL" holders --by moon
status "bad --color" 2 "$FORKFAIL" --color sometimes -i "$page"
status "-n with a word" 2 "$FORKFAIL" log -i "$log" -n x
check "... says what it is" has "invalid --lines 'x'" "$tmp/err"
status "-n before the command" 0 "$FORKFAIL" -n log -i "$log"
status "more than all" 2 "$FORKFAIL" limits --warn 101
status "bad percentage" 2 "$FORKFAIL" limits --warn many
status "-f and -i" 2 "$FORKFAIL" log -f -i "$log"
status "two targets" 2 "$FORKFAIL" limits -p 1 -u 0
status "no such process" 3 "$FORKFAIL" limits -p 2147483647
status "no such cgroup" 3 "$FORKFAIL" limits -c /no/such/cgroup
status "version" 0 "$FORKFAIL" -V
check "... with the text format" has 'text format 1' "$tmp/out"
for cmd in $("$FORKFAIL" complete commands); do
	status "$cmd --help" 0 "$FORKFAIL" "$cmd" --help
	check "$cmd --help fits 80 columns" test "$(wc -L <"$tmp/out")" -le 80
done
status "--help" 0 "$FORKFAIL" --help
check "--help fits 80 columns" test "$(wc -L <"$tmp/out")" -le 80

# -n N, --cause, --uid, --cgroup, --since
lines()
{
	local what=$1 want=$2
	shift 2
	"$FORKFAIL" log --noheadings -i "$log" "$@" >"$tmp/out" 2>"$tmp/err"
	check "log $what: $want" test "$(wc -l <"$tmp/out")" -eq "$want"
}

lines all 4
lines "-n" 4 -n
lines "-n 2" 2 -n 2
check "... the newest" has 'varnishd' "$tmp/out"
lines "-n2" 2 -n2
lines "--lines=1" 1 --lines=1
lines "-n 0" 0 -n 0
lines "one cause" 2 --cause pids-max
lines "two causes" 3 --cause pids-max --cause pidns-dead
for cmd in '' -q log explain; do
	# shellcheck disable=SC2086	# none or one word
	status "${cmd:-page}, an unknown cause" 2 "$FORKFAIL" $cmd -i "$log" --cause pids-max --cause pid-max
	check "... which is said" has "unknown cause 'pid-max', did you mean pids-max" "$tmp/err"
	check "... and nothing else" test ! -s "$tmp/out"
done
sed 's/cause=pids-max /cause=pids-max-2027 /' "$log" >"$tmp/newer"
status "a cause that only the text knows" 0 "$FORKFAIL" log -r -n -o cause -i "$tmp/newer" --cause pids-max-2027
check "... is selected" has '^pids-max-2027$' "$tmp/out"
status "... by the page, too" 1 "$FORKFAIL" -q -i "$tmp/newer" --cause pids-max-2027
check "... without a word" test ! -s "$tmp/err"
lines "one user" 2 --uid 1000
lines "root by name" 1 --uid root
lines "a cgroup and below" 2 --cgroup /user.slice
lines "... with the mount point" 2 --cgroup /sys/fs/cgroup/user.slice/
sed 's:/user[.]slice/:/user.slice/foo\\x5cx2dbar.service/:g' "$log" >"$tmp/escaped"
for c in '/user.slice/foo\x2dbar.service' '/user.slice/foo\x5cx2dbar.service'; do
	status "log -c $c" 0 "$FORKFAIL" log -n -r -i "$tmp/escaped" -c "$c"
	check "... selects" test "$(wc -l <"$tmp/out")" -eq 2
	status "-q -c $c" 1 "$FORKFAIL" -q -i "$tmp/escaped" -c "$c"
done
lines "the root cgroup" 4 --cgroup /
lines "not a prefix of a name" 0 --cgroup /user
lines "since a time in UTC" 2 --since 2026-11-21T08:00:00Z
lines "since a local time" 2 --since '2026-11-21 09:00'
lines "since its last failure, not its first" 1 --since '2026-11-21 09:27:04'
lines "since later" 0 --since '2026-11-21 09:27:06'
lines "since a date" 3 --since 2026-11-21
lines "since seconds" 4 --since @1700000000
for since in 10s 10m '2h ago' 3d 1w today yesterday 00:00 00:00:01; do
	status "--since $since" 0 "$FORKFAIL" log -i "$log" --since "$since"
done

# If there is nothing to read, the message says why and what to do.
status "no file" 3 "$FORKFAIL" -i "$tmp/none"
check "... says which" has 'none: No such file' "$tmp/err"
status "a directory" 3 "$FORKFAIL" -i "$tmp"
status "no module" 3 "$FORKFAIL" log
[ -e /proc/forkfail ] ||
	check "... says how to load it" has 'modprobe forkfail' "$tmp/err"
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	install -m 600 "$page" "$tmp/secret"
	chmod 755 "$tmp"
	bin=$tmp/forkfail
	cp "$FORKFAIL" "$bin"
	status "no permission" 3 setpriv --reuid 65534 --clear-groups "$bin" -i "$tmp/secret"
	check "... says so" has 'secret: Permission denied' "$tmp/err"
	mkdir -p "$tmp/root/proc"
	install -m 600 "$page" "$tmp/root/proc/forkfail"
	status "no permission in /proc" 3 setpriv --reuid 65534 --clear-groups "$bin" -s "$tmp/root"
fi
status "stdin" 1 bash -c '"$0" -i - <"$1"' "$FORKFAIL" "$page"

status "explain" 0 "$FORKFAIL" explain pids-max
status "explain a hint" 0 "$FORKFAIL" explain libc-enomem-to-eagain
status "explain nonsense" 2 "$FORKFAIL" explain pids-mix
check "... suggests" has "unknown cause 'pids-mix', did you mean pids-max" "$tmp/err"
status "explain a word with blanks" 2 "$FORKFAIL" explain 'no such'
check "... the word itself" has "unknown cause 'no such'" "$tmp/err"
status "explain nothing like it" 2 "$FORKFAIL" explain ''
for id in $("$FORKFAIL" explain -l -n -r -o id); do
	"$FORKFAIL" explain "$id" >"$tmp/out" 2>&1 && has '^note ' "$tmp/out" &&
		has '^what ' "$tmp/out" || not_ok "explain $id"
done
ok "every cause and hint is explained"
