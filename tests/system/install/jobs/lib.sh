# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Sourced by the jobs, on the system under test.

passed=0 failed=0

# check NAME COMMAND...: COMMAND succeeds
check()
{
	if ("${@:2}") >out 2>&1; then
		passed=$((passed + 1))
		echo "ok - $1"
	else
		failed=$((failed + 1))
		echo "not ok - $1"
		tail -n 40 out | sed 's/^/# /'
	fi
}

done_testing()
{
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ]
	exit
}

install() { apt-get install -q -y -o Dpkg::Use-Pty=0 "$@"; }
purge() { dpkg-query -W -f '${Package}\n' 'forkfail*' | xargs apt-get purge -q -y; }

# No package is half installed or unconfigured, and other packages can still be installed.
healthy()
{
	[ -z "$(dpkg --audit)" ] && dpkg --configure -a && apt-get check -q && install "$(other)"
}
other() { printf '%s\n' /srv/*/dkms_*.deb | head -n 1; }

loaded() { [ -d /sys/module/forkfail ] && head -n 1 /proc/forkfail; }
unloaded() { ! [ -e /sys/module/forkfail ] && ! [ -e /proc/forkfail ]; }

# What is left of forkfail, except logs and what the tests have put there.
left()
{
	find / -xdev -name '*forkfail*' -not -path '/mnt/*' -not -path '/etc/initramfs-tools/*' \
		-not -path '/var/log/*'
	find /lib/modules -name dkms -not -empty
	dkms status
	grep -rsl forkfail /etc /lib/modules/*/modules.dep | grep -vx -e /etc/hostname
}
gone() { [ -z "$(left)" ] || { left; return 1; }; }
