# SPDX-License-Identifier: GPL-2.0-or-later
#
# --since and the others, on page, log and explain; and the exit status, which is about
# what they choose.

page=$dumps/page-pids.txt
log=$dumps/log-pids.txt

# chosen STATUS COUNT OPTION... - of the page
chosen()
{
	local want=$1 count=$2
	shift 2
	status "page $*" "$want" "$FORKFAIL" -i "$page" -r -n -o count "$@"
	check "... counts $count" test "$(awk '{ n += $1 } END { print n + 0 }' "$tmp/out")" = "$count"
	status "... quietly" "$want" "$FORKFAIL" -q -i "$page" "$@"
	check "... without a word" test ! -s "$tmp/out"
	status "... as JSON" "$want" "$FORKFAIL" -J -i "$page" "$@"
	check "... the same number" has "\"failures\": $count," "$tmp/out"
}

chosen 1 1247
chosen 1 1246 --class limit
chosen 1 1 --class request
chosen 0 0 --class policy
chosen 1 1247 --class limit --class request
chosen 1 1205 --cause pids-max
chosen 1 1206 --cause pids-max --cause pidns-dead
chosen 1 1246 --errno EAGAIN
chosen 1 1246 --errno eagain
chosen 1 1 --errno ENOMEM
chosen 0 0 --errno EPERM
chosen 1 1203 --cgroup /system.slice
chosen 0 0 --cgroup /machine.slice
chosen 1 1203 --kind thread
chosen 1 44 --kind process
chosen 1 1203 --comm varnishd
chosen 1 1203 --comm 'v*d'
chosen 0 0 --comm 'varnish'
chosen 1 1203 --pid 1442
chosen 1 41 --uid 1000 --cause rlimit-nproc
chosen 1 1203 --since 2026-11-21T08:20:00Z
chosen 0 0 --since 2026-11-21T08:27:06Z
chosen 1 43 --since 2026-11-21T00:00:00Z --until 2026-11-21T08:20:00Z --kind process --errno EAGAIN --class limit --uid 1000
chosen 1 1 --until 2026-11-20T00:00:00Z
chosen 0 0 --since 10m --class limit
"$FORKFAIL" --since 10m -i "$page" >"$tmp/out"
check "nothing selected: nothing is said of what was not" hasnt '^\(last\|do\|not\|note\|holders\) ' "$tmp/out"
"$FORKFAIL" --class limit -i "$page" >"$tmp/out"
check "how many are selected" has ' failures selected' "$tmp/out"

# A storm that began long ago and continues is newer than one that is over.
{
	head -n 1 "$log"
	echo '2026-11-21T06:00:00.000000Z seq=1 cause=pids-max errno=EAGAIN kind=thread pid=7 tgid=7 comm="storm" uid=0 repeat=900 last=2026-11-21T08:27:00.000000Z'
	echo '2026-11-21T07:00:00.000000Z seq=2 cause=ns-cap errno=EPERM kind=process pid=8 tgid=8 comm="one" uid=0'
} >"$tmp/storm"
"$FORKFAIL" log -n 1 -r --noheadings -o comm -i "$tmp/storm" >"$tmp/out"
check "newest is by last time" test "$(cat "$tmp/out")" = storm
"$FORKFAIL" -r -n -o cause -i "$tmp/storm" >"$tmp/out"
check "... in the table, too" test "$(head -n 1 "$tmp/out")" = pids-max
"$FORKFAIL" log -r -n -o comm --since 2026-11-21T08:00:00Z -i "$tmp/storm" >"$tmp/out"
check "... and for --since" test "$(cat "$tmp/out")" = storm

lines()
{
	local what=$1 want=$2
	shift 2
	"$FORKFAIL" log --noheadings -r -i "$log" "$@" >"$tmp/out" 2>"$tmp/err"
	check "log $what: $want" test "$(wc -l <"$tmp/out")" -eq "$want"
}
lines "of a class" 3 --class limit
lines "of no class" 0 --class memory
lines "of an errno" 1 --errno ENOMEM
status "an errno that there is not" 2 "$FORKFAIL" --errno EAGIAN -i "$log"
status "no process has PID 0" 2 "$FORKFAIL" log --pid 0 -i "$log"
lines "of a kind" 1 --kind thread
lines "of two kinds" 4 --kind thread --kind process
lines "of a process" 1 --pid 900
lines "of a program" 1 --comm 'ma?e'
lines "until" 3 --until 2026-11-21T08:20:00Z
lines "between" 2 --since 2026-11-21T06:00:00Z --until 2026-11-21T08:20:00Z

# explain
"$FORKFAIL" explain --class request -i "$log" >"$tmp/out"
check "explain of a class" has '^cause  *pidns-dead:' "$tmp/out"
"$FORKFAIL" explain --comm make -i "$log" >"$tmp/out"
check "explain of a program" has '^failure  *make.20011. uid 1000' "$tmp/out"
status "explain of nothing" 0 "$FORKFAIL" explain --class policy -i "$log"
check "... says so" has '^forkfail: no event matches$' "$tmp/err"
check "... not in the explanation" test ! -s "$tmp/out"
status "explain of an empty log" 0 "$FORKFAIL" explain --short -i "$dumps/page-none.txt"
check "... says so" has '^forkfail: there is no event$' "$tmp/err"
check "... not in the ticket" test ! -s "$tmp/out"
status "log of nothing" 0 "$FORKFAIL" log --class policy -i "$log"
check "... says so" has '^forkfail: no event matches$' "$tmp/err"
check "... not in the table" test ! -s "$tmp/out"
status "log of nothing, for a program" 0 "$FORKFAIL" log --class policy -r -i "$log"
check "... has no word too many" test ! -s "$tmp/err"

# A page of a user who may not see everything: counts without age and object.
{
	echo 'forkfail 1 kernel 6.12.107 loaded 1m05s ago points 41/41 missed 0 unexplained 0 restarts 0 lost 0'
	echo 'last: none'
	printf '\ncause count last errno limit in_use object\n'
	echo 'pids-max 46 - - - - -'
} >"$tmp/partial"
status "a partial view" 1 "$FORKFAIL" -i "$tmp/partial"
check "... says that it is one" has '^partial  *only your own failures are shown; root, or a user with CAP_SYSLOG' "$tmp/out"
check "... not that there was none" hasnt '^last' "$tmp/out"
"$FORKFAIL" --color always -i "$tmp/partial" >"$tmp/out"
status "a check that cannot know" 4 "$FORKFAIL" -q --since 10m --class limit -i "$tmp/partial"
check "... says why" has 'CAP_SYSLOG' "$tmp/err"
status "... of an errno" 4 "$FORKFAIL" -q --errno EAGAIN -i "$tmp/partial"
status "... of a cgroup" 4 "$FORKFAIL" -q --cgroup /user.slice -i "$tmp/partial"
status "without a time it can" 1 "$FORKFAIL" -q --class limit -i "$tmp/partial"
"$FORKFAIL" -J -i "$tmp/partial" >"$tmp/out"
check "... in JSON" has '"partial": true' "$tmp/out"

# ... with an event of this user's own, which no selected row counts
ev='2026-11-21T08:20:00.000000Z seq=1 cause=pids-max errno=EAGAIN kind=process pid=7 tgid=7 comm="own" uid=1000 scope=cgroup object="/a.slice" cgroup="/a.slice"'
{ cat "$tmp/partial"; echo; echo "$ev"; } >"$tmp/own"
status "... it is counted, by its cgroup" 1 "$FORKFAIL" -q --cgroup /a.slice -i "$tmp/own"
status "... by its errno" 1 "$FORKFAIL" -q --errno EAGAIN -i "$tmp/own"
status "... not in another cgroup" 4 "$FORKFAIL" -q --cgroup /b.slice -i "$tmp/own"
status "... once, in the row that has it" 1 "$FORKFAIL" -r -n -o count --class limit -i "$tmp/own"
check "... no more than there are" test "$(cat "$tmp/out")" = 46

# A row has the errno of its last failure; a seccomp filter may return any.
{
	head -n 1 "$tmp/partial"
	printf '\ncause count last errno limit in_use object\n'
	echo 'seccomp-errno 2 10s EACCES - - the calling process'
	echo
	for e in EPERM EACCES; do
		echo "2026-11-21T08:2${#e}:00.000000Z seq=${#e} cause=seccomp-errno errno=$e kind=process pid=7 tgid=7 comm=\"own\" uid=1000 scope=process object=\"the calling process\""
	done
} >"$tmp/errnos"
status "an errno that is not the last of its row" 1 "$FORKFAIL" -r -n -o count --errno EPERM -i "$tmp/errnos"
check "... counts its events" test "$(cat "$tmp/out")" = 1
status "... the last one: the whole row" 1 "$FORKFAIL" -r -n -o count --errno EACCES -i "$tmp/errnos"
check "... counts all of it" test "$(cat "$tmp/out")" = 2

# The log of such a user has line 1 only.  In a user namespace nobody has CAP_SYSLOG.
mkdir "$tmp/proc"
cp "$tmp/partial" "$tmp/proc/forkfail"
head -n 1 "$tmp/partial" >"$tmp/proc/forkfail_log"
# shellcheck disable=SC2016	# for the other shell
as_user() { unshare -rm sh -c 'mount --bind "$0" /proc && exec "$@"' "$tmp/proc" "$FORKFAIL" "$@"; }
if unshare -rm mount --bind "$tmp/proc" /proc 2>/dev/null; then
	status "an empty log that is a partial view" 4 as_user log
	check "... says so" has 'CAP_SYSLOG' "$tmp/err"
	status "root of a container" 1 as_user --color never
	check "... is not told that root or sudo sees all" \
		has '^partial  *only your own failures are shown; root of the host, with CAP_SYSLOG, sees all$' "$tmp/out"
	status "... in JSON" 4 as_user log -J
	check "... says so, too" has '"partial": true' "$tmp/out"
	status "... explained" 4 as_user explain
	status "... in JSON" 4 as_user explain -J
	cp "$log" "$tmp/proc/forkfail_log"
	status "with an event of this user's own" 0 as_user log
	status "... explained" 0 as_user explain
else
	skip "no user namespace: a log that is a partial view"
fi

# If nothing has failed, nothing is printed in red.
"$FORKFAIL" --color always -i "$dumps/page-none.txt" >"$tmp/out"
check "a healthy page is not red" hasnt $'\033\\[31m' "$tmp/out"
status "a saved page ages: what it says was ten minutes ago is not of now" 0 "$FORKFAIL" -q --since 10m -i "$dumps/old-page.txt"

# A selected row says how long ago it was, as the page does.
"$FORKFAIL" -r -n -o cause,object,last -i "$page" | grep ' [^ -]*$' | sort >"$tmp/all"
"$FORKFAIL" -r -n -o cause,object,last --since 2026-11-01 -i "$page" | sort >"$tmp/out"
check "--since: every row says how long ago it was" hasnt ' -$' "$tmp/out"
check "... as without it" test "$(comm -12 "$tmp/all" "$tmp/out" | wc -l)" -ge 3

# The time of a line in the log is that by which the lines are sorted.
"$FORKFAIL" log -i "$log" --utc -n 9 | sed 1d | awk '{ print $1 }' >"$tmp/out"
check "the log shows the times it is sorted by" sort -c "$tmp/out"
check "... not that of the first failure of a line" has '^2026-11-21T08:27:05Z$' "$tmp/out"

# If the cause is not certain, an event has all that are possible.
maybe='pid=7 tgid=7 comm="torn" uid=0 cgroup="/asker" repeat=4 candidates=killed-in-dup-mmap,memcg-limit,unexplained'
{
	head -n 1 "$page"
	echo 'last: 1m ago torn[7] uid 0 could not create a process: x'
	printf '\ncause count last errno limit in_use object\n'
	echo 'killed-in-dup-mmap 5 1m ENOMEM - - -'
	echo 'rlimit-nproc 41 12m EAGAIN 500 500 uid 1000'
	echo
	echo "2026-11-21T08:00:00.000000Z seq=1 cause=killed-in-dup-mmap errno=ENOMEM kind=process $maybe"
	echo '2026-11-21T07:49:00.000000Z seq=2 cause=rlimit-nproc errno=EAGAIN kind=process pid=8 tgid=8 comm="own" uid=1000 scope=user object="uid 1000" limit=500 in_use=500 unit=tasks cgroup="/asker/b" repeat=4'
} >"$tmp/maybe"
log=$tmp/maybe page=$tmp/maybe
for filter in '--class transient' '--class memory' '--cause killed-in-dup-mmap' '--cause memcg-limit' \
	'--class memory --cause memcg-limit' '--cause memcg-limit --errno ENOMEM'; do
	# shellcheck disable=SC2086	# words
	lines "of a cause that is possible: $filter" 1 $filter
	# shellcheck disable=SC2086	# words
	chosen 1 5 $filter
	# shellcheck disable=SC2086	# words
	chosen 1 5 $filter --since 2026-11-21T07:55:00Z
	# shellcheck disable=SC2086	# words
	"$FORKFAIL" explain $filter -i "$log" >"$tmp/out" 2>"$tmp/err"
	check "explain $filter" has '^failure  *torn' "$tmp/out"
done
for filter in '--class kernel' '--cause unexplained' '--class transient --cause memcg-limit' '--class memory --errno EAGAIN'; do
	# shellcheck disable=SC2086	# words
	lines "of no possible cause: $filter" 0 $filter
	# shellcheck disable=SC2086	# words
	chosen 0 0 $filter
done
chosen 1 46 --class memory --class limit
sed 's/memcg-limit/memcg-limit-2027/' "$tmp/maybe" >"$tmp/newer"
status "a possible cause that only the text knows" 1 "$FORKFAIL" -q -i "$tmp/newer" --cause memcg-limit-2027
status "... and a mistyped one" 2 "$FORKFAIL" -q -i "$tmp/newer" --cause memcg-limit-202
"$FORKFAIL" --class memory -r -n -o cause,last -i "$page" >"$tmp/out"
check "its row says how long ago it was" has '^killed-in-dup-mmap 1m$' "$tmp/out"

# The cgroup of the task that was refused, not only that whose limit it was.
lines "in a cgroup" 2 --cgroup /asker
chosen 1 10 --cgroup /asker
chosen 1 5 --cgroup /asker/b
chosen 0 0 --cgroup /other
