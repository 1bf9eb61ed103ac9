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
	check "$name: the page begins with the same" page
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
page() { head -n 6 /proc/forkfail; grep -F -e "${is[comm]}[${is[pid]}]" /proc/forkfail | grep -F "${is[meaning]}"; }

# typed KEY [COMMAND...]: the command that explain gives as do, or, lasting is typed as it
# is, to a shell of COMMAND
typed()
{
	local command=${is[$1]-}

	shift
	check "$name: there is something to type" test -n "$command"
	check "$name: $command" "${@:-sh}" -c "$command"
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
