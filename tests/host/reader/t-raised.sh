# SPDX-License-Identifier: GPL-2.0-or-later
#
# A limit that is higher now than at the failure: what is said, and what is not advised any
# more.  On a made-up machine, with a directory instead of /proc.

m=$tmp/machine cg=$tmp/machine/cgroup
init_user=4026531837 init_pid=4026531836

# put PATH TEXT - a file of /proc
put()
{
	local file=$m/$1
	mkdir -p "${file%/*}"
	echo "$2" >"$file"
}

mkdir -p "$m" "$cg/a.slice" "$cg/b.slice"
put self/mountinfo "30 1 0:26 / $cg rw - cgroup2 cgroup2 rw"
put sys/kernel/threads-max 200
put sys/kernel/pid_max 310
put sys/fs/nr_open 1024
put sys/vm/max_map_count 65530
put sys/vm/overcommit_memory 2
put sys/vm/admin_reserve_kbytes 8192
put sys/vm/user_reserve_kbytes 131072
put sys/user/max_user_namespaces 2
put sys/user/max_net_namespaces 2
put meminfo 'MemTotal:        1048576 kB
SwapTotal:             0 kB
CommitLimit:      524288 kB'
put 1442/stat "1442 (prog) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0 0"

# limits LINE SOFT - of process 1442
limits() { put 1442/limits "$(printf '%-25s %-20s %-20s x' "$1" "$2" unlimited)"; }

yours=()

# explain EVENT OPTION... - explain this event on that machine
explain()
{
	# a process must have been there, on this machine
	local ev
	ev="$(date -u +%Y-%m-%dT%H:%M:%S.000000Z) seq=1 kind=process proof=path step=x pid=1442 tgid=1442 comm=\"prog\" uid=112 $1"
	shift
	printf '%s\n' 'forkfail 1 kernel 6.12.107 loaded 1h00m ago points 41/41 missed 0 unexplained 0 restarts 0 lost 0' "$ev" >"$m/forkfail_log"
	printf '%s\n' 'forkfail 1 kernel 6.12.107 loaded 1h00m ago points 41/41 missed 0 unexplained 0 restarts 0 lost 0' \
		'last: 1s ago prog[1442] uid 112 could not create a process: x' 'event: 1' \
		'do: echo 1 >/module/says' "${yours[@]}" '' "$ev" >"$m/forkfail"
	# shellcheck disable=SC2016	# for the other shell
	cgroupns=${cgroupns-} unshare -rm sh -c 'mount --bind "$1" /proc && mkdir -p /proc/self/ns || exit 9
		ln -sf "user:[$2]" /proc/self/ns/user
		ln -sf "pid:[$3]" /proc/self/ns/pid
		ln -sf "cgroup:[$cgroupns]" /proc/self/ns/cgroup
		printf "%s\t%s\n" Pid: "${4:-$$}" CapEff: 000001ffffffffff >/proc/self/status
		shift 4
		exec "$@"' sh "$m" "${userns-$init_user}" "${pidns-$init_pid}" "${own_pid-}" \
		"$FORKFAIL" "$@" >"$tmp/out" 2>"$tmp/err"
}

# raised WHAT TEXT EVENT - it was; raised WHAT '' EVENT - it was not, or that is not certain
raised()
{
	explain "$3" explain
	if [ -n "$2" ]; then
		check "$1: $2" has "^raised  *$2; this failure is older\$" "$tmp/out"
		check "$1: ... nothing is left to do for now" hasnt '^\(do\|or\|shows\) ' "$tmp/out"
	else
		check "$1: nothing is said" hasnt '^raised' "$tmp/out"
		check "$1: ... the advice stands" has '^\(do\|or\|note\) ' "$tmp/out"
	fi
}

explain 'cause=pids-max errno=EAGAIN' explain
if ! [ -s "$tmp/out" ]; then
	skip "no user namespace: raised limits"
	return
fi

# ---- cgroups ---------------------------------------------------------------------------

# cgroup - the keys of its events
cgroup() { echo "scope=cgroup object=\"/$1\" cgroup=\"/$1\" object_id=$(stat -c %i "$cg/$1")"; }
full="limit=200 in_use=200 unit=tasks"
for cause in pids-max pids-max-ancestor; do
	ev="cause=$cause errno=EAGAIN $full $(cgroup a.slice)"
	echo 200 >"$cg/a.slice/pids.max"
	raised "$cause, as it was" '' "$ev"
	echo 400 >"$cg/a.slice/pids.max"
	raised "$cause" 'pids.max is 400 now' "$ev"
	check "... what lasts is still to be done" has '^lasting  *systemctl set-property a.slice TasksMax=400$' "$tmp/out"
	check "... or something else" has '^note  *or stop the leak in ' "$tmp/out"
	echo 1000 >"$cg/a.slice/pids.max"
	raised "$cause, by more than was advised" 'pids.max is 1000 now' "$ev"
	check "... what lasts does not lower it" has '^lasting  *systemctl set-property a.slice TasksMax=1000$' "$tmp/out"
	echo max >"$cg/a.slice/pids.max"
	raised "$cause, without a limit" 'pids.max is unlimited now' "$ev"
	check "... nothing lowers it" hasnt '^lasting ' "$tmp/out"
	check "... what else there is to do is no alternative to nothing" has '^note  *stop the leak in ' "$tmp/out"
	echo 400 >"$cg/b.slice/pids.max"
	raised "$cause, another cgroup at its path" '' \
		"cause=$cause errno=EAGAIN $full scope=cgroup object=\"/a.slice\" object_id=$(stat -c %i "$cg/b.slice")"
done
# an administrator had lowered it below what was in use: it must be above that
ev="cause=pids-max errno=EAGAIN limit=10 in_use=221 unit=tasks $(cgroup a.slice)"
echo 221 >"$cg/a.slice/pids.max"
raised "raised, but not above what is in use" '' "$ev"
echo 222 >"$cg/a.slice/pids.max"
raised "... above it" 'pids.max is 222 now' "$ev"
# the page and JSON
explain "$ev" --color never
check "the page says it" has '^raised  *pids.max is 222 now; this failure is older$' "$tmp/out"
check "... in the place of the module's command and of its own" hasnt '^\(do\|or\) ' "$tmp/out"
for cmd in '' explain; do
	# shellcheck disable=SC2086	# none or one word
	explain "$ev" $cmd -J
	python3 -c 'import json, sys
a = json.load(sys.stdin)["answer"]
print(a["raised"], a["do"], a["or"], a["lasting"], sep="|")' <"$tmp/out" >"$tmp/keys" 2>&1
	check "JSON of ${cmd:-the page}: raised, and no command for now" has \
		'^pids.max is 222 now; this failure is older|None|None|systemctl ' "$tmp/keys"
done
echo 10 >"$cg/a.slice/pids.max"
explain "$ev" explain -J
python3 -c 'import json, sys
a = json.load(sys.stdin)["answer"]
print(a["raised"], a["do"], sep="|")' <"$tmp/out" >"$tmp/keys" 2>&1
check "... null, if it was not" has '^None|echo ' "$tmp/keys"

# a cgroup that was removed, with its container or service
mkdir "$cg/gone.service"
gone="cause=pids-max errno=EAGAIN $full $(cgroup gone.service)"
rmdir "$cg/gone.service"
cgroupns=4026531835 explain "$gone" explain
check "a cgroup that is gone: nothing is written there" hasnt '^\(do\|check\) ' "$tmp/out"
check "... the note says so" has '^note  *the cgroup is gone; ' "$tmp/out"
check "... what lasts is for the next one" has '^lasting  *systemctl set-property gone.service ' "$tmp/out"
mkdir -p "$cg/gone.slice/session-3.scope"
ended="cause=pids-max errno=EAGAIN $full $(cgroup gone.slice/session-3.scope)"
rmdir "$cg/gone.slice/session-3.scope"
cgroupns=4026531835 explain "$ended" explain
check "... a scope cannot be set once it has ended" hasnt '^lasting\|session-3.scope end' "$tmp/out"
check "... and the note is complete" has '^note  *the cgroup is gone; [a-z]' "$tmp/out"
cgroupns=4026531835 explain "cause=memcg-limit errno=ENOMEM limit=4096 in_use=4096 asked=4096 unit=bytes scope=cgroup object=\"/x\"" explain
check "... of a memory limit" hasnt '^\(do\|check\) ' "$tmp/out"
cgroupns=4026532222 explain "$gone" explain
check "... in a cgroup namespace, that is not known" has '^do  *echo 400 ' "$tmp/out"
cgroupns=4026531835 explain "${gone//gone.service/b.slice}" explain
check "another one at its path can be raised" has '^do  *echo 400 ' "$tmp/out"

# in the PID namespace that is full one can look at its PIDs
inner="cause=pid-exhausted errno=EAGAIN limit=99 in_use=99 unit=pids scope=pidns object=\"pidns 4026532117 level 1\""
pidns=4026532117 explain "$inner" explain
check "inside of a PID namespace: how to look at it" has '^check  *cat /proc/sys/kernel/pid_max' "$tmp/out"
explain "$inner" explain
check "... outside one sees others" hasnt '^check ' "$tmp/out"
explain 'cause=pidns-dead errno=ENOMEM scope=pidns object="pidns 4026532117 level 1"' explain
check "a dead one can be tried from outside" has '^check  *nsenter ' "$tmp/out"

# the reader's own failure, of which the page has a command
own="$(date -u +%Y-%m-%dT%H:%M:%S.000000Z) seq=2 cause=pids-max errno=EAGAIN kind=process pid=7 tgid=7 comm=\"own\" uid=0 $full $(cgroup b.slice)"
yours=('yours: 0s ago own[7] uid 0 could not create a process: x' 'yours_do: echo 1 >/module/says' '' "$own")
echo 200 >"$cg/b.slice/pids.max"
explain "$ev" --color never
check "the reader's own failure has a command" has '^yours_do  *echo 1 >/module/says' "$tmp/out"
echo 400 >"$cg/b.slice/pids.max"
explain "$ev" --color never
check "... until it was followed" hasnt '^yours_do' "$tmp/out"
check "... the limit is said behind it" test "$(grep -A1 '^yours ' "$tmp/out" | tail -n 1)" = \
	'raised    pids.max is 400 now; this failure is older'
check "... and the other failure has its own command" has '^do  *echo 442 ' "$tmp/out"
yours=()

ev="cause=memcg-limit errno=ENOMEM limit=8388608 in_use=8384512 unit=bytes asked=8192 $(cgroup a.slice)"
echo 8388608 >"$cg/a.slice/memory.max"
raised "memcg-limit, as it was" '' "$ev"
echo 8392704 >"$cg/a.slice/memory.max"
raised "memcg-limit, but not by enough" '' "$ev"
echo 83886080 >"$cg/a.slice/memory.max"
raised memcg-limit 'memory.max is 80.0 MiB now' "$ev"
echo max >"$cg/a.slice/memory.max"
raised "memcg-limit, without a limit" 'memory.max is unlimited now' "$ev"
raised "... a request that is not known" 'memory.max is unlimited now' "${ev/asked=8192/}"
echo 83886080 >"$cg/a.slice/memory.max"
raised "... which may not fit" '' "${ev/asked=8192/}"
raised "kmem: that of version 1" '' "${ev/memcg-limit/memcg-v1-kmem-limit}"
put self/mountinfo "30 1 0:26 / $cg rw - cgroup cgroup rw,memory"
for v1 in memcg-limit:limit memcg-v1-oom-disabled:limit memcg-v1-kmem-limit:kmem.limit; do
	file=memory.${v1#*:}_in_bytes
	echo 8388608 >"$cg/a.slice/$file"
	raised "version 1: $file, as it was" '' "${ev/memcg-limit/${v1%:*}}"
	echo 83886080 >"$cg/a.slice/$file"
	raised "version 1" "$file is 80.0 MiB now" "${ev/memcg-limit/${v1%:*}}"
	check "... nor in the note" hasnt '^note  *write -1' "$tmp/out"
	raised "version 1, but it was not full" '' "$(sed "s/memcg-limit/${v1%:*}/; s/in_use=8384512/in_use=4194304/" <<<"$ev")"
	echo 9223372036854771712 >"$cg/a.slice/$file"
	raised "version 1, -1 was written" "$file is unlimited now" "${ev/memcg-limit/${v1%:*}}"
done

# ---- the machine and its namespaces --------------------------------------------------------

# sysctl FILE CAUSE OLD ENOUGH NAME KEYS - not raised if it is OLD, raised if it is ENOUGH
sysctl()
{
	put "sys/$1" "$3"
	raised "$2, $3" '' "cause=$2 errno=EAGAIN $6"
	put "sys/$1" "$4"
	raised "$2" "$5 is $4 now" "cause=$2 errno=EAGAIN $6"
}
sysctl kernel/threads-max threads-max 200 201 threads-max "$full scope=host object=\"threads-max\""
sysctl fs/nr_open files-nr-open 2000 2001 fs.nr_open 'limit=1024 in_use=2000 unit=fds scope=process object="the calling process"'
sysctl vm/max_map_count libc-stack-map-count 65531 65532 vm.max_map_count \
	'limit=65530 in_use=65530 asked=1 unit=mappings scope=process object="the calling process"'
sysctl kernel/unprivileged_userns_clone userns-unpriv-sysctl 0 1 kernel.unprivileged_userns_clone ''
check "... what lasts is still to be done" has '^lasting  *echo kernel.unprivileged_userns_clone=1 ' "$tmp/out"
host='scope=pidns object="pidns 4026531836 level 0"'
sysctl kernel/pid_max pid-exhausted-after-wrap 310 311 pid_max "limit=10 in_use=10 unit=pids $host"
check "... the reserved ones count neither before nor now" has '^lasting  *echo kernel.pid_max=321 ' "$tmp/out"
sysctl kernel/pid_max pid-exhausted 310 311 pid_max "limit=309 in_use=309 unit=pids $host"
raised "another PID namespace" '' \
	'cause=pid-exhausted errno=EAGAIN limit=9 in_use=9 unit=pids scope=pidns object="pidns 4026532201 level 1"'
pidns=4026532201 raised "a reader in another PID namespace" '' \
	"cause=pid-exhausted errno=EAGAIN limit=9 in_use=9 unit=pids $host"
users="limit=2 in_use=2 unit=count scope=userns object=\"uid 112 of userns $init_user\""
sysctl user/max_user_namespaces userns-count 2 3 max_user_namespaces "$users alloc=user"
sysctl user/max_net_namespaces ns-count 2 3 max_net_namespaces "$users alloc=net"
raised "a type that this kernel does not have" '' "cause=ns-count errno=ENOSPC $users alloc=moon"
raised "another user namespace" '' "cause=ns-count errno=ENOSPC ${users/$init_user/4026532117} alloc=net"
userns=4026532117 raised "a reader in another user namespace" '' "cause=ns-count errno=ENOSPC $users alloc=net"

# ---- processes -----------------------------------------------------------------------------

# rlimit CAUSE LINE NAME OLD ENOUGH SHOWN KEYS
rlimit()
{
	limits "$2" "$4"
	raised "$1, $4" '' "cause=$1 errno=EAGAIN $7"
	limits "$2" "$5"
	raised "$1" "$3 of process 1442 is $6 now" "cause=$1 errno=EAGAIN $7"
	limits "$2" unlimited
	raised "$1, without a limit" "$3 of process 1442 is unlimited now" "cause=$1 errno=EAGAIN $7"
}
rlimit rlimit-nproc 'Max processes' RLIMIT_NPROC 200 201 201 "$full scope=user object=\"uid 112\""
rlimit exec-nproc 'Max processes' RLIMIT_NPROC 250 251 251 'limit=200 in_use=250 unit=tasks scope=user object="uid 112"'
rlimit pidfd-nofile 'Max open files' RLIMIT_NOFILE 64 65 65 'limit=64 in_use=64 unit=fds scope=process object="the calling process"'
bytes='limit=104857600 in_use=94371840 asked=16777216 unit=bytes scope=process object="the calling process"'
rlimit libc-stack-address-space 'Max address space' RLIMIT_AS 111149056 111149057 '106.0 MiB' "$bytes"
rlimit libc-stack-data-limit 'Max data size' RLIMIT_DATA 104857600 209715200 '200.0 MiB' "$bytes"
rlimit libc-stack-memlock 'Max locked memory' RLIMIT_MEMLOCK 104857600 209715200 '200.0 MiB' "$bytes"
limits 'Max processes' unlimited
raised "the limit that a user namespace has kept" '' \
	"cause=exec-nproc errno=EAGAIN $full scope=userns object=\"uid 112 of userns 4026532117\""
raised "that is in no file" '' "cause=rlimit-nproc-ancestor-userns errno=EAGAIN $full scope=userns object=\"uid 112 of userns 4026532117\""
# in a storm, the failures of other processes are merged with the event of one of them
ev="cause=rlimit-nproc errno=EAGAIN $full scope=user object=\"uid 112\" repeat=7"
raised "a storm that may go on in other processes" '' "$ev last=$(date -u -d '-5 sec' +%FT%T.000000Z)"
raised "... that is over" 'RLIMIT_NPROC of process 1442 is unlimited now' "$ev last=$(date -u -d '-15 sec' +%FT%T.000000Z)"
own_pid=7 raised "a reader to whom /proc shows other numbers" '' \
	"cause=rlimit-nproc errno=EAGAIN $full scope=user object=\"uid 112\""
put 1442/stat "1442 (prog) Z 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0 0"
raised "the process has ended" '' "cause=rlimit-nproc errno=EAGAIN $full scope=user object=\"uid 112\""
put 1442/stat "1442 (prog) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 99999999999999 0 0"
raised "its number is another one's" '' "cause=rlimit-nproc errno=EAGAIN $full scope=user object=\"uid 112\""

# ---- overcommit ------------------------------------------------------------------------------

# RAM is 1 GiB, CommitLimit 512 MiB, of which the kernel keeps up to 136 MiB
commit() { put sys/vm/overcommit_memory "$1"; }
strict='limit=314572800 in_use=209715200 asked=157286400 unit=bytes scope=host object="overcommit"'
for cause in overcommit-strict libc-stack-overcommit; do
	ev="cause=$cause errno=ENOMEM $strict"
	commit 2
	raised "$cause, what is left of CommitLimit may still be enough" 'CommitLimit is 512.0 MiB now' "$ev"
	raised "$cause, or not" '' "${ev/asked=157286400/asked=209715200}"
	commit 1
	raised "$cause" 'vm.overcommit_memory is 1 now' "$ev"
	check "... what lasts is still to be done" has '^lasting  *echo vm.overcommit_memory=1 ' "$tmp/out"
	commit 0
	raised "$cause" 'vm.overcommit_memory is 0 now' "$ev"
	check "... what lasts would set it to 1" hasnt '^lasting ' "$tmp/out"
	raised "$cause, more than there is" '' "${ev/asked=157286400/asked=1073741824}"
	raised "$cause, how much is not known" '' "${ev/asked=157286400/}"
done
heuristic='limit=536870912 in_use=805306368 asked=805306368 unit=bytes scope=host object="overcommit"'
for cause in overcommit-heuristic libc-stack-overcommit; do
	ev="cause=$cause errno=ENOMEM $heuristic"
	commit 0
	raised "$cause, with more swap" 'MemTotal plus SwapTotal is 1.0 GiB now' "$ev"
	raised "$cause, as it was" '' "${ev//805306368/2147483648}"
	commit 2
	raised "$cause, strict now" '' "$ev"
	commit 1
	raised "$cause" 'vm.overcommit_memory is 1 now' "$ev"
done

raised "a cause without a limit" '' 'cause=ns-cap errno=EPERM'
rm -rf "$m"
