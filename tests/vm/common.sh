# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034
#
# Sourced by the scripts of tests/vm: where things are, how to speak, how to fail.

VM=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
SRC=${FORKFAIL_SRC:-$(cd -- "$VM/../.." && pwd)}
CACHE=${FORKFAIL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/forkfail}

# Exit statuses. COMMAND's own status is passed on, so ours are high and few.
E_USAGE=90	# wrong options, unknown kernel
E_NEEDS=91	# this machine lacks something that cannot be installed from here
E_FETCH=92	# a download failed
E_BUILD=93	# a module or the guest's init did not compile
E_HANG=94	# the guest was still running at the time limit
E_CRASH=95	# the guest ended without COMMAND having ended
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

# Print the table's row for kernel $1 with single blanks, or fail.
kernel_row()
{
	awk -v k="$1" '$1 == k && !/^#/ { $1 = $1; print; found = 1 } END { exit !found }' "$VM/kernels"
}

kernel_names() { awk '!/^#/ && NF { print $1 }' "$VM/kernels"; }

# Hold lock $1 for the rest of this shell: two runs that need the same thing
# prepared at the same time wait for one another instead of tearing it.
take_lock()
{
	local fd
	mkdir -p "$CACHE/locks" || die $E_NEEDS "cannot write to $CACHE: set FORKFAIL_CACHE to a directory of yours"
	exec {fd}>"$CACHE/locks/$1"
	flock -n "$fd" || { say "waiting for another run that prepares $1"; flock "$fd"; }
}

need_apt()
{
	command -v apt-get >/dev/null ||
		die $E_NEEDS "kernels, compilers and QEMU come from Debian through apt-get, and there is none here"
}

# Print the repository's base address that apt is configured with: $1 is "main" or
# "security". Asking apt covers both of its formats, and everything it includes.
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
