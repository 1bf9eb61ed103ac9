# SPDX-License-Identifier: GPL-2.0-or-later
#
# In the guest; sourced behind vm-lib.sh by the tests that type the advice: into a shell that
# was refused, or for a program that tries again.

call=${0%/*}/vm-advice-call
trap '' PIPE	# a program that has ended makes a check fail, not this script

# When threads-max is reached this script cannot fork either: it has to fork before.
mkfifo never go
exec 8<>go 9<>never

# pause SECONDS
pause()
{
	local _
	read -r -t "$1" _ <&9
}

# read_reply - read the next line of the program under test into $reply
read_reply()
{
	IFS= read -r -t 10 reply <&4 || reply="no answer"
}

# start_reader - start a reader that explains $cause when it is told to
start_reader()
{
	(read -r _ <go; exec "$FORKFAIL" explain --cause "$cause" -J >explained) &
	reader=$!
}

# find_advice FORM - put into $advice the command to type: with builtins (now) or a program (run)
find_advice()
{
	local key='"do": "' line
	[ "$1" != run ] || key='"or": "'
	advice=
	pause .3
	echo >&8
	wait "$reader"
	while IFS= read -r line; do
		[[ $line != *"$key"* ]] || { advice=${line#*"$key"}; break; }
	done <explained
	advice=${advice%\",}
	echo "# $cause: $advice"
}

not_the_shell() { ! grep -q '"do": "' explained; }

# is_told_done - what was typed is not advised again; nor what can only be seen elsewhere, if
# $elsewhere is set
nothing_for_now() { ! grep -qE '^(do|or) ' explained; }
is_told_done()
{
	"$FORKFAIL" explain --cause "$cause" >explained
	if [ -n "${elsewhere-}" ]; then
		check "$cause: nobody can tell that it was typed" test "$(grep -c '^raised ' explained)" = 0
		return
	fi
	# if it was refused several times, other processes may have been among them until then
	local n
	for ((n = 0; n < 12; n++)); do
		! grep -q '^raised ' explained || break
		pause 1
		"$FORKFAIL" explain --cause "$cause" >explained
	done
	check "$cause: typed, the reader says what the limit is now" \
		grep -q '^raised  *.*; this failure is older$' explained
	check "$cause: ... and not what to type" nothing_for_now
}

# ---- a shell that cannot fork executes what explain prints -------------------------

# shell CAUSE SETUP [SETPRIV]... - in a shell that has done SETUP: dash, which gives up
# at once, or the shell in $interactive
shell()
{
	cause=$1
	local setup=$2
	shift 2
	rm -f in out; mkfifo in out
	start_reader
	# what it says of itself goes to fd 5; prompts and errors do not count
	# shellcheck disable=SC2086	# words
	"$@" ${interactive:-dash} -i <in 5>out >/dev/null 2>/dev/null &
	local pid=$!
	exec 3>in 4<out
	echo "$setup" >&3
	# If the fork fails, an interactive shell drops the line, and what it has read behind it.
	pause .5
	echo '/bin/true && echo made >&5' >&3
	pause "${patience:-1}"
	echo 'echo next >&5' >&3
	read_reply
	check "$cause: refused" test "$reply" = next
	find_advice "${form:-now}"
	check "$cause: there is something to type" test -n "$advice"
	if [ -z "${form-}" ]; then
		echo "$advice" >&3
	else
		check "$cause: nothing is told to the shell" not_the_shell
		sh -c "$advice"
	fi
	echo '/bin/true && echo made >&5' >&3
	read_reply
	check "$cause: typed, the same shell forks" test "$reply" = made
	is_told_done
	exec 3>&- 4<&-
	wait $pid
	undo
}

undo()
{
	echo "$threads_max" >/proc/sys/kernel/threads-max
	echo "$pid_max" >/proc/sys/kernel/pid_max
	echo "$overcommit" >/proc/sys/vm/overcommit_memory
	echo "$nr_open" >/proc/sys/fs/nr_open
	echo "$map_count" >/proc/sys/vm/max_map_count
	echo "$users" >/proc/sys/user/max_user_namespaces
	echo "$nets" >/proc/sys/user/max_net_namespaces
	echo "$file_max" >/proc/sys/fs/file-max
	remove /sys/fs/cgroup/adv/a /sys/fs/cgroup/adv /sys/fs/cgroup/pids/adv/a \
		/sys/fs/cgroup/pids/adv /sys/fs/cgroup/memory/adv
}
threads_max=$(cat /proc/sys/kernel/threads-max)
pid_max=$(cat /proc/sys/kernel/pid_max)
overcommit=$(cat /proc/sys/vm/overcommit_memory)
nr_open=$(cat /proc/sys/fs/nr_open)
map_count=$(cat /proc/sys/vm/max_map_count)
users=$(cat /proc/sys/user/max_user_namespaces)
file_max=$(cat /proc/sys/fs/file-max)
nets=$(cat /proc/sys/user/max_net_namespaces)

# ---- a program that tries again ------------------------------------------------------

# tried CAUSE CASE BEFORE - a program is refused; BEFORE is done between its start and its try
tried()
{
	local case=$2 before=$3 pid
	cause=$1
	rm -f in out; mkfifo in out
	start_reader
	"$call" "$case" <in >out 2>/dev/null &
	job=$!
	exec 3>in 4<out
	read_reply
	pid=${reply#ready }
	export pid
	eval "$before"
	echo >&3
	read_reply
	check "$cause: refused ($reply)" test "${reply%% *}" = refused
}
ends() { exec 3>&- 4<&-; wait "$job"; undo; }

# program CAUSE CASE FORM BEFORE - what is advised is typed, and then it is not refused
program()
{
	tried "$1" "$2" "$4"
	find_advice "$3"
	check "$cause: there is something to type" test -n "$advice"
	sh -c "$advice"
	echo >&3
	read_reply
	check "$cause: typed, it succeeds ($reply)" test "$reply" = made
	is_told_done
	ends
}

# forbidden CAUSE CASE BEFORE - the limit is 0: nothing is advised that undoes it
forbidden()
{
	tried "$@"
	find_advice now
	check "$cause, limit 0: it is said to be a decision" grep -q '"note": ".*0 forbids ' explained
	check "$cause, limit 0: there is no command" undoes_nothing
	ends
}
undoes_nothing() { ! grep -qE '"(do|or|lasting)": "' explained; }
