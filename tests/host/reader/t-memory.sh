# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every command under valgrind: no error, nothing lost, no descriptor left open;
# and with little memory.

if need valgrind valgrind; then
	n=0
	while read -r args; do
		n=$((n + 1))
		# shellcheck disable=SC2086
		(cd "$dumps" && valgrind -q --error-exitcode=77 --leak-check=full \
			--errors-for-leak-kinds=definite,indirect --track-fds=no \
			"$FORKFAIL" $args) >"$tmp/out" 2>"$tmp/err"
		status=$?
		check "valgrind forkfail $args" test $status -ne 77
		[ $status -ne 77 ] || head -n 20 "$tmp/err"
	done <<-'END'
	-i page-pids.txt
	-i log-pids.txt
	-J -i hostile/newer
	-i hostile/garbage
	-i hostile/escapes
	log -i hostile/long-line
	log -J -n 1 --cause pids-max --cgroup / --uid 0 --since 1h -i page-pids.txt
	log -P -i hostile/quote-open
	explain -i page-pids.txt
	explain -J -i hostile/newer
	explain pids-max
	causes -r
	limits
	limits -u 0 --warn 90
	holders
	metrics -i hostile/counts-overflow
	--help
	log -o nonsense
	END
fi

# A machine that is short of memory: 32 MiB of address space are enough, and with
# too little the reader says so.
for args in "-i $dumps/page-pids.txt" "log -i $dumps/log-pids.txt" holders limits; do
	# shellcheck disable=SC2086
	(ulimit -v 32768 && "$FORKFAIL" $args >/dev/null 2>"$tmp/err")
	check "32 MiB are enough: $args" test $? -le 1
done
(ulimit -v 24000 && "$FORKFAIL" -i "$dumps/page-pids.txt" -i /dev/zero >/dev/null 2>"$tmp/err")
check "with too little memory: exit status 3" test $? -eq 3
check "... and one line of message" test "$(wc -l <"$tmp/err")" -eq 1

# It never forks and never starts a thread.
if command -v strace >/dev/null; then
	for args in "-i $dumps/page-pids.txt" "log -J -i $dumps/log-pids.txt" limits holders; do
		# shellcheck disable=SC2086
		strace -f -o "$tmp/strace" -e trace=clone,clone3,fork,vfork,execve "$FORKFAIL" $args >/dev/null 2>&1
		check "no fork: $args" test "$(grep -c . "$tmp/strace")" -le 2
	done
fi
check "it calls no function that forks" test -z "$(nm -D --undefined-only "$FORKFAIL" |
	grep -E ' (fork|vfork|clone|pthread_create|posix_spawnp?|system|popen)(@|$)')"
