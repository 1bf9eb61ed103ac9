# SPDX-License-Identifier: GPL-2.0-or-later
#
# doctor on made-up systems: each thing that can be wrong is said, with what to do.

root=$tmp/doctor
put()
{
	mkdir -p "$root/${1%/*}"
	cat >"$root/$1"
}
release=6.12.107
machine()
{
	rm -rf "$root"
	put proc/self/stat <<<1
	put proc/sys/kernel/osrelease <<<"$release"
	put proc/sys/kernel/ftrace_enabled <<<1
	put "boot/config-$release" <<-END
	#
	CONFIG_MODULES=y
	CONFIG_PROC_FS=y
	CONFIG_KALLSYMS=y
	CONFIG_KPROBES=y
	CONFIG_KRETPROBES=y
	CONFIG_FUNCTION_TRACER=y
	CONFIG_DYNAMIC_FTRACE=y
	CONFIG_CGROUPS=y
	CONFIG_SECCOMP=y
	END
	mkdir -p "$root/lib/modules/$release/build"
	put "lib/modules/$release/modules.dep" <<<'updates/dkms/forkfail.ko.xz:'
	put sys/module/forkfail/version <<<"$version"
	put proc/forkfail <"$dumps/page-none.txt"
}
version=$("$FORKFAIL" -V | sed 's/^forkfail \([^,]*\),.*/\1/')

# finds WHAT STATUS CHECK STATE PATTERN
finds()
{
	local what=$1 want=$2 check=$3 state=$4 pattern=$5
	status "$what" "$want" "$FORKFAIL" doctor -s "$root"
	check "... $check is $state" has "^$state  *$check  *.*$pattern" "$tmp/out"
}

machine
status "a healthy machine" 0 "$FORKFAIL" doctor -s "$root"
check "... nothing is broken" hasnt '^BROKEN' "$tmp/out"
check "... points" has '^ok  *points  *19 of 19' "$tmp/out"
sed '1s/$/ facts guessed/' "$dumps/page-none.txt" | put proc/forkfail
finds "facts that nobody read" 0 facts notice 'forkfail selftest'
machine
rm -r "$root/sys/module/forkfail" "$root/proc/forkfail"
finds "not loaded" 1 module BROKEN 'not loaded: modprobe forkfail'
# first_steps N - so many lines say what is to be done
first_steps() { test "$(grep -cE '^(BROKEN|notice) +(module|built|dkms|headers|kernel) +.*: (modprobe|install|read|dkms|run)' "$tmp/out")" = "$1"; }
check "... one thing to do first" first_steps 1
check "... but built" has '^ok  *built  *updates/dkms/forkfail.ko.xz for kernel 6.12.107' "$tmp/out"
rm "$root/lib/modules/$release/modules.dep"
finds "no module for this kernel" 1 built BROKEN 'no module for kernel 6.12.107: install the package'
check "... one thing to do first" first_steps 1
put var/lib/dkms/forkfail/0.1.0/build/make.log <<-END
DKMS make.log for forkfail
module/main.c:1:10: fatal error: linux/x.h: No such file
END
finds "what DKMS said" 1 dkms BROKEN 'fatal error: linux/x.h'
check "... one thing to do first" first_steps 1
rmdir "$root/lib/modules/$release/build"
finds "no headers" 1 headers BROKEN 'install them .*, then dkms install -m forkfail'
check "... one thing to do first" first_steps 1
rm -r "$root/var/lib/dkms"
finds "no headers, and no DKMS" 1 headers BROKEN 'install them'
check "... which is not advised" hasnt 'dkms install' "$tmp/out"
check "... one thing to do first" first_steps 1
put proc/sys/kernel/osrelease <<<6.18.3
finds "nothing is there, and the kernel was never tested" 1 kernel notice 'not on 6.18$'
check "... one thing to do first" first_steps 1
put proc/sys/kernel/osrelease <<<"$release"
put sys/kernel/security/lockdown <<<'none [integrity] confidentiality'
finds "lockdown" 1 signature notice 'lockdown: the kernel loads only modules with a signature'
put sys/kernel/security/lockdown <<<'none integrity [confidentiality]'
finds "lockdown without kprobes" 1 lockdown BROKEN 'lockdown=integrity'
put sys/kernel/security/lockdown <<<'[none] integrity confidentiality'
put sys/module/module/parameters/sig_enforce <<<Y
finds "signatures enforced" 1 signature notice 'module.sig_enforce'
put proc/sys/kernel/modules_disabled <<<1
finds "no modules until the next boot" 1 modules BROKEN 'reboot'
machine
sed -i '/KRETPROBES/d; s/CONFIG_DYNAMIC_FTRACE=y/# CONFIG_DYNAMIC_FTRACE is not set/' "$root/boot/config-$release"
finds "missing options" 1 options BROKEN 'without CONFIG_KRETPROBES, CONFIG_DYNAMIC_FTRACE'
machine
put proc/sys/kernel/ftrace_enabled <<<0
finds "ftrace is off" 1 ftrace BROKEN 'ftrace_enabled'
put sys/kernel/debug/kprobes/enabled <<<0
finds "kprobes are off" 1 kprobes BROKEN 'kprobes/enabled'
machine
put proc/forkfail <"$dumps/page-blind.txt"
finds "points are missing" 1 points BROKEN '19 of 21'
check "... each, and what is not seen without it" has '^BROKEN  *blind  *copy_namespaces is not armed' "$tmp/out"
check "... missed" has '^notice  *missed  *3 calls' "$tmp/out"
check "... unexplained" has '^notice  *unexplained  *1 ' "$tmp/out"
sed '1s/$/ internal 7/' "$dumps/page-none.txt" | put proc/forkfail
finds "tasks of the kernel's own" 0 internal notice '7 threads or workers .* could not be created'
machine
sed '1s/$/ noroom 12 load 7b/' "$dumps/page-pids.txt" | put proc/forkfail
finds "failures without room" 0 noroom notice '12 failures were counted but not classified'
notwatched() { sed "1s/\$/ notwatched $1/" "$dumps/page-none.txt" | put proc/forkfail; }
on=/sys/module/forkfail/parameters
notwatched stacks
finds "stacks are not watched" 0 watched notice "switched off: stacks: echo Y >$on/stacks\$"
notwatched syscalls
finds "system calls are not watched" 0 watched notice "switched off: syscalls: echo Y >$on/syscalls\$"
notwatched stacks,syscalls
finds "neither is watched" 0 watched notice "off: stacks,syscalls: echo Y >$on/stacks; echo Y >$on/syscalls\$"
# one of each
sed '1s/missed [0-9]*/missed 1/; 1s/unexplained [0-9]*/unexplained 1/; 1s/lost [0-9]*/lost 1/; 1s/$/ internal 1 noroom 1 load 7b/' \
	"$dumps/page-none.txt" | put proc/forkfail
finds "a call that was not watched" 0 missed notice '1 call was not watched'
check "... a failure that is not explained" has '^notice  *unexplained  *1 failure has no known cause' "$tmp/out"
check "... is in no event" has '^notice  *lost  *1 failure was counted but kept in no event' "$tmp/out"
check "... is not classified" has '^notice  *noroom  *1 failure was counted but not classified' "$tmp/out"
check "... a worker" has '^notice  *internal  *1 thread or worker for the kernel.s own use' "$tmp/out"
machine
put sys/module/forkfail/version <<<0.0.9
finds "another version" 0 version notice 'reload the module'
release=6.18.3 machine
put proc/sys/kernel/osrelease <<<6.18.3
finds "a kernel that was never tested" 0 kernel notice 'not on 6.18'
release=6.12.107
# A page that somebody has sent.
status "a saved page" 1 "$FORKFAIL" doctor -i "$dumps/page-blind.txt"
check "... its points" has '^BROKEN  *points  *19 of 21' "$tmp/out"
check "... nothing of this machine" hasnt ' \(module\|built\|headers\|options\) ' "$tmp/out"
status "... a healthy one" 0 "$FORKFAIL" doctor -i "$dumps/page-none.txt"
sed '1s/kernel [^ ]*/kernel 6.18.3/' "$dumps/page-none.txt" >"$tmp/other"
"$FORKFAIL" doctor -i "$tmp/other" >"$tmp/out"
check "... of a kernel that was never tested" has '^notice  *kernel  *.*not on 6.18' "$tmp/out"
status "... none" 3 "$FORKFAIL" doctor -i /dev/null
FORKFAIL_LONG='' "$top/tests/vm/run" -l 2>/dev/null | sed 's/-.*//' | sort -uV | paste -sd' ' >"$tmp/tested"
check "the kernels that tests run on" test "$(sed -n 's/^#define FORKFAIL_TESTED_SERIES.*"\(.*\)"/\1/p' "$top/uapi/tested.h")" = "$(cat "$tmp/tested")"
status "an empty system" 1 "$FORKFAIL" doctor -s "$tmp/none"
for f in proc/forkfail sys/module/forkfail/version proc/sys/kernel/osrelease "boot/config-6.12.107" lib/modules/6.12.107/modules.dep; do
	machine
	head -c 3000 /dev/urandom >"$root/$f"
	"$FORKFAIL" doctor -s "$root" >"$tmp/out" 2>"$tmp/err"
	[ $? -le 1 ] || not_ok "a garbled $f"
	LC_ALL=C grep -qP '[^\x20-\x7e\n]' "$tmp/out" "$tmp/err" && not_ok "a garbled $f shows"
done
ok "garbled systems"
