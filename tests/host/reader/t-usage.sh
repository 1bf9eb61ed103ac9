# SPDX-License-Identifier: GPL-2.0-or-later
#
# The command line, right and wrong; exit statuses.

page=$dumps/page-pids.txt
log=$dumps/log-pids.txt

status "something failed" 1 "$FORKFAIL" -i "$page"
status "nothing failed" 0 "$FORKFAIL" -i "$dumps/page-none.txt"
status "no such option" 2 "$FORKFAIL" --frobnicate
check "... says which" has 'no such option here: --frobnicate' "$tmp/err"
status "an option of another command" 2 "$FORKFAIL" limits -i "$page"
status "no such command" 2 "$FORKFAIL" 'rm
-rf'
check "... printed harmlessly" has 'rm.x0a-rf' "$tmp/err"
status "too many arguments" 2 "$FORKFAIL" log foo
status "missing argument" 2 "$FORKFAIL" log --cause
status "no such column" 2 "$FORKFAIL" log -o seq,foo -i "$log"
check "... says which" has 'no such column: foo' "$tmp/err"
status "no column at all" 2 "$FORKFAIL" log -o '' -i "$log"
status "bad number" 2 "$FORKFAIL" log --lines x -i "$log"
status "bad time" 2 "$FORKFAIL" log --since "next week" -i "$log"
status "bad user" 2 "$FORKFAIL" log --uid nobody-of-that-name -i "$log"
status "relative cgroup" 2 "$FORKFAIL" log --cgroup system.slice -i "$log"
status "bad --for" 2 "$FORKFAIL" limits --for fun
status "bad --by" 2 "$FORKFAIL" holders --by moon
status "bad --color" 2 "$FORKFAIL" --color sometimes -i "$page"
status "bad percentage" 2 "$FORKFAIL" limits --warn many
status "-f and -i" 2 "$FORKFAIL" log -f -i "$log"
status "two targets" 2 "$FORKFAIL" limits -p 1 -u 0
status "no such process" 3 "$FORKFAIL" limits -p 2147483647
status "no such cgroup" 3 "$FORKFAIL" limits -c /no/such/cgroup
status "version" 0 "$FORKFAIL" -V
check "... with the text format" has 'text format 1' "$tmp/out"
for cmd in $("$FORKFAIL" complete commands); do
	status "$cmd --help" 0 "$FORKFAIL" "$cmd" --help
	check "$cmd --help fits 80 columns" test "$(wc -L <"$tmp/out")" -le 110
done

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
lines "an unknown cause" 0 --cause pid-max
check "... which is said" has 'is it pids-max' "$tmp/err"
lines "one user" 2 --uid 1000
lines "root by name" 1 --uid root
lines "a cgroup and below" 2 --cgroup /user.slice
lines "... with the mount point" 2 --cgroup /sys/fs/cgroup/user.slice/
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

# What there is to know when there is nothing to read.
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
check "... suggests" has 'did you mean pids-max' "$tmp/err"
status "explain nothing like it" 2 "$FORKFAIL" explain ''
for id in $("$FORKFAIL" explain -l -n -r -o id); do
	"$FORKFAIL" explain "$id" >"$tmp/out" 2>&1 && has '^do ' "$tmp/out" &&
		has '^what ' "$tmp/out" || not_ok "explain $id"
done
ok "every cause and hint is explained"
"$FORKFAIL" explain -i "$page" >"$tmp/out"
check "the newest failure with its own numbers" has 'limit 4915 tasks, in use 4915' "$tmp/out"
check "... its unit" has 'systemctl set-property varnish.service TasksMax=N' "$tmp/out"
check "... its process" has 'varnishd\[1442\] uid 112 could not create a thread' "$tmp/out"
sed 's,/system.slice/varnish.service,/user.slice/user-112.slice/user@112.service/app.slice/varnish.service,' \
	"$page" | "$FORKFAIL" explain -i - >"$tmp/out"
check "a user's unit, and whose it is" has '^unit  *varnish.service, of the manager of uid 112 *$' "$tmp/out"
check "... how to raise it" has \
	'^raise it .*/run/user/112 systemctl --user set-property varnish.service TasksMax=N' "$tmp/out"
check "... how to look at it" has '^check .*/run/user/112 systemctl --user show varnish.service ' "$tmp/out"
