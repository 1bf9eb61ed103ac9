# SPDX-License-Identifier: GPL-2.0-or-later
#
# What compilers and analysers say; the parser under the fuzzer.

make -s -C "$top/userspace" analyze >"$tmp/out" 2>&1
check "gcc -Wall -Wextra -fanalyzer" test $? -eq 0 -a ! -s "$tmp/out" || head -n 40 "$tmp/out"
if command -v clang >/dev/null; then
	make -s -C "$top/userspace" O=build/clang CC=clang CFLAGS='-O1 -Werror' >"$tmp/out" 2>&1
	check "clang -Wall -Wextra" test $? -eq 0 || head -n 40 "$tmp/out"
fi
make -s -C "$top/userspace" O=build/sanitize \
	CFLAGS='-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined' >"$tmp/out" 2>&1
check "sanitizers" test $? -eq 0
for dump in "$dumps"/*.txt "$dumps"/hostile/*; do
	for args in "" "-J" "log" "log -P" "explain" "metrics"; do
		# shellcheck disable=SC2086
		"$top/userspace/build/sanitize/forkfail" $args -i "$dump" >/dev/null 2>"$tmp/err"
		has 'Sanitizer\|runtime error' "$tmp/err" && not_ok "$args ${dump##*/}"
	done
done
"$top/userspace/build/sanitize/forkfail" limits >/dev/null 2>"$tmp/err"
check "limits with sanitizers" hasnt 'Sanitizer\|runtime error' "$tmp/err"
"$top/userspace/build/sanitize/forkfail" holders >/dev/null 2>"$tmp/err"
check "holders with sanitizers" hasnt 'Sanitizer\|runtime error' "$tmp/err"
"$here/fuzz" "${FUZZ_SECONDS:-$([ -n "${FORKFAIL_LONG-}" ] && echo 300 || echo 8)}" >"$tmp/out" 2>&1
check "fuzzer: $(tail -n 1 "$tmp/out")" test $? -eq 0 || cat "$tmp/out"

"$top/tests/lib/newer-symbols" "$top/userspace/build/forkfail" >"$tmp/out"
check "no function that the C library of Debian 11 does not have" test ! -s "$tmp/out" || cat "$tmp/out"

# Packages are built with make -jN.
mkdir "$tmp/parallel"
cp -r "$top"/{Makefile,dkms.conf,uapi,userspace,man} "$tmp/parallel"
rm -rf "$tmp/parallel/userspace/build"
cat >"$tmp/log-cc" <<'END'
#!/bin/sh
for word; do
	case $word in
	*.o) [ "$last" != -o ] || echo "$word" >>"${0%/*}/compiled" ;;
	esac
	last=$word
done
exec cc "$@"
END
chmod +x "$tmp/log-cc"
make -s -j4 -C "$tmp/parallel" reader agent man-causes CC="$tmp/log-cc" CFLAGS=-O0 >"$tmp/out" 2>&1
check "make -j4 builds reader and agent" test $? -eq 0 || cat "$tmp/out"
check "... and each file once" test -z "$(sort "$tmp/compiled" | uniq -d)"

# Installation, into an empty directory.
make -s -C "$top/userspace" install DESTDIR="$tmp/inst" PREFIX=/usr >"$tmp/out" 2>&1
check "make install" test $? -eq 0
for f in usr/sbin/forkfail usr/share/man/man8/forkfail.8 usr/share/man/man5/forkfail.5 \
	 usr/share/man/man4/forkfail.4 usr/share/bash-completion/completions/forkfail; do
	check "... $f" test -s "$tmp/inst/$f"
done
make -s -C "$top/userspace" uninstall DESTDIR="$tmp/inst" PREFIX=/usr
check "make uninstall leaves nothing" test -z "$(find "$tmp/inst" -type f)"
