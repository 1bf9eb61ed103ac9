# SPDX-License-Identifier: GPL-2.0-or-later
#
# For the tests on the host; sourced by run.

passed=0 failed=0 skipped=0

ok()
{
	passed=$((passed + 1))
	[ -z "${VERBOSE-}" ] || echo "ok - $*"
}

not_ok()
{
	failed=$((failed + 1))
	echo "not ok - $*"
}

skip()
{
	skipped=$((skipped + 1))
	echo "ok - $* # SKIP"
}

# check WHAT COMMAND...
check()
{
	local what=$1
	shift
	if "$@"; then ok "$what"; else not_ok "$what"; fi
}

# status WHAT EXPECTED COMMAND... - output in $tmp/out and $tmp/err
status()
{
	local what=$1 want=$2 got
	shift 2
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	got=$?
	if [ $got -eq "$want" ]; then
		ok "$what"
	else
		not_ok "$what: exit status $got, expected $want"
		head -n 3 "$tmp/err"
	fi
}

has()
{
	grep -qe "$1" "$2"
}

hasnt()
{
	! grep -qe "$1" "$2"
}

# need COMMAND PACKAGE - install what is missing; false if that fails
need()
{
	command -v "$1" >/dev/null && return
	[ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return
	echo "# installing $2" >&2
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
		"$2" >"$tmp/apt" 2>&1 || {
		apt-get update >/dev/null 2>&1
		DEBIAN_FRONTEND=noninteractive apt-get install -y \
			--no-install-recommends "$2" >"$tmp/apt" 2>&1
	}
	command -v "$1" >/dev/null
}

# tool PROGRAM PACKAGE - its path: the installed one, or one from the package,
# unpacked into the cache; nothing is installed for it
tool()
{
	local dir=${FORKFAIL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/forkfail}/reader/$2 found
	command -v "$1" && return
	found=$(find "$dir" -type f -name "$1" -perm -1 2>/dev/null | head -n 1)
	if [ -z "$found" ] && command -v apt-get >/dev/null; then
		mkdir -p "$dir"
		(cd "$dir" && { apt-get download "$2" || {
			apt-get update && apt-get download "$2"; }; } &&
		 dpkg-deb -x ./*.deb . && rm -f ./*.deb) >"$tmp/apt" 2>&1
		found=$(find "$dir" -type f -name "$1" -perm -1 2>/dev/null | head -n 1)
	fi
	[ -n "$found" ] && echo "$found"
}
