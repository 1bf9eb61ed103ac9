# SPDX-License-Identifier: GPL-2.0-or-later
#
# For the tests in the guest; sourced.

FORKFAIL=${FORKFAIL:-/host/reader/forkfail-static}
passed=0 failed=0
cd "$(mktemp -d)" || exit 1

die()
{
	echo "not ok - ${0##*/}: $*"
	exit 1
}

# check WHAT COMMAND...
check()
{
	local what=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
		echo "ok - ${0##*/}: $what"
	else
		failed=$((failed + 1))
		echo "not ok - ${0##*/}: $what"
	fi
}

# within SECONDS COMMAND...: repeat the command until it succeeds
within()
{
	local until=$((SECONDS + $1))

	until "${@:2}"; do
		[ $SECONDS -lt $until ] || return
		sleep .1
	done
}

# polls PID - it waits in poll() or epoll_wait()
polls() { grep -q poll "/proc/$1/wchan"; }

# remove CGROUP... - those that exist; a process that has ended leaves its cgroup a little later
remove()
{
	local dir
	for dir; do
		[ ! -d "$dir" ] || within 30 rmdir "$dir" 2>/dev/null
	done
}

finish()
{
	if [ $failed -gt 0 ]; then
		for f in *; do
			[ -f "$f" ] && echo "--- $f" && head -c 4000 "$f"
		done
	fi
	rmmod forkfail 2>/dev/null
	echo "${0##*/}: $passed passed, $failed failed"
	[ $failed -eq 0 ]
}

# refuse CGROUP - one fork is refused by pids.max of CGROUP; dash gives up at
# once, bash would try again for half a minute
refuse()
{
	[ -d "$1" ] || mkdir "$1"
	dash -c 'echo $$ >'"$1"'/cgroup.procs; echo 1 >'"$1"'/pids.max; (true)' 2>/dev/null
	echo max >"$1/pids.max"
}
