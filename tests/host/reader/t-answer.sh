# SPDX-License-Identifier: GPL-2.0-or-later
#
# The answer: which failure is reported, what is said about it, and what to type.

head='forkfail 1 kernel 6.12.107 loaded 1h00m ago points 41/41 missed 0 unexplained 0 restarts 0 lost 0'
seq=0

# event TIME CAUSE ERRNO [KEY=VALUE]...
event()
{
	local time=$1 cause=$2 err=$3
	shift 3
	seq=$((seq + 1))
	echo "2026-11-21T$time.000000Z seq=$seq cause=$cause errno=$err kind=${kind-process} proof=path step=x pid=1442 tgid=1442 comm=\"prog\" uid=112 $*"
}

# answer - explain the events on stdin; the output is in $tmp/out
answer()
{
	{ echo "$head"; cat; } >"$tmp/log"
	"$FORKFAIL" explain -i "$tmp/log" >"$tmp/out" 2>"$tmp/err"
}

is() { check "$1" has "$2" "$tmp/out"; }
isnt() { check "$1" hasnt "$2" "$tmp/out"; }

limit='limit=200 in_use=200 unit=tasks scope=cgroup'

# 96 refusals by a limit in 7 seconds, then 8 of a program that lacks a capability.
answer < <(event 08:00:00 pids-max EAGAIN "$limit" 'object="/a.slice" cgroup="/a.slice" repeat=95 last=2026-11-21T08:00:07.000000Z'
	event 08:00:20 ns-cap EPERM 'cgroup="/b.slice" repeat=7 last=2026-11-21T08:00:30.000000Z')
is "what hurts leads" '^cause  *pids-max'
is "... the rest is one line" '^also  *8 ns-cap (policy), last by prog.1442. uid 112$'
answer < <(event 08:00:00 pids-max EAGAIN "$limit" 'object="/a.slice" repeat=95 last=2026-11-21T08:00:07.000000Z'
	event 08:03:00 seccomp-errno EPERM 'repeat=7 last=2026-11-21T08:03:30.000000Z')
is "what goes on leads what has been quiet" '^cause  *seccomp-errno'
is "... which is named" '^also  *96 pids-max (limit): /a.slice$'
answer < <(event 08:00:00 pids-max EAGAIN "$limit" 'object="/a.slice" repeat=95'
	event 08:20:00 ns-cap EPERM '')
is "what is over leads nothing" '^cause  *ns-cap'
isnt "... nor is it told" '^also'
answer < <(event 08:00:00 pids-max EAGAIN "$limit" 'object="/a.slice" repeat=9'
	event 08:00:01 pids-max EAGAIN "$limit" 'object="/b.slice" repeat=99'
	event 08:00:02 pids-max EAGAIN "$limit" 'object="/c.slice"')
is "of one class, the object with most" '^of  */b.slice'
# If holders were not counted at the last failure, those of an earlier one are shown.
held() { event "$1" pids-max EAGAIN "$limit" "object=\"$2\" holders=\"$3\" counted=$4 complete=${5-yes}"; }
answer < <(held 07:50:00 /a.slice old[1] 200
	held 08:00:00 /a.slice far[2] 150
	held 08:00:01 /a.slice near[3] 199
	held 08:00:02 /a.slice near[4] 199
	held 08:00:03 /a.slice few[5] 120
	held 08:00:04 /b.slice other[6] 200
	event 08:00:04 pids-max EAGAIN 'limit=300 in_use=300 unit=tasks scope=cgroup' \
		'object="/a.slice" holders="then[7] 300" counted=300 complete=yes'
	event 08:00:05 rlimit-nproc EAGAIN "$limit" 'object="/a.slice" holders="user[7] 200" counted=200 complete=yes'
	event 08:00:06 pids-max EAGAIN "$limit" 'object="/a.slice" threads=9')
is "holders: of the leading cause and object, the best count, the newest of several" \
	'^held by  *near.4. (when counted, 199 of 200 were left)$'
answer < <(held 08:00:00 /a.slice old[1] 200
	held 08:00:01 /a.slice own[2] 120 no)
is "... the event's own first" '^held by  *own.2. (count is incomplete)$'
answer < <(event 08:00:06 pids-max EAGAIN "$limit" 'object="/a.slice" threads=9')
is "... and without any, its own threads" '^held by  *prog.1442. 9 when it was refused$'
{ echo "$head"
  echo 'last: 3s ago prog[1442] uid 112 could not create a process: x'
  echo 'event: 77'
  echo 'holders: who[1] 199'
  echo
  seq=76 event 08:00:06 pids-max EAGAIN "$limit" 'object="/a.slice"'; } >"$tmp/page"
for c in '' explain; do
	# shellcheck disable=SC2086	# none or one word
	"$FORKFAIL" $c -i "$tmp/page" >"$tmp/out"
	is "... on a page, what the page says (forkfail $c)" '^held by  *who.1. 199$'
done
# The number of times is that of one event, not a sum as in the table.
event 08:00:00 pids-max EAGAIN "$limit" 'object="/a.slice" repeat=4 last=2026-11-21T08:00:15.100000Z' >"$tmp/event"
{ echo "$head"; cat "$tmp/event"; } >"$tmp/log"
"$FORKFAIL" explain --short -i "$tmp/log" >"$tmp/out"
is "how many times, within what time" ', 5 times within 16s$'
# A limit was raised, and now another one is in the way: it is not advised again.
answer < <(event 08:00:00 pids-max EAGAIN "$limit" 'object="/a.slice" repeat=95 last=2026-11-21T08:01:00.000000Z'
	event 08:02:01 rlimit-nproc EAGAIN limit=10 in_use=10 unit=tasks scope=user 'object="uid 112"')
is "of one class, too, what has been quiet for a minute does not lead" '^cause  *rlimit-nproc'
is "... and is named" '^also  *96 pids-max (limit): /a.slice$'
answer < <(event 08:00:00 pids-max EAGAIN "$limit" 'object="/a.slice" repeat=95 last=2026-11-21T08:01:02.000000Z'
	event 08:02:01 rlimit-nproc EAGAIN limit=10 in_use=10 unit=tasks scope=user 'object="uid 112"')
is "... what fails in the same minute leads" '^cause  *pids-max'

# A storm in many cgroups takes one line, and leaves room for the failures of others.
answer < <(for ((i = 0; i < 200; i++)); do
	event 08:00:$((i / 5 + 10)) pids-max EAGAIN "$limit" "object=\"/ci/job-$i\" repeat=4"
	[ $i -ne 20 ] || event 08:00:14 rlimit-nproc EAGAIN limit=1 in_use=1 unit=tasks scope=user 'object="uid 700"' | sed s/uid=112/uid=700/
	[ $i -ne 30 ] || event 08:00:16 pids-max EAGAIN "$limit" 'object="/db"' | sed s/uid=112/uid=800/
done)
is "a storm in 200 cgroups leads" '^of  */ci/job-199$'
is "... and hides no other cause" '^also  *1 rlimit-nproc (limit): uid 700$'
is "... and no other user's failure of its cause" '^also  *1 pids-max (limit): /db$'
is "... and is one line beside the first" '^also  *995 pids-max (limit): /ci/job-198 and 198 more$'
check "... of three" test "$(sed -n '/^also/,$p' "$tmp/out" | wc -l)" -eq 3
answer < <(for c in pids-max rlimit-nproc memcg-limit threads-max ns-count userns-count ns-cap; do
	event 08:00:00 $c EAGAIN "$limit" "object=\"/a/very/long/path/$(printf '%0250d' 0)/$(printf '%0250d' 0)\""
done)
check "many causes and long paths: five lines of 80 columns" test \
	"$(sed -n '/^also/,$p' "$tmp/out" | grep -cE '^.{15,80}$') $(sed -n '/^also/,$p' "$tmp/out" | wc -l)" = "5 5"
is "... the last one counts the rest" '^also  *2 others$'
answer < <(for c in pids-max rlimit-nproc memcg-limit threads-max ns-count userns-count; do
	event 08:00:00 $c EAGAIN "$limit" 'object="/a"'
done)
is "... of one" '^also  *1 other$'
answer < <(event 08:00:00 pids-max EAGAIN "$limit" 'object="/a.slice" repeat=9'
	event 08:00:01 pids-max-ancestor EAGAIN scope=cgroup 'object="(outside)"')
is "an object that may not be seen is not named" '^also  *1 pids-max-ancestor (limit), last by prog.1442. uid 112$'
kind=io-worker
answer < <(event 08:00:00 rlimit-nproc EAGAIN limit=10 in_use=10 unit=tasks scope=user 'object="uid 112" repeat=1022'
	kind=process event 08:00:01 ns-cap EPERM)
is "workers whose program sees no error do not lead" '^cause  *ns-cap'
unset kind

# Details without information are left out; the others have a label.
answer < <(event 08:00:00 memcg-limit ENOMEM limit=8388608 in_use=8388608 unit=bytes scope=cgroup 'object="/a" cgroup="/a/b" alloc=kernel-stack-memcg')
is "which memory it was, in words" '^in detail  *.*kernel stack'
is "in which cgroup it was" '^in cgroup  */a/b$'
answer < <(event 08:00:00 userns-count ENOSPC limit=1 in_use=1 unit=namespaces scope=userns 'object="uid 1 of userns 5" cgroup="/" alloc=user')
isnt "a type of namespace, which is in the numbers" '^\(object\|in detail\)'
isnt "the root cgroup" '/$'

for path in /machine.slice/libpod-1ec6c27c2433.scope/container /system.slice/docker-1ec6c27c2433.scope \
	/kubepods.slice/kubepods-pod12345678_1234_1234_1234_123456789012.slice/cri-containerd-1ec6c27c2433.scope; do
	answer < <(event 08:00:00 pids-max EAGAIN "$limit" "object=\"$path\" cgroup=\"$path\"")
	isnt "the slice around a container is not its unit: $path" '^unit'
	is "... the container is said" '^container  *1ec6c27c2433'
done
answer < <(event 08:00:00 pids-max EAGAIN "$limit" 'object="/lxc.payload.web/system.slice/a.service"')
is "a unit inside of a container" '^unit  *a.service'

# A thread is named by its process, as on the page and among the holders.
{ echo "$head"; kind=thread event 08:00:00 pids-max EAGAIN "$limit" 'object="/a"' | sed 's/ pid=1442/ pid=1450/'; } >"$tmp/log"
"$FORKFAIL" explain -i "$tmp/log" >"$tmp/out"
is "the process of a thread" '^failure  *prog.1442. '

# Where some failures cannot be seen, the answer says so.
head="$head blind since 2026-11-21T08:00:00Z (ftrace is off)"
answer < <(event 08:00:00 pids-max EAGAIN "$limit" 'object="/a.slice"')
is "blind, and since when" '^blind  *since 2026-11-21T08:00:00Z (ftrace is off)'
isnt "... all points are armed" '^blind.*watch points'
head=${head%% blind*}
head=${head/41\/41/40\/41}
answer </dev/null
is "a point that is not armed" '^blind  *1 of 41 watch points is not armed: some failures are not seen'
"$FORKFAIL" log -i "$tmp/log" 2>"$tmp/out"
is "... the log says it, too" '1 of 41 watch points is not armed'
head=${head/40\/41/41\/41}
answer < <(event 08:00:00 pids-max EAGAIN "$limit" 'object="/a.slice"')
isnt "... not when all are" '^blind'

# What must not be said.
answer < <(event 08:00:00 exec-nproc EAGAIN limit=2 in_use=4 unit=tasks scope=user 'object="uid 112"')
is "exec-nproc is no fork" 'prog.1442. uid 112 could not execute a program: EAGAIN'
is "... numbers above the limit" '^numbers  *4 in use, above the limit of 2 tasks$'
answer < <(event 08:00:00 seccomp-kill none signal=SIGSYS)
is "seccomp-kill returns nothing" 'was killed by SIGSYS when it tried to create a process$'
isnt "... and is not: none" ': none'
answer < <(kind=user-worker event 08:00:00 pids-max EAGAIN "$limit" 'object="/a"')
is "a worker of vhost" 'could not create a vhost, KVM or SQPOLL worker'

# Numbers that explain themselves.
answer < <(event 08:00:00 libc-stack-memlock EAGAIN limit=1048576 in_use=0 unit=bytes scope=process 'object="the calling process"')
is "room, but not enough" '^numbers  *0 B of 1.0 MiB in use: 1.0 MiB left, less than was asked for$'
answer < <(event 08:00:00 libc-stack-overcommit ENOMEM limit=1395864371 in_use=5905580032 unit=bytes scope=host 'object="overcommit"')
is "a request is no usage" '^numbers  *asked for 5.5 GiB at once, the limit is 1.3 GiB$'
answer < <(event 08:00:00 overcommit-strict ENOMEM limit=155922432 in_use=131805184 unit=bytes scope=host 'object="overcommit" asked=67108864')
is "what was asked for, and what was left" '^numbers  *asked for 64.0 MiB, 23.0 MiB of 148.7 MiB left$'
answer < <(event 08:00:00 libc-stack-memlock EAGAIN limit=1048576 in_use=0 unit=bytes scope=process 'object="the calling process" asked=8388608')
is "... where nothing is in use" '^numbers  *asked for 8.0 MiB at once, the limit is 1.0 MiB$'
is "... the limit that is to be set has room for it" '^do  *ulimit -S -l 74752 '
answer < <(event 08:00:00 libc-stack-map-count ENOMEM limit=65530 in_use=65529 unit=mappings scope=process 'object="the calling process" asked=2')
is "... of what is counted" '^numbers  *asked for 2, 1 of 65530 mappings left$'
answer < <(event 08:00:00 libc-stack-map-count ENOMEM limit=65530 in_use=65530 unit=mappings scope=process 'object="the calling process" asked=1')
is "... but where the limit is full, that is all" '^numbers  *65530 of 65530 mappings in use$'
answer < <(event 08:00:00 userns-count ENOSPC limit=2 in_use=2 unit=count scope=userns 'object="uid 112 of userns 4026532117" alloc=user')
is "namespaces are namespaces" '^numbers  *2 of 2 user namespaces in use$'
answer < <(event 08:00:00 pids-max EAGAIN limit=1 in_use=1 unit=tasks scope=cgroup 'object="/a"')
is "one is one" '^numbers  *1 of 1 task in use$'

# A process cannot raise its hard limit.
over_nproc='limit=40 in_use=62 unit=tasks scope=user object="uid 112"'
answer < <(event 08:00:00 rlimit-nproc EAGAIN "$over_nproc" hard=max)
is "no hard limit: the shell can raise its own" '^do  *ulimit -S -u 124 '
is "... and root does not lower it" '^or  *prlimit --pid 1442 --nproc=124: # as root$'
answer < <(event 08:00:00 rlimit-nproc EAGAIN "$over_nproc")
is "... an older module does not tell" '^do  *ulimit -S -u 124 '
answer < <(event 08:00:00 rlimit-nproc EAGAIN "$over_nproc" hard=100)
is "a hard limit that leaves room: up to there" '^do  *ulimit -S -u 100 '
is "... and root can more" '^or  *prlimit --pid 1442 --nproc=124:124 # as root$'
for hard in 40 62; do
	answer < <(event 08:00:00 rlimit-nproc EAGAIN "$over_nproc" hard=$hard)
	isnt "a hard limit of $hard: nothing that the shell can do" '^do '
	is "... root can" '^or  *prlimit --pid 1442 --nproc=124:124 # as root$'
done
answer < <(event 08:00:00 libc-stack-address-space ENOMEM 'limit=104857600 in_use=94371840 unit=bytes scope=process object="the calling process" asked=16777216 hard=111149056')
is "bytes: the request has to fit" '^do  *ulimit -S -v 108544 '
answer < <(event 08:00:00 libc-stack-address-space ENOMEM 'limit=104857600 in_use=94371840 unit=bytes scope=process object="the calling process" asked=16777216 hard=111149055')
isnt "... a byte less, and it does not" '^do '

# Typed into another shell, the command changes the limits of that one.
is_where() { is "$1" "^do  *$2 # for now$3\$"; }
answer < <(event 08:00:00 rlimit-nproc EAGAIN "$over_nproc" hard=max)
is_where "the limit of a process is that of its shell" 'ulimit -S -u 124' ', in the shell that was refused or starts the program'
answer < <(event 08:00:00 pids-max EAGAIN "$limit" 'object="/a"')
is_where "that of a cgroup can be set in any shell" 'echo 400 >/sys/fs/cgroup/a/pids.max' ''
# pid_max of an inner namespace is its own from 6.14 on: typed outside, the command meets that of
# the machine, which it must not lower.
pidns() { event 08:00:00 pid-exhausted-after-wrap EAGAIN "limit=$1 in_use=$1 unit=pids scope=pidns object=\"pidns $2 level $3\""; }
for sh in dash bash; do
	for has in 300:503 503:503 504:504 32768:32768; do
		answer < <(pidns 101 4026532117 1)
		do=$(sed -n 's/^do  *//p' "$tmp/out")
		echo "${has%:*}" >"$tmp/pid_max"
		$sh -c "${do//\/proc\/sys\/kernel\/pid_max/$tmp/pid_max}" 2>"$tmp/err"
		check "a pid_max of ${has%:*} is ${has#*:} after the advice, typed into $sh" \
			test "$(cat "$tmp/pid_max"):$(cat "$tmp/err")" = "${has#*:}:"
	done
done
is "... it says where to type it" '^do .* # for now, inside that PID namespace$'
isnt "... and not to look at the PIDs of another namespace" '^check '
answer < <(pidns 200 4026531836 0)
is "... of the machine one can" '^check  *cat /proc/sys/kernel/pid_max'
is_where "the pid_max of the machine" 'echo 701 >/proc/sys/kernel/pid_max' ''
answer < <(pidns 1 4026531836 0)
is_where "... makes room for at least 16" 'echo 317 >/proc/sys/kernel/pid_max' ''

# A note begins with "or" only below another piece of advice.
for c in libc-stack-map-count threads-max overcommit-strict pidfd-file-max pid-exhausted \
	libc-stack-address-space libc-stack-memlock libc-stack-data-limit; do
	answer < <(event 08:00:00 $c EAGAIN scope=host)
	if ! has '^\(do\|or\|lasting\) ' "$tmp/out"; then
		isnt "$c: a note that is alone does not begin with or" '^note  *or '
	fi
done
is "a limit that only a new process gets: where it is set" '^note  *set by `data` in limits.conf or the program; or make stacks smaller'

# A limit of 0 is a decision.
forbidden()
{
	answer < <(event 08:00:00 "$@")
	is "$1, limit 0: it is said to be a decision" '^note .*0 forbids '
	isnt "... and no command undoes it" '^\(do\|or\|lasting\) '
}
forbidden userns-count ENOSPC limit=0 in_use=0 unit=count scope=userns 'object="uid 112 of userns 4026531837"' alloc=user
forbidden ns-count ENOSPC limit=0 in_use=0 unit=count scope=userns 'object="uid 112 of userns 4026532117"' alloc=net
forbidden rlimit-nproc EAGAIN limit=0 in_use=7 unit=tasks scope=user 'object="uid 112"' hard=max
forbidden pids-max EAGAIN limit=0 in_use=1 unit=tasks scope=cgroup 'object="/system.slice/a.service"'
forbidden pids-max-ancestor EAGAIN limit=0 in_use=1 unit=tasks scope=cgroup 'object="/jobs"'
# ... but not of bytes: it is the limit that its manager has set
answer < <(event 08:00:00 memcg-limit ENOMEM limit=0 in_use=0 unit=bytes scope=cgroup asked=4096 'object="/system.slice/a.service"')
is "memcg-limit, limit 0: the manager's command" '^lasting .*systemctl set-property a.service MemoryMax='

# Processes that ended when they were refused are missing if holders were counted too late.
full='limit=20 in_use=20 unit=tasks scope=cgroup object="/a.slice"'
answer < <(event 08:00:00 pids-max EAGAIN "$full" 'holders="hog[7] 15" counted=16 complete=yes threads=1')
is "a count that came late says so" '^held by  *hog.7. 15 (when counted, 16 of 20 were left)$'
answer < <(event 08:00:00 pids-max EAGAIN "$full" 'holders="hog[7] 1" counted=1 complete=yes threads=1')
is "... of one, too" '^held by  *hog.7. 1 (when counted, 1 of 20 was left)$'
answer < <(event 08:00:00 pids-max EAGAIN "$full" 'holders="hog[7] 20" counted=20 complete=yes threads=1')
is "... and one that did not, does not" '^held by  *hog.7. 20$'
answer < <(event 08:00:00 pids-max EAGAIN "$full" threads=14)
is "without a count: what it had itself" '^held by  *prog.1442. 14 when it was refused$'
answer < <(event 08:00:00 pids-max EAGAIN "$full" threads=1)
isnt "... a single thread holds nothing" '^held by'

# What uses the requested PID.
answer < <(event 08:00:00 set-tid-exists EEXIST set_tid=77 taken=task 'taken_comm="a \x22b\x22"' taken_tgid=70)
is "a number that a process has" '^numbers  *PID 77, in use by a .x22b.x22.70.$'
answer < <(event 08:00:00 set-tid-exists EEXIST set_tid=77 taken=zombie 'taken_comm="hog"' taken_tgid=77 taken_parent=12)
is "... that a zombie has" '^numbers  *PID 77, in use by hog.77., a zombie that process 12 has not'
answer < <(event 08:00:00 set-tid-exists EEXIST set_tid=77 taken=group)
is "... that a process group has" '^numbers  *PID 77, in use by a process group or session$'
answer < <(event 08:00:00 set-tid-range EINVAL set_tid=-5)
is "... that cannot be" '^numbers  *PID -5$'
"$FORKFAIL" explain -J -i "$tmp/log" >"$tmp/out"
is "... in JSON it is a number" '"set_tid": -5'

# The advice is that for the manager of the object, and no other manager's command is shown.
id=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
advised()
{
	local path=$1 want=$2 not=$3
	answer < <(event 08:00:00 pids-max EAGAIN "$limit" "object=\"$path\"")
	is "$path: for now, builtins" "^do  *echo 400 >/sys/fs/cgroup"
	is "$path: $want" "$want"
	isnt "$path: not $not" "$not"
}
advised /system.slice/cron.service '^lasting  *systemctl set-property cron.service TasksMax=400$' 'podPidsLimit\|docker'
is "... and its default" '^note  *if cron.service has no TasksMax=, DefaultTasksMax='
# systemd-system.conf(5): it does not apply to slices
advised /system.slice '^lasting  *systemctl set-property system.slice TasksMax=400$' DefaultTasksMax
# What is set for a scope is lost with it; only that of PID 1 is always there.
manager=/user.slice/user-1000.slice/user@1000.service
for path in /system.slice/run-r1.scope $manager/app.slice/vte-1.scope; do
	advised "$path" "^note  *the setting lasts until the processes of ${path##*/} end; " docker
done
for path in /init.scope $manager/init.scope $manager/app.slice $manager/app.slice/x.service; do
	advised "$path" "set-property ${path##*/} TasksMax=400$" 'the setting lasts'
done
advised /kubepods.slice/kubepods-podaf4c.slice 'podPidsLimit: 400' 'systemctl\|docker'
advised /kubepods.slice/kubepods-podaf4c.slice/cri-containerd-$id.scope '^pod  *af4c$' 'systemctl\|nerdctl\|crio'
advised /kubepods.slice/kubepods-podaf4c.slice/crio-$id.scope 'pids_limit in /etc/crio/crio.conf' 'systemctl\|containerd'
advised /system.slice/docker-$id.scope '^lasting  *docker update --pids-limit 400 0123456789ab$' 'systemctl\|kubelet'
advised /machine.slice/libpod-$id.scope/container '^lasting  *podman update --pids-limit 400 0123456789ab$' 'systemctl\|docker'
advised /lxc.payload.web 'lxc.cgroup2.pids.max = 400' 'systemctl\|docker'
advised /user.slice/user-1000.slice 'user-.slice.d' 'docker\|kubelet'
advised /jobs 'whoever created this cgroup' 'systemctl\|docker\|kubelet'
advised /slurm/uid_1000/job_42 'Slurm does not set pids.max' 'systemctl\|docker\|^container'
is "... the job's number" '^job  *42$'
advised /slurm/uid_1000/job_42/step_0/task_0/mine 'a program in job 42 created this cgroup' '^container'
sed 's,/system.slice/varnish.service,/user.slice/user-112.slice/user@112.service/app.slice/varnish.service,' \
	"$dumps/page-pids.txt" | "$FORKFAIL" explain -i - >"$tmp/out"
is "a user's unit, and whose it is" '^unit  *varnish.service, of the systemd of uid 112$'
is "... how to raise it" '^lasting .*/run/user/112 systemctl --user set-property varnish.service TasksMax=9830$'
# The page of an older module has its own advice, which is replaced.
"$FORKFAIL" -i "$dumps/page-pids.txt" >"$tmp/out"
is "the page: the command" '^lasting  *systemctl set-property varnish.service TasksMax=9830'
isnt "... once" 'raise it with'

# A shell parses the command as it is meant: one echo into one file.
pasted()
{
	local what=$1 want=$2
	sed -n 's/^do  *//p' "$tmp/out" >"$tmp/cmd"
	check "$what" test "$(sed "s,/sys/fs/cgroup,$tmp/cg,g" "$tmp/cmd" | sh 2>/dev/null; cat "$tmp/cg$want/pids.max" 2>/dev/null)" = 400
}
mkdir -p "$tmp/cg/system.slice/a b.service" "$tmp/cg/system.slice/it's b's.service" "$tmp/cg/m.slice/libpod-$id.scope/container"
answer < <(event 08:00:00 pids-max EAGAIN "$limit" 'object="/system.slice/a b.service"')
pasted "a name with a blank" '/system.slice/a b.service'
answer < <(event 08:00:00 pids-max EAGAIN "$limit" "object=\"/system.slice/it's b's.service\"")
pasted "a name with quotes" "/system.slice/it's b's.service"
is "... lasting, too" "^lasting  *systemctl set-property 'it'\"'\"'s b'\"'\"'s.service' TasksMax=400\$"
COLUMNS=60 "$FORKFAIL" explain -i "$tmp/log" >"$tmp/out"
sed -n '/^do  /,/^note/p' "$tmp/out" | sed '/^lasting/,$d; s/^do  *//' >"$tmp/cmd"
: >"$tmp/cg/system.slice/it's b's.service/pids.max"
check "... wrapped, too" test "$(sed "s,/sys/fs/cgroup,$tmp/cg,g" "$tmp/cmd" | sh 2>/dev/null; cat "$tmp/cg/system.slice/it's b's.service/pids.max")" = 400
answer < <(event 08:00:00 pids-max EAGAIN "$limit" "object=\"/m.slice/libpod-$id.scope/container\"")
pasted "a container: its own cgroup" "/m.slice/libpod-$id.scope/container"
pasted "... and the scope that has the same limit" "/m.slice/libpod-$id.scope"
# shellcheck disable=SC2016
for evil in '/$(touch pwned)' '/`touch pwned`' '/a;touch pwned' '/a\x27;touch pwned;\x27' "/a';touch pwned;'" "/';touch pwned" "/''''\"';touch pwned;" '/a\x0atouch pwned' '/a\x5c' '/a|touch pwned' '/*'; do
	answer < <(event 08:00:00 pids-max EAGAIN "$limit" "object=\"$evil\"")
	(mkdir -p "$tmp/evil" && cd "$tmp/evil" && sed -n 's/^do  *//p; s/^check  *//p' "$tmp/out" |
		sed "s,>/sys,>$tmp/none,g" | sh >/dev/null 2>&1)
	check "pasted: $evil" test ! -e "$tmp/evil/pwned"
done

# Commands wrap so that they can be pasted.
COLUMNS=60 "$FORKFAIL" explain -i "$dumps/page-pids.txt" >"$tmp/out"
sed -n '/^check/,/^shows/p' "$tmp/out" | sed '$d; s/^check  *//' >"$tmp/cmd"
check "a long command goes on behind a backslash" test "$(grep -c '\\$' "$tmp/cmd")" -ge 1
check "... and is one command" test "$(sed 's/^/echo /;2,$s/^echo//' "$tmp/cmd" | sh | wc -l)" -eq 1

# Very many objects: the module has at most 112 events, but a saved log any number.
answer < <(for ((i = 0; i < 300; i++)); do
	event 08:00:00 pids-max EAGAIN "$limit" "object=\"/job-$i\""
done
	event 08:00:01 pids-max EAGAIN "$limit" 'object="/the-worst" repeat=5000 last=2026-11-21T08:00:02.000000Z')
is "the worst of 301 objects leads" '^of  *.*/the-worst'

# One number, one line, one errno.
"$FORKFAIL" explain 4126 -i "$dumps/log-pids.txt" >"$tmp/out"
is "explain SEQ" '^failure  *make.20011. uid 1000 could not create a process: EAGAIN$'
status "a number that is not held" 3 "$FORKFAIL" explain 999999 -i "$dumps/log-pids.txt"
"$FORKFAIL" explain --short -i "$dumps/log-pids.txt" >"$tmp/out"
check "explain --short is one line" test "$(wc -l <"$tmp/out")" -eq 1
is "... with all that a ticket needs" '^2026-11-21T08:27:05Z varnishd.1442. uid 112 could not create a thread: EAGAIN: pids-max, 4915 of 4915 tasks in use, /system.slice/varnish.service, 1203 times within 4s$'
"$FORKFAIL" explain EAGAIN >"$tmp/out"
is "explain EAGAIN: a cause" '^pids-max  '
check "... limits first, then memory, then what only few programs meet" test "$(
	grep -oE '^(rlimit-nproc|pids-max|libc-stack-memlock|ucounts-alloc-nomem|sched-deadline|libc-enomem-to-eagain) ' \
		"$tmp/out" | tr -d '\n')" = \
	'rlimit-nproc pids-max libc-stack-memlock ucounts-alloc-nomem sched-deadline libc-enomem-to-eagain '
is "... and those that may be" '^lsm-task-alloc  '
isnt "... no other" '^files-nr-open'

# The module knows more events than its page shows: the reader reports the one it chose.
{
	echo "$head"
	echo 'last: 1s ago prog[1442] uid 112 could not create a process: not allowed'
	echo 'event: 2'
	echo 'do: echo 1 >/module/says'
	echo 'also: 700 pids-max (limit): /a.slice'
	echo 'also: 3 memcg-limit (memory): /b.slice'
	echo 'yours: 1s ago prog[7] uid 112 could not create a process: no room'
	echo
	echo 'cause                           count   last  errno           limit     in_use  object'
	echo 'ns-cap                              1     1s  EPERM               -          -  -'
	echo
	echo 'more: 1 rows at the end of the page'
	seq=0
	event 08:00:00 pids-max EAGAIN "$limit" 'object="/a.slice"'
	event 08:00:01 ns-cap EPERM
	echo
	echo 'cause                           count   last  errno           limit     in_use  object'
	echo 'pids-max                          701     2s  EAGAIN            200        200  /a.slice'
} >"$tmp/page"
"$FORKFAIL" -i "$tmp/page" >"$tmp/out" 2>"$tmp/err"
check "every line of it is read" test ! -s "$tmp/err"
is "the event that the page names leads" '^note .*CAP_SYS_ADMIN'
is "... with the rest that it counted" '^also  *700 pids-max (limit): /a.slice$'
is "... every line of it" '^also  *3 memcg-limit (memory): /b.slice$'
check "... and the reader's own failure behind the advice for the other" test \
	"$(grep -oE '^(note|also|yours)' "$tmp/out" | xargs)" = "note also also yours"
isnt "... and not with its words for what to do" 'module/says'
is "rows behind the events count" '702 failures'
"$FORKFAIL" -i "$tmp/page" --class kernel >"$tmp/out" 2>"$tmp/err"
isnt "the reader's own failure was not selected" '^yours'
"$FORKFAIL" -i "$tmp/page" --class limit >"$tmp/out" 2>"$tmp/err"
is "what is asked for leads, if something is" '^do  *echo 400 >/sys/fs/cgroup/a.slice/pids.max'

# The user has no failures: that others may have some is said once.
{
	echo "$head"
	echo 'last: none'
	echo 'partial: only your own failures are shown; root, or a user with CAP_SYSLOG, sees all'
	echo
	echo 'cause                           count   last  errno           limit     in_use  object'
	echo 'pids-max                            4      -  -                   -          -  -'
	echo
	echo 'more: 2 rows at the end of the page'
} >"$tmp/page"
"$FORKFAIL" -i "$tmp/page" >"$tmp/out" 2>"$tmp/err"
isnt "what the module's own table leaves out" '^more'
is "who may see more" '^partial .*CAP_SYSLOG'
check "... once" test "$(grep -c '^partial' "$tmp/out")" -eq 1
isnt "... and not: none" '^last'

# If the cause is not certain, all that are possible are named, wherever it is.
maybe() { event 08:00:01 killed-in-dup-mmap ENOMEM 'candidates=memcg-limit,killed-in-dup-mmap'; }
answer < <(maybe)
is "a cause that is not certain: explain" '^possible  *memcg-limit, killed-in-dup-mmap$'
"$FORKFAIL" explain --short -i "$tmp/log" >"$tmp/out"
is "... in one line" ': probably killed-in-dup-mmap (possible: memcg-limit, killed-in-dup-mmap)$'
"$FORKFAIL" -i "$tmp/log" >"$tmp/out"
is "... of a log" '^last .*: probably killed-in-dup-mmap (possible: memcg-limit, killed-in-dup-mmap)$'
{ echo "$head"
  echo 'last: 1s ago prog[1442] uid 112 could not create a process: probably killed'
  echo 'possible: memcg-limit, killed-in-dup-mmap'
  echo 'event: 1'
  echo
  seq=0
  maybe; } >"$tmp/page"
"$FORKFAIL" -i "$tmp/page" >"$tmp/out"
check "... of a page, once" test "$(grep -c '^possible  *memcg-limit, killed-in-dup-mmap$' "$tmp/out")" -eq 1
for mode in '' '-r' '-J'; do
	# shellcheck disable=SC2086	# none or one word
	"$FORKFAIL" log $mode -i "$tmp/log" >"$tmp/out" 2>/dev/null
	check "... the log marks it, for a person${mode:+, not with $mode}" test \
		"$(grep -cF 'killed-in-dup-mmap?' "$tmp/out")" = "$([ -z "$mode" ] && echo 1 || echo 0)"
done
answer < <(event 08:00:01 pids-max EAGAIN "$limit" 'candidates=pids-max')
isnt "... one alone is none" '^possible'
"$FORKFAIL" log -i "$tmp/log" >"$tmp/out"
isnt "... and has no mark" 'pids-max?'

answer < <(event 08:00:01 seccomp-errno EPERM 'syscall=clone3')
is "which call a filter answered" '^syscall  *clone3$'
