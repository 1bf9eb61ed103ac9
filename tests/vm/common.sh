# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# Sourced by the scripts of tests/vm: paths, messages, exit statuses.

VM=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
SRC=${FORKFAIL_SRC:-$(cd -- "$VM/../.." && pwd)}
CACHE=${FORKFAIL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/forkfail}

# Exit statuses. COMMAND's own status is passed on, so ours are high and few.
E_USAGE=90	# wrong options, unknown kernel
E_NEEDS=91	# this machine lacks something that cannot be installed from here
E_FETCH=92	# a download failed
E_BUILD=93	# a module or the guest's init did not compile
E_HANG=94	# the guest was still running at the time limit
E_CRASH=95	# the guest ended before COMMAND did
E_QEMU=96	# QEMU itself failed
E_KLOG=99	# COMMAND ended, but the kernel log has a complaint

say() { printf 'vm: %s\n' "$*" >&2; }

die()
{
	local status=$1
	shift
	say "$*"
	exit "$status"
}

# A kernel with a slash in it is not a name of the table, but a directory that pack made.
is_packed() { [[ $1 == */* ]]; }

# Print the row for kernel $1 with single blanks, or fail.
kernel_row()
{
	if is_packed "$1"; then
		cat "$1/row" 2>/dev/null
		return
	fi
	awk -v k="$1" '$1 == k && !/^#/ { $1 = $1; print; found = 1 } END { exit !found }' "$VM/kernels"
}

# The architecture of kernel $1.
kernel_arch() { kernel_row "$1" | cut -d' ' -f2; }

# Kernel $1 in the name of a file.
kernel_file() { basename -- "$1"; }

# Say why there is no kernel $1, and exit.
not_a_kernel()
{
	if is_packed "$1"; then
		die $E_USAGE "$1 is not a packed kernel; tests/vm/pack makes one"
	fi
	die $E_USAGE "unknown kernel '$1'; known: $(kernel_names every | xargs), all, and directories (with a slash) that tests/vm/pack made"
}

# The kernels of an ordinary run, and in the long form those of the long form as well; with
# $1, those that have this word in the table, or with "every" all of them.
kernel_names()
{
	awk -v which="${1:-}" -v long="${FORKFAIL_LONG:-}" '
		/^#/ || !NF { next }
		which == "every" || $7 == which { print $1 }
		which == "" && ($7 == "check" || (long && $7 == "long")) { print $1 }
		' "$VM/kernels"
}

# Hold lock $1 for the rest of this shell, so that two runs do not prepare the same thing at
# the same time.
take_lock()
{
	local fd
	mkdir -p "$CACHE/locks" || die $E_NEEDS "cannot write to $CACHE: set FORKFAIL_CACHE to a directory of your own"
	exec {fd}>"$CACHE/locks/$1"
	flock -n "$fd" || { say "waiting for another run that prepares $1"; flock "$fd"; }
}

need_apt()
{
	command -v apt-get >/dev/null ||
		die $E_NEEDS "kernels, compilers and QEMU come from Debian through apt-get, and there is none here"
}

# Print the base address of the repository that apt is configured with: $1 is "main" or
# "security". apt knows both formats of its configuration, and everything it includes.
apt_base()
{
	local uris
	uris=$(LC_ALL=C apt-get update --print-uris 2>/dev/null |
		sed -n "s,^'\(.*\)/dists/\(.*\)/InRelease'.*,\2 \1,p")
	if [ "$1" = security ]; then
		awk '$1 ~ /security/ { print $2; exit }' <<<"$uris"
	else
		awk '$1 !~ /security/ { print $2; exit }' <<<"$uris"
	fi
}

# Print a sources.list line for Debian suite $1; with $2 = archive, the place where
# a mirror keeps what is no longer supported.
apt_source()
{
	local base
	case $1 in
	*-security) base=$(apt_base security) ;;
	*) base=$(apt_base main) ;;
	esac
	[ -n "$base" ] || return 1
	[ "${2:-}" != archive ] || base=${base%/*}/debian-archive/${base##*/}
	printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$base" "$1"
}

# own_apt DIR ARCH SUITES: an apt with its state in DIR that knows these suites (comma
# separated; one that no longer exists is skipped), as options in the array apt. The host's
# packages, pins and lists are neither used nor changed.
own_apt()
{
	local dir=$1 arch=$2 suites=$3 suite place have=

	mkdir -p "$dir"/{none,lists/partial,cache/archives/partial}
	: >"$dir/status"
	: >"$dir/sources"
	apt=(-o "Dir::Etc::sourcelist=$dir/sources" -o Dir::Etc::sourceparts=- -o "Dir::Etc::preferences=$dir/status"
		-o "Dir::Etc::preferencesparts=$dir/none" -o "Dir::State::Lists=$dir/lists" -o "Dir::State::status=$dir/status"
		-o "Dir::Cache=$dir/cache" -o "APT::Architecture=$arch" -o "APT::Architectures=$arch"
		-o APT::Get::List-Cleanup=0 -o APT::Sandbox::User=root -o APT::Update::Error-Mode=any
		-o Acquire::Languages=none -o Acquire::Check-Valid-Until=false -o Acquire::Retries=3
		-o Acquire::http::Timeout=30)
	for suite in ${suites//,/ }; do
		for place in '' archive; do
			apt_source "$suite" "$place" >"$dir/sources" || continue
			if apt-get "${apt[@]}" update -qq >"$dir/log" 2>&1 </dev/null; then
				have+=$(cat "$dir/sources")$'\n'
				break
			fi
		done
	done
	printf '%s' "$have" >"$dir/sources"
	[ -n "$have" ] ||
		die $E_FETCH "cannot fetch $suites from apt's mirror (network?): $(grep -m1 '^[EW]:' "$dir/log")"
}

# Code that computes with limits: -Wconversion, so that no number changes its size or sign
# silently.
with_limits=(module/evidence/{memory,namespaces,pid_namespace,pids_controller,syscall,thread_stack}.c
	module/journal/full_limits.c)

# Words for kbuild's make: every build of the module here has all warnings, so that
# tests/host/style needs none of its own. kernel-doc, which W=1 runs, needs more of Perl than
# the chroot has.
warnings()
{
	local f

	printf 'W=1 cmd_checkdoc= KCFLAGS=-Wsign-compare'
	cd "$SRC" || return
	for f in "${with_limits[@]}" module/rules/*.c; do
		printf ' CFLAGS_%s.o=-Wconversion' "${f%.c}"
	done
}
