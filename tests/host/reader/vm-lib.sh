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
