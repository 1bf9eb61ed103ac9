# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Sourced by job: what an incident is made of. Behind lib.sh of tests/system/install,
# which has check.

# shellcheck disable=SC2034,SC2154	# incidents use them

# refused WHAT PATTERN COMMAND...: what the program says matches
refused()
{
	timeout "${patience:-60}" "${@:3}" >said 2>&1 </dev/null
	check "$name: $1: it is refused" matches "$2"
}
matches() { cat said; grep -qE -e "$1" said; }

# made WHAT COMMAND...: now it succeeds
made() { check "$name: $1: it succeeds" timeout "${patience:-60}" "${@:2}" </dev/null; }

# ask [ARGUMENT...]: what explain says, by its keys, in the array is
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

# stand_by COMMAND...: before there is no process number left for the job itself, either:
# COMMAND, which will be refused, and a reader, which will explain that
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

# in_need: as soon as somebody is refused, so is COMMAND; and what the reader says is to be
# done first is typed into this shell. With builtins only: nothing can be started.
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

# told KEY=PATTERN...: explain says that, each PATTERN as of case; and so does the page
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

# typed KEY [COMMAND...]: the command that explain gives as do, or, lasting is typed as it
# is, to a shell of COMMAND
typed()
{
	local command=${is[$1]-}

	shift
	check "$name: there is something to type" test -n "$command"
	check "$name: $command" "${@:-sh}" -c "$command"
}

# typed_there: a shell that comes to where the refused task is cannot fork, either; what is
# said for now is typed into it, and it can.  Then the limit is what it was: the shell stays
# for what lasts.
typed_there()
{
	rm -f in
	mkfifo in
	# Where a fork fails, a shell that reads a script gives up.
	dash -i <in >there 2>there.said &
	there=$!
	exec 5>in
	# spares it, as what is refused is spared: else it may be killed, not refused
	echo "${spared:+echo -1000 >/proc/self/oom_score_adj; }echo \$\$ >/sys/fs/cgroup${is[cgroup]}/cgroup.procs" >&5
	sleep 1
	there_refused
	echo "${is[do]}" >&5
	check "$name: ${is[do]}, typed there: it forks" there_forks
	check "$name: it goes on" hogs "$1" "${2-}"
	eval "$(sed -E "s/echo [0-9]+/echo ${is[limit]}/g" <<<"${is[do]}")"
	there_refused
}
there_refused()
{
	: >there
	echo '/bin/true && echo forked' >&5
	sleep 1
	check "$name: a shell there is refused" not_forked
}
not_forked() { tail -n 3 there.said; ! grep -qx forked there; }
there_forks()
{
	: >there
	echo '/bin/true && echo forked' >&5
	within 5 grep -qx forked there || { tail -n 3 there.said; return 1; }
}
spared=

# lasts KEY [COMMAND...]: as typed, and then the shell there forks, and ends
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

# within SECONDS COMMAND...: it succeeds, sooner or later
within()
{
	local until=$((SECONDS + $1))

	until "${@:2}"; do
		[ $SECONDS -lt $until ] || return
		sleep .3
	done
}

# forget: what happened until now is no more
forget()
{
	modprobe -r forkfail
	modprobe forkfail
}

# hogs PATTERN: in a moment, what hog has said last matches
hogs() { within "${2:-30}" hog_said "$1"; }
hog_said() { tail -n 1 /run/hog/out 2>/dev/null | grep -qE -e "$1"; }
