# SPDX-License-Identifier: GPL-2.0-or-later
#
# limits and holders on made-up systems: --sysroot makes a directory the root.

# put PATH - a file of the system, from stdin
put()
{
	local text

	[ -d "$root/${1%/*}" ] || mkdir -p "$root/${1%/*}"
	IFS= read -r -d '' text
	printf %s "$text" >"$root/$1"
}

# process PID NAME UID THREADS STATE CGROUP [NSPID]
process()
{
	local i
	put "proc/$1/status" <<-END
	Name:	$2
	Umask:	0022
	State:	$5 (whatever)
	Pid:	$1
	Uid:	$3	$3	$3	$3
	NSpid:	$1${7:+	$7}
	VmSize:	   20480 kB
	VmData:	    4096 kB
	VmPTE:	      64 kB
	Threads:	$4
	CapEff:	0000000000000000
	END
	put "proc/$1/stat" <<-END
	$1 ($2) $5 1 $1 $1 0 -1 ${flags-4194304} 0 0 0 0 0 0 0 0 20 0 $4 0 100 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 ${policy-0} 0 0 0
	END
	put "proc/$1/limits" <<-END
	Limit                     Soft Limit           Hard Limit           Units
	Max data size             unlimited            unlimited            bytes
	Max stack size            8388608              unlimited            bytes
	Max processes             ${nproc-100}                  100                  processes
	Max address space         ${as-unlimited}            unlimited            bytes
	END
	put "proc/$1/cgroup" <<<"0::$6"
	put "proc/$1/smaps" <<-END
	00400000-00500000 r-xp 00000000 08:01 1 /bin/x
	Size:               1024 kB
	VmFlags: rd ex mr mw me
	00600000-40600000 rw-p 00000000 00:00 0 [heap]
	Size:            1048576 kB
	VmFlags: rd wr mr mw me ac
	ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]
	END
	mkdir -p "$root/proc/$1/ns" "$root/proc/$1/task"
	for ((i = 0; i < $4; i++)); do mkdir -p "$root/proc/$1/task/$(($1 + i))"; done
	ln -sf 'user:[4026531837]' "$root/proc/$1/ns/user"
	ln -sf 'pid:[4026531836]' "$root/proc/$1/ns/pid"
	ln -sf "cgroup:[${cgns-4026531835}]" "$root/proc/$1/ns/cgroup"
}

# A machine of 4 GiB with one service; nothing is near a limit.
system()
{
	root=$tmp/sys
	rm -rf "$root"
	put proc/loadavg <<<"0.00 0.01 0.05 1/200 5000"
	put proc/meminfo <<-END
	MemTotal:        4194304 kB
	SwapTotal:             0 kB
	CommitLimit:     2097152 kB
	Committed_AS:     524288 kB
	END
	put proc/sys/kernel/osrelease <<<"${release-6.12.107}"
	put proc/sys/kernel/threads-max <<<30000
	put proc/sys/kernel/pid_max <<<32768
	put proc/sys/vm/overcommit_memory <<<0
	put proc/sys/vm/admin_reserve_kbytes <<<8192
	put proc/sys/vm/user_reserve_kbytes <<<131072
	put proc/sys/vm/max_map_count <<<65530
	put proc/sys/user/max_user_namespaces <<<15000
	put proc/self/mountinfo <<-END
	30 20 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate
	END
	process 1 systemd 0 1 S /init.scope
	process 1000 java 1000 20 S '/system.slice/a b.service'
	process 2000 sh 1000 1 Z '/system.slice/a b.service'
	process 3000 $'evil\033[2J' 1001 2 S /user.slice
	for d in 'system.slice/a b.service' system.slice user.slice; do
		mkdir -p "$root/sys/fs/cgroup/$d"
		put "sys/fs/cgroup/$d/cgroup.procs" <<<1000
		put "sys/fs/cgroup/$d/pids.max" <<<max
		put "sys/fs/cgroup/$d/pids.current" <<<22
		put "sys/fs/cgroup/$d/memory.max" <<<max
		put "sys/fs/cgroup/$d/memory.current" <<<104857600
		put "sys/fs/cgroup/$d/memory.stat" <<-END
		anon 10000000
		active_file 20971520
		inactive_file 52428800
		slab_reclaimable 1048576
		END
	done
}

limits()
{
	"$FORKFAIL" limits -s "$root" "$@" >"$tmp/out" 2>"$tmp/err"
}

# first WHAT LIMIT CAUSE - is this the first row?
first()
{
	limits -p 1000 -n -r -o limit,cause,room,whose
	check "$1: $(head -n 1 "$tmp/out")" test \
		"$(head -n 1 "$tmp/out" | cut -d' ' -f1-2)" = "$2 $3"
}

system
limits -p 1000 -r -n -o limit,used,max,room,whose,state
check "RLIMIT_NPROC counts threads and zombies" has '^RLIMIT_NPROC 21 100 79 uid.x201000 ok' "$tmp/out"
check "pid_max counts numbers from 300 on" has '^pid_max 23 32468 32445 ' "$tmp/out"
check "threads-max" has '^threads-max 200 30000 29800 ' "$tmp/out"
check "mappings, without the vsyscall page" has '^max_map_count 2 65530 32764 ' "$tmp/out"
put proc/sys/vm/max_map_count <<<4
limits -p 1000 -r -n -o limit,room,state
check "... the last two are for one stack" has '^max_map_count 1 ok' "$tmp/out"
put proc/sys/vm/max_map_count <<<3
limits -p 1000 -r -n -o limit,room,state
check "... one is for none" has '^max_map_count 0 full' "$tmp/out"
put proc/sys/vm/max_map_count <<<65530
limits -p 1000 -r -n -o limit,used,max,room,whose,state
check "pid_max says which PIDs they are" has '^pid_max 23 .*:.x20PIDs.x20300.x20to.x2032767 ok' "$tmp/out"
check "no pids.max is no limit" has '^pids.max 22 max - /system.slice/a.x20b.service unlimited' "$tmp/out"
check "its parent, too" has '^pids.max 22 max - /system.slice unlimited' "$tmp/out"
check "memory without what can be dropped" has "^memory.max $((104857600 - 20971520 - 52428800 - 1048576)) max " "$tmp/out"
check "heuristic overcommit: the largest mapping" has "^overcommit.x20(heuristic) $((1 << 30)) $(((4 << 30) + 1)) - " "$tmp/out"
check "namespaces: the kernel shows nobody" has '^max_user_namespaces - 15000 - .* hidden' "$tmp/out"
status "far from everything" 0 "$FORKFAIL" limits -s "$root" -p 1000 --warn 90
status "near enough" 1 "$FORKFAIL" limits -s "$root" -p 1000 --warn 20

nproc=21 system
first "RLIMIT_NPROC" RLIMIT_NPROC rlimit-nproc
limits -u 1000 -n -r -o limit,state
check "... for -u" test "$(head -n 1 "$tmp/out")" = "RLIMIT_NPROC full"
limits -p 1 -n -r -o limit,state
check "... not for root" has '^RLIMIT_NPROC exempt' "$tmp/out"
system
put 'sys/fs/cgroup/system.slice/a b.service/pids.max' <<<30
first "own cgroup" pids.max pids-max
put sys/fs/cgroup/system.slice/pids.max <<<22
first "cgroup above" pids.max pids-max-ancestor
rm "$root/sys/fs/cgroup/system.slice/a b.service/pids.max"
first "cgroup above one without the controller" pids.max pids-max-ancestor
put 'sys/fs/cgroup/system.slice/a b.service/pids.max' <<<30
limits -c '/system.slice/a b.service' -n -r -o limit,whose,state
check "... for -c" test "$(head -n 1 "$tmp/out")" = "pids.max /system.slice full"
limits -c '/sys/fs/cgroup/system.slice' -n -r -o limit,cause,state
check "... its own for -c" test "$(head -n 1 "$tmp/out")" = "pids.max pids-max full"
system
put proc/sys/kernel/threads-max <<<201
first "threads-max" threads-max threads-max
system
put proc/sys/kernel/pid_max <<<326
first "pid_max near 300" pid_max pid-exhausted-after-wrap
put proc/loadavg <<<"0.00 0.01 0.05 1/200 90"
limits -p 1000 -n -r -o limit,used,max,room
check "before 300 is reached, numbers up to the last one are used" has '^pid_max 90 325 235$' "$tmp/out"
system
put proc/sys/vm/overcommit_memory <<<2
first "strict overcommit" 'overcommit\x20(strict)' overcommit-strict
limits -p 1000 -n -r -o limit,used,max,room,for
check "... what is committed, and the reserves" has \
	"^overcommit.x20(strict) $((512 << 20)) $(((2048 << 20) - (8 << 20) - 655360)) 1 process" "$tmp/out"
put proc/sys/vm/overcommit_memory <<<1
limits -p 1000 -n -r -o limit,state
check "overcommit 1 never refuses" has '^overcommit unlimited' "$tmp/out"
system
put proc/meminfo <<<"MemTotal: 524288 kB"
first "one mapping too large" 'overcommit\x20(heuristic)' overcommit-heuristic
as=25000000 system
first "address space, for threads" RLIMIT_AS libc-stack-address-space
limits -p 1000 -n -r --for process -o limit,room
check "... not for processes" hasnt '^RLIMIT_AS' "$tmp/out"
system
put proc/sys/vm/max_map_count <<<1
first "mappings, for threads" max_map_count libc-stack-map-count
system
put sys/fs/cgroup/system.slice/memory.max <<<30500000
first "memory of a cgroup above" memory.max memcg-limit
policy=6 system
first "SCHED_DEADLINE" SCHED_DEADLINE sched-deadline
system
put proc/sys/user/max_user_namespaces <<<0
limits -p 1000 -n -r --for namespace -o limit,cause,state
check "no user namespaces" test "$(head -n 1 "$tmp/out")" = "max_user_namespaces userns-count full"
limits -p 1000 -n -r -o limit,state
check "... which is full, and so before what is not" test "$(head -n 1 "$tmp/out")" = "max_user_namespaces full"
limits -p 1000
check "... with its name" has '^max_user_namespaces  *0 *0 *0 each user *full' "$tmp/out"
for t in pid mnt net; do put proc/sys/user/max_${t}_namespaces <<<0; done
put proc/sys/user/max_uts_namespaces <<<5
put sys/fs/cgroup/system.slice/pids.max <<<23
limits -p 1000
check "several limits of 0 are one row" test "$(grep -c 'namespaces .*full' "$tmp/out")" -eq 1
check "... that says which" has '^max_[*]_namespaces  *0 *0 *0 each user: user, pid, mnt, net *full' "$tmp/out"
check "... and is above what is nearly full" test "$(sed -n 3p "$tmp/out" | cut -d' ' -f1)" = pids.max
put sys/fs/cgroup/system.slice/pids.max <<<22
limits -p 1000
check "... but below a limit on tasks that is full" has '^pids.max.*full' <(sed -n 2p "$tmp/out")
status "nobody is warned of what was forbidden" 0 "$FORKFAIL" limits -s "$root" -p 3000 --warn 90
status "... unless they ask" 1 "$FORKFAIL" limits -s "$root" -p 3000 --warn 90 --for namespace
# Whose PIDs: of a cgroup, those of the machine.
system
cp "$root/proc/1000/status" "$root/proc/self/"
limits -c /system.slice -n -r -o limit,whose
check "limits -c: pid_max is the machine's" has '^pid_max the.x20whole.x20machine:' "$tmp/out"
ln -sf 'pid:[4026532500]' "$root/proc/1000/ns/pid"
limits -c /system.slice -n -r -o limit,whose
check "... in a container, its namespace's" has '^pid_max PID.x20namespace.x204026532500:' "$tmp/out"
outside='^pid_max (outside.*PID.* hidden'
limits -p 1000 -n -r -o limit,whose,state
check "... and that it has PIDs outside, too" has "$outside" "$tmp/out"
system
cp "$root/proc/1000/status" "$root/proc/self/"
limits -p 1000 -n -r -o limit,whose,state
check "... on the host there is no outside" hasnt "$outside" "$tmp/out"

# What cannot be read is reported as hidden.
cgns=4026532222 system
limits -p 1000 -n -r -o limit,whose,state
check "outside of the cgroup namespace" has '^pids.max (outside.* hidden' "$tmp/out"
system
process 4000 inner 1000 3 S /user.slice 7
ln -sf 'pid:[4026532500]' "$root/proc/4000/ns/pid"
limits -p 4000 -n -r -o limit,used,max,whose,state
check "a nested PID namespace, one pid_max for all" has '^pid_max 3 32468 PID.x20namespace.x204026532500 ok' "$tmp/out"
release=6.16.1 system
process 4000 inner 1000 3 S /user.slice 7
ln -sf 'pid:[4026532500]' "$root/proc/4000/ns/pid"
limits -p 4000 -n -r -o limit,used,max,whose,state
check "... with a pid_max of its own that nobody outside sees" \
	has '^pid_max 3 - PID.x20namespace.x204026532500 hidden' "$tmp/out"
system
ln -sf 'user:[4026532600]' "$root/proc/1000/ns/user"
limits -p 1000 -n -r -o limit,used,state
check "RLIMIT_NPROC of a user namespace" has '^RLIMIT_NPROC 20 ok' "$tmp/out"
check "... and the creator's, which nobody sees" has '^RLIMIT_NPROC.x20(inherited) - hidden' "$tmp/out"
release=5.10.223 system
ln -sf 'user:[4026532600]' "$root/proc/1000/ns/user"
limits -p 1000 -n -r -o limit,used,state
check "... up to 5.13 one count for all namespaces" has '^RLIMIT_NPROC 21 ok' "$tmp/out"

# cgroup v1
system
put proc/self/mountinfo <<-END
30 20 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
31 20 0:27 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
32 20 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
END
printf '%s\n' 2:memory:/m 1:pids:/p/q 0::/u >"$root/proc/1000/cgroup"
put sys/fs/cgroup/pids/p/q/pids.max <<<50
put sys/fs/cgroup/pids/p/q/pids.current <<<21
put sys/fs/cgroup/pids/p/pids.max <<<22
put sys/fs/cgroup/pids/p/pids.current <<<21
put sys/fs/cgroup/memory/m/memory.limit_in_bytes <<<9223372036854771712
put sys/fs/cgroup/memory/m/memory.usage_in_bytes <<<100
limits -p 1000 -n -r -o limit,room,whose,state
check "v1: the tightest first" test "$(head -n 1 "$tmp/out")" = "pids.max 1 /p ok"
check "v1: own cgroup" has '^pids.max 29 /p/q ok' "$tmp/out"
check "v1: no memory limit" has '^memory.limit_in_bytes - /m unlimited' "$tmp/out"

# holders
system
"$FORKFAIL" holders -s "$root" -n -r >"$tmp/out"
check "by process" has '^process java\[1000\] 20 1 0' "$tmp/out"
check "a zombie" has '^process sh\[2000\] 1 1 1' "$tmp/out"
check "a hostile name" has '^process evil.x5cx1b\[2J\[3000\] 2 1 0' "$tmp/out"
check "by program" has '^comm java 20 1 0' "$tmp/out"
check "by user" has '^user uid.x201000 21 2 1' "$tmp/out"
check "by cgroup" has '^cgroup /system.slice/a.x20b.service 21 2 1' "$tmp/out"
"$FORKFAIL" holders -s "$root" -u 1000 --by cgroup -n -r -o by,holder,tasks,processes,zombies >"$tmp/out"
check "of one user" test "$(cat "$tmp/out")" = 'cgroup /system.slice/a\x20b.service 21 2 1'
"$FORKFAIL" holders -s "$root" -c /user.slice --by user -n -r -o by,holder,tasks,processes,zombies >"$tmp/out"
check "in one cgroup" test "$(cat "$tmp/out")" = 'user uid\x201001 2 1 0'
status "in a cgroup that does not exist" 3 "$FORKFAIL" holders -s "$root" -c /nope
# Units have backslashes in their names, which the output escapes: either spelling will do.
mkdir -p "$root/sys/fs/cgroup/system.slice/"'foo\x2dbar.service'
echo 2000 >"$root/sys/fs/cgroup/system.slice/"'foo\x2dbar.service/cgroup.procs'
echo 30 >"$root/sys/fs/cgroup/system.slice/"'foo\x2dbar.service/pids.max'
cp "$root/proc/2000/cgroup" "$tmp/cgroup"
cat >"$root/proc/2000/cgroup" <<<'0::/system.slice/foo\x2dbar.service'
for c in '/system.slice/foo\x2dbar.service' '/system.slice/foo\x5cx2dbar.service'; do
	status "holders -c $c" 0 "$FORKFAIL" holders -s "$root" -c "$c" --by process -n -r -o holder
	check "... has its process" has '^sh\[2000\]$' "$tmp/out"
	status "limits -c $c" 0 "$FORKFAIL" limits -s "$root" -c "$c" -n -r -o limit,whose
	check "... has its limit" has '^pids.max .*foo.x5c' "$tmp/out"
done
cp "$tmp/cgroup" "$root/proc/2000/cgroup"
"$FORKFAIL" holders -s "$root" --top 1 -n -r >"$tmp/out"
check "the largest of each" test "$(wc -l <"$tmp/out")" -eq 4
# Kernel threads are nobody to stop.  PF_KTHREAD is 0x00200000.
for ((p = 2; p < 32; p++)); do flags=2129984 process $p kworker/$p 0 1 I /; done
"$FORKFAIL" holders -s "$root" -n -r >"$tmp/out"
for by in process comm; do
	check "by $by: kernel threads are one row" has "^$by (kernel.x20threads) 30 30 0 " "$tmp/out"
	check "... and none has its own" hasnt "^$by kworker" "$tmp/out"
	check "... the last" has kernel <(grep "^$by" "$tmp/out" | tail -n 1)
done
check "... by user they are root's" has '^user uid.x200 31 31 0' "$tmp/out"
"$FORKFAIL" holders -s "$root" --top 1 --by process -n -r >"$tmp/out"
check "... not the largest to stop" has '^process java' "$tmp/out"
check "... but shown whatever --top is" has '^process (kernel.x20threads) 30 30 0 ' "$tmp/out"
"$FORKFAIL" holders -s "$root" --by process -J >"$tmp/out"
check "... without an ID" has '"(kernel threads)".*"tasks": 30' "$tmp/out"
system
# The parent of the zombies, and the container.
id=$(printf '%064d' 7)
process 5000 init 0 1 S "/kubepods.slice/kubepods-podaf4c.slice/cri-containerd-$id.scope"
process 5001 worker 0 1 Z "/kubepods.slice/kubepods-podaf4c.slice/cri-containerd-$id.scope"
sed -i '/^Pid:/aPPid:	5000' "$root/proc/5001/status"
"$FORKFAIL" holders -s "$root" --by cgroup -n -r -o holder,zombies,parent,pod,container >"$tmp/out"
check "zombies, and who does not wait for them" has "^/kubepods.*scope 1 init.5000. " "$tmp/out"
check "pod and container" has ' af4c 000000000000$' "$tmp/out"
"$FORKFAIL" holders -s "$root" >"$tmp/out"
check "shown where there are any" has 'PARENT *POD *CONTAINER' "$tmp/out"
system
"$FORKFAIL" holders -s "$root" --by comm >"$tmp/out"
check "... and else not" hasnt 'POD' "$tmp/out"
limits -p 1000
check "what is hidden alike is one line" test "$(grep -c namespaces "$tmp/out")" -eq 1
status "a user without processes" 0 "$FORKFAIL" holders -s "$root" -u 4242
check "... says so" has '^forkfail: no process matches$' "$tmp/err"
status "an empty system" 3 "$FORKFAIL" holders -s "$tmp/none"

# Half of a system: whatever is missing, nothing crashes.
for f in $(cd "$root" && find proc -maxdepth 2 -type f) proc/1000/{status,stat,limits,cgroup,smaps}; do
	system
	: >"$root/$f"
	limits -p 1000
	[ $? -le 3 ] || not_ok "an empty $f"
	head -c 300 /dev/urandom >"$root/$f"
	limits -p 1000
	[ $? -le 3 ] || not_ok "a garbled $f"
	LC_ALL=C grep -qP '[^\x20-\x7e\n]' "$tmp/out" "$tmp/err" && not_ok "a garbled $f shows"
done
ok "garbled systems"
