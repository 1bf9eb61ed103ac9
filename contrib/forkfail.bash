# SPDX-License-Identifier: GPL-2.0-or-later
#
# bash completion for forkfail(8).  Commands, options, columns and causes come
# from the program itself: "forkfail complete" and "forkfail causes".

# Nothing that is offered has blanks in it, but for files.
# shellcheck disable=SC2207

_forkfail_columns()
{
	# The last of a list, and the + that may begin it.
	local done=${cur%"${cur##*[,+]}"} columns
	columns=$("$1" complete columns "$2" 2>/dev/null)
	COMPREPLY=($(compgen -P "$done" -W "$columns ${columns,,}" -- "${cur##*[,+]}"))
	compopt -o nospace
}

_forkfail()
{
	local cur prev words cword prog cmd=''
	if declare -F _init_completion >/dev/null; then
		_init_completion -n = || return
	else
		cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
		words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
	fi
	prog=${words[0]}
	[[ ${words[1]-} != -* && $cword -gt 1 ]] && cmd=${words[1]}
	if [[ $cur == --*=* ]]; then
		prev=${cur%%=*} cur=${cur#*=}
	fi

	case $prev in
	-o | --output)
		_forkfail_columns "$prog" "$cmd"
		return ;;
	-i | --input)
		compopt -o filenames
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	-s | --sysroot)
		compopt -o filenames
		COMPREPLY=($(compgen -d -- "$cur"))
		return ;;
	--cause)
		COMPREPLY=($(compgen -W "$("$prog" causes -n -r -o ID 2>/dev/null)" -- "$cur"))
		return ;;
	-u | --uid)
		COMPREPLY=($(compgen -u -- "$cur"))
		return ;;
	-p | --pid)
		COMPREPLY=($(compgen -W "$(cd /proc && echo [0-9]*)" -- "$cur"))
		return ;;
	-c | --cgroup)
		compopt -o filenames -o nospace
		local root=/sys/fs/cgroup
		[[ $cur == /sys/* ]] && root=
		COMPREPLY=($(compgen -d -S / -- "$root${cur:-/}"))
		COMPREPLY=("${COMPREPLY[@]#"$root"}")
		return ;;
	--since)
		COMPREPLY=($(compgen -W "10m 1h 1d today yesterday" -- "$cur"))
		return ;;
	--for)
		COMPREPLY=($(compgen -W "process thread namespace" -- "$cur"))
		return ;;
	--by)
		COMPREPLY=($(compgen -W "process uid cgroup" -- "$cur"))
		return ;;
	--color)
		COMPREPLY=($(compgen -W "auto never always" -- "$cur"))
		return ;;
	--lines | --warn | --top)
		return ;;
	esac

	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$("$prog" complete options "$cmd" 2>/dev/null)" -- "$cur"))
	elif [[ $cword -eq 1 ]]; then
		COMPREPLY=($(compgen -W "$("$prog" complete commands 2>/dev/null)" -- "$cur"))
	elif [[ $cmd == explain ]]; then
		COMPREPLY=($(compgen -W "$("$prog" explain -l -n -r -o ID 2>/dev/null)" -- "$cur"))
	fi
} && complete -F _forkfail forkfail
