# SPDX-License-Identifier: GPL-2.0-or-later
#
# Completion: what bash would offer.

# offered WORD... - completions of the last word, one a line
offered()
{
	PATH=${FORKFAIL%/*}:$PATH bash -c '
		[ -z "$BASIC" ] && [ -r /usr/share/bash-completion/bash_completion ] &&
			. /usr/share/bash-completion/bash_completion
		. "$0"
		compopt() { :; }
		COMP_WORDS=(forkfail "$@") COMP_CWORD=$#
		COMP_LINE="forkfail $*" COMP_POINT=${#COMP_LINE}
		_forkfail forkfail "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
		printf "%s\n" "${COMPREPLY[@]}"' "$top/contrib/forkfail.bash" "$@" 2>/dev/null
}

offers()
{
	local want=$1 got
	shift
	got=$(offered "$@" | grep -cxF -e "$want")
	check "'$*' offers $want" test "$got" -eq 1
}

for BASIC in '' 1; do
	export BASIC
	for cmd in log causes explain limits holders metrics watch doctor selftest; do
		offers $cmd ''
	done
	offers log l
	offers --json -
	offers --json log --j
	offers -f log -
	offers limit --class lim
	offers policy log --class pol
	offers io-worker explain --kind io
	offers EAGAIN log --errno EA
	offers comm holders --by co
	offers --since --sin
	offers log --json lo
	offers -f -r log -
	offers limits --since 10m lim
	offers EAGAIN explain EAG
	offers --since log --si
	offers --warn limits --w
	offers pids-max log --cause pids-
	offers pids-max-ancestor explain pids-
	offers libc-sched-setup explain libc-s
	offers SEQ log -o S
	offers seq log -o s
	offers TIME,SEQ log -o TIME,S
	offers +HOLDERS log -o +HOLD
	offers PERCENT limits -o PER
	offers COUNT -o COU
	offers root limits -u roo
	offers thread limits --for t
	offers 1 limits -p 1
	check "no -f for limits" test "$(offered limits - | grep -cx -e -f)" -eq 0
	check "log is offered no causes" test "$(offered log pids- | grep -c pids)" -eq 0
done
unset BASIC
# Nothing that --help lists is missing.
for cmd in '' log causes explain limits holders metrics watch doctor selftest; do
	# shellcheck disable=SC2086
	"$FORKFAIL" $cmd --help | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE -e '--[a-z-]+' | sort >"$tmp/help"
	"$FORKFAIL" complete options $cmd | grep -e '^--' | sort >"$tmp/offered"
	check "all options of '$cmd'" cmp -s "$tmp/help" "$tmp/offered"
done
