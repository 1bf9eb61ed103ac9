# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Sourced by job: what an incident is made of. Behind lib.sh of tests/system/install,
# which has check.

# shellcheck disable=SC2034,SC2154	# incidents use them

# refused WHAT PATTERN COMMAND...: the command is refused, and its message matches
refused()
{
	timeout "${patience:-60}" "${@:3}" >said 2>&1 </dev/null
	check "$name: $1: it is refused" matches "$2"
}
matches() { cat said; grep -qE -e "$1" said; }

# made WHAT COMMAND...: the command now succeeds
made() { check "$name: $1: it succeeds" timeout "${patience:-60}" "${@:2}" </dev/null; }

# ask [ARGUMENT...]: put what explain prints into the array is, by its keys
declare -A is
ask()
{
	forkfail explain -J "$@" >explained
	understand
}
understand()
{
	local line pair='"([a-z_]+)": ("([^"\\]|\\.)*"|[^",{}]+)' value

	is=()
	while IFS= read -r line; do
		while [[ $line =~ $pair ]]; do
			line=${line#*"${BASH_REMATCH[0]}"}
			value=${BASH_REMATCH[2]}
			[ "$value" != null ] || continue
			value=${value#\"} value=${value%\"} value=${value//\\\"/\"}
			is[${BASH_REMATCH[1]}]=${value//\\\\/\\}
		done
	done <explained
}

# stand_by COMMAND...: while there are still PIDs, start a process that will run COMMAND, which
# will be refused, and one that will explain the refusal
stand_by()
{
	rm -f go explain never
	mkfifo go explain never
	exec 6<>go 7<>explain 8<>never
	(read -r _ <&6; exec "$@" >said 2>&1 </dev/null) &
	refuses=$!
	(read -r _ <&7; exec forkfail explain -J >explained) &
	explains=$!
}

# in_need: once somebody is refused, run COMMAND, have its refusal explained, and type the
# explanation's do: into this shell. With builtins only: nothing can be started.
in_need()
{
	local i

	for ((i = 0; i < 240; i++)); do
		! grown || break
		read -r -t .5 _ <&8
	done
	echo >&6
	wait "$refuses"
	read -r -t 3 _ <&8
	echo >&7
	wait "$explains"
	understand
	eval "${is[do]}"
	echo "# typed, where nothing could be started: ${is[do]}"
}
grown()
{
	local line

	while read -r line; do
		[[ $line != *cause=pid-exhausted* ]] || return 0
	done </proc/forkfail_log
	return 1
}

# told KEY=PATTERN...: explain prints a value for each KEY that matches PATTERN (as in case),
# and the page says the same
told()
{
	local want i

	# holders are counted a little later
	for ((i = 0; i < 12; i++)); do
		ask "${only[@]}"
		all_said "$@" && break
		sleep .5
	done
	for want; do
		check "$name: ${want%%=*}: ${want#*=}" shows "$want"
	done
	# what is selected need not lead the page
	[ ${#only[@]} -gt 0 ] || check "$name: the page begins with the same" page
	COLUMNS=70 forkfail explain --utc --color never "${only[@]}" | sed 's/^/#   /'
}
only=()
all_said()
{
	local want

	for want; do
		says "$want" || return
	done
}
# shellcheck disable=SC2053	# a pattern
says() { [[ ${is[${1%%=*}]-} == ${1#*=} ]]; }
shows() { echo "${1%%=*} is ${is[${1%%=*}]-}"; says "$1"; }
page() { head -n 6 /proc/forkfail; grep -F -e "${is[comm]}[${is[tgid]}]" /proc/forkfail | grep -F "${is[meaning]}"; }

# typed KEY [COMMAND...]: run the command that explain prints for KEY (do, or, lasting), in a
# shell that COMMAND starts
typed()
{
	local command=${is[$1]-}

	shift
	check "$name: there is something to type" test -n "$command"
	check "$name: $command" "${@:-sh}" -c "$command"
}

# typed_there: a shell that is moved into the refused task's cgroup cannot fork either. Type
# what do: says into it, and it can. Then restore the limit; the shell stays, for lasts().
typed_there()
{
	rm -f in
	mkfifo in
	# Where a fork fails, a shell that reads a script gives up.
	dash -i <in >there 2>there.said &
	there=$!
	exec 5>in
	# protected from the OOM killer like the refused task, or it may be killed instead
	echo "${spared:+echo -1000 >/proc/self/oom_score_adj; }echo \$\$ >/sys/fs/cgroup${is[cgroup]}/cgroup.procs" >&5
	there_refused
	echo "${is[do]}" >&5
	check "$name: ${is[do]}, typed there: it forks" there_forks
	check "$name: it goes on" hogs "$1" "${2-}"
	eval "$(sed -E "s/echo [0-9]+/echo ${is[limit]}/g" <<<"${is[do]}")"
	there_refused
}
there_refused()
{
	local times
	: >there
	times=$(cannot_fork)
	echo '/bin/true && echo forked' >&5
	check "$name: a shell there says so" within 30 eval '[ "$(cannot_fork)" -gt $times ]'
	check "$name: a shell there is refused" not_forked
}
cannot_fork() { grep -c 'Cannot fork' there.said; }
not_forked() { tail -n 3 there.said; ! grep -qx forked there; }
there_forks()
{
	: >there
	echo '/bin/true && echo forked' >&5
	within 5 grep -qx forked there || { tail -n 3 there.said; return 1; }
}
spared=

# lasts KEY [COMMAND...]: like typed; then the shell of typed_there can fork, and ends
lasts()
{
	typed "$@"
	check "$name: then the shell there forks" there_forks
	there_ends
}
there_ends()
{
	exec 5>&-
	wait "$there"
}

# within SECONDS COMMAND...: repeat the command until it succeeds
within()
{
	local until=$((SECONDS + $1))

	until "${@:2}"; do
		[ $SECONDS -lt $until ] || return
		sleep .3
	done
}

# forget: reload the module, so that it has recorded nothing
forget()
{
	modprobe -r forkfail
	modprobe forkfail
}

# hogs PATTERN: within some seconds, the last line that hog has printed matches
hogs() { within "${2:-30}" hog_said "$1"; }
hog_said() { tail -n 1 /run/hog/out 2>/dev/null | grep -qE -e "$1"; }
