# SPDX-License-Identifier: GPL-2.0-or-later
#
# bash completion for forkfail(8).  Commands, options, columns and causes come
# from the program itself: "forkfail complete" and "forkfail causes".

_forkfail_columns()
{
	# The last of a list, and the + that may begin it.
	local done=${cur%"${cur##*[,+]}"} columns
	columns=$("$1" complete columns "$2" 2>/dev/null)
	mapfile -t COMPREPLY < <(compgen -P "$done" -W "$columns ${columns,,}" -- "${cur##*[,+]}")
	compopt -o nospace
}

# The errnos of causes; "any" and "none" are not errnos.
_forkfail_errnos()
{
	"$1" causes -n -r -o ERRNO 2>/dev/null | sed 's/\\x20/\n/g' | grep '^E' | sort -u
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
	# The command is the first word that is one: options may come before it.
	local i commands
	commands=" $("$prog" complete commands 2>/dev/null | tr '\n' ' ')"
	for ((i = 1; i < cword; i++)); do
		[[ $commands != *" ${words[i]} "* ]] || { cmd=${words[i]}; break; }
	done
	if [[ $cur == --*=* ]]; then
		prev=${cur%%=*} cur=${cur#*=}
	fi

	case $prev in
	-o | --output)
		_forkfail_columns "$prog" "$cmd"
		return ;;
	-i | --input)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	-s | --sysroot)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return ;;
	--cause)
		mapfile -t COMPREPLY < <(compgen -W "$("$prog" causes -n -r -o ID 2>/dev/null)" -- "$cur")
		return ;;
	-u | --uid)
		mapfile -t COMPREPLY < <(compgen -u -- "$cur")
		return ;;
	-p | --pid)
		mapfile -t COMPREPLY < <(compgen -W "$(cd /proc && echo [0-9]*)" -- "$cur")
		return ;;
	-c | --cgroup)
		compopt -o filenames -o nospace
		local root=/sys/fs/cgroup
		[[ $cur == /sys/* ]] && root=
		mapfile -t COMPREPLY < <(compgen -d -S / -- "$root${cur:-/}")
		COMPREPLY=("${COMPREPLY[@]#"$root"}")
		return ;;
	--class)
		mapfile -t COMPREPLY < <(compgen -W "limit memory policy request transient kernel" -- "$cur")
		return ;;
	--kind)
		mapfile -t COMPREPLY < <(compgen -W "process thread vfork kthread io-worker user-worker selftest" -- "$cur")
		return ;;
	--errno)
		mapfile -t COMPREPLY < <(compgen -W "$(_forkfail_errnos "$prog")" -- "$cur")
		return ;;
	--since | --until)
		mapfile -t COMPREPLY < <(compgen -W "10m 1h 1d today yesterday" -- "$cur")
		return ;;
	--for)
		mapfile -t COMPREPLY < <(compgen -W "process thread namespace" -- "$cur")
		return ;;
	--by)
		mapfile -t COMPREPLY < <(compgen -W "process comm user cgroup" -- "$cur")
		return ;;
	--color)
		mapfile -t COMPREPLY < <(compgen -W "auto never always" -- "$cur")
		return ;;
	--lines | --warn | --top | --comm)
		return ;;
	esac

	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$("$prog" complete options "$cmd" 2>/dev/null)" -- "$cur")
	elif [[ -z $cmd ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$("$prog" complete commands 2>/dev/null)" -- "$cur")
	elif [[ $cmd == explain ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$("$prog" explain -l -n -r -o ID 2>/dev/null) $(_forkfail_errnos "$prog")" -- "$cur")
	fi
} && complete -F _forkfail forkfail
