#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# In a guest with the controllers of pids and memory in cgroup v1, each in a hierarchy of its
# own, as systemd mounts them: the advice is typed literally, and what was refused succeeds.

. "${0%/*}/vm-lib.sh"
. "${0%/*}/vm-advice-lib.sh"

modprobe forkfail || die "the module does not load"
check "cgroup v1 has the pids controller" grep -q ' /sys/fs/cgroup/pids cgroup ' /proc/mounts
cg=/sys/fs/cgroup/pids/adv
mkdir $cg
shell pids-max "echo \$\$ >$cg/cgroup.procs; echo 1 >$cg/pids.max"
mkdir -p $cg/a
shell pids-max-ancestor "echo \$\$ >$cg/a/cgroup.procs; echo 1 >$cg/pids.max"

grep -q ' /sys/fs/cgroup/memory cgroup ' /proc/mounts || {
	echo "# this kernel has no memory controller on cgroup v1"
	finish
	exit
}
cg=/sys/fs/cgroup/memory/adv

# as full as it is
full='cat $cg/memory.usage_in_bytes >$cg/memory.limit_in_bytes'
spared='echo -1000 >/proc/$pid/oom_score_adj; echo $pid >$cg/cgroup.procs'
for case in page-tables fork; do
	mkdir -p $cg
	program memcg-limit $case now "$spared; $full"
done
# with a limit of memory and swap that is the same, as `docker run --memory-swap` sets it
mkdir -p $cg
check "the kernel accounts swap" test -e $cg/memory.memsw.limit_in_bytes
program memcg-limit page-tables now "$spared; $full
	cat $cg/memory.limit_in_bytes >$cg/memory.memsw.limit_in_bytes"
mkdir -p $cg
program memcg-v1-oom-disabled page-tables now "echo 1 >$cg/memory.oom_control
	echo \$pid >$cg/cgroup.procs; $full"
mkdir -p $cg
# some kernels take it, and do nothing
if echo 1G 2>/dev/null >$cg/memory.kmem.limit_in_bytes &&
   [ "$(cat $cg/memory.kmem.limit_in_bytes)" = $((1 << 30)) ]; then
	program memcg-v1-kmem-limit page-tables now "$spared
		cat $cg/memory.kmem.usage_in_bytes >$cg/memory.kmem.limit_in_bytes"
else
	echo "# this kernel has no limit of the kernel's memory"
	rmdir $cg
fi

# A shell: it cannot fork, and takes what explain prints.  In the long form only: at its limit
# the shell may need a page itself, and then it loops in an OOM killer that may kill nobody.
if [ -n "${LONG-}" ]; then
	mkdir -p $cg
	shell memcg-limit "echo -1000 >/proc/self/oom_score_adj; echo \$\$ >$cg/cgroup.procs
		read u <$cg/memory.usage_in_bytes; echo \$u >$cg/memory.limit_in_bytes"
fi
finish
