# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every saved page and log, in every form, against what it should look like.

# every_form FILE - what the reader prints, with messages and exit statuses
every_form()
{
	local args
	while read -r args; do
		echo "==== forkfail $args"
		# shellcheck disable=SC2086
		(cd "$dumps" && "$FORKFAIL" $args -i "$1" 2>&1; echo "status $?") |
			grep -v '^forkfail_failures_total.* 0$' | cut -c1-400
	done < <(forms "$1")
}

# What a dump of a real kernel needs is less: it is long, and its point is that
# every line of it is understood.
forms()
{
	if [[ $1 =~ -[0-9]+\.[0-9]+\.txt$ ]]; then
		cat <<'END'
--utc
-r
log -r -o seq,cause,errno,limit,in_use,object,candidates
explain
metrics
END
		return
	fi
	cat <<'END'
--utc

-J
-P
-r
-n -o cause,count,meaning
--color always
log
log --utc -n
log -n 1
log -J -o +seq,last,proof
log -P -o +holders,complete
log -r -o time,seq,cause,limit,candidates
explain
explain -J -o number,id,do
metrics
metrics --openmetrics
END
}

for dump in $(cd "$dumps" && find . -type f ! -name '*.md' | sort); do
	dump=${dump#./}
	golden=$here/golden/${dump//\//.}
	every_form "$dump" >"$tmp/now"
	if cmp -s "$golden" "$tmp/now"; then
		ok "$dump"
		continue
	fi
	if [ -n "$accept" ]; then
		[ -e "$golden" ] && diff -u "$golden" "$tmp/now"
		cp "$tmp/now" "$golden"
	else
		not_ok "$dump is not printed as in $golden"
		[ -e "$golden" ] && diff -u "$golden" "$tmp/now" |
			cut -c1-200 | head -n 20
	fi
done
# A golden file of a dump that is gone.
for golden in "$here"/golden/*; do
	dump=${golden##*/}
	[ -e "$dumps/$dump" ] || [ -e "$dumps/${dump/.//}" ] || {
		if [ -n "$accept" ]; then
			rm "$golden"
		else
			not_ok "$golden has no dump"
		fi
	}
done

# The module of this tree says nothing that the reader does not know.
for dump in "$dumps"/*-[0-9]*.txt; do
	"$FORKFAIL" log -J -i "$dump" >"$tmp/out" 2>"$tmp/err"
	check "${dump##*/}: every line is read" test $? -eq 0
	check "${dump##*/}: every key is known" hasnt '"other"' "$tmp/out"
	"$FORKFAIL" log -n -r -o cause -i "$dump" 2>/dev/null | sort -u |
		grep -vxF -f <("$FORKFAIL" causes -n -r -o id) >"$tmp/out"
	check "${dump##*/}: every cause is known" test ! -s "$tmp/out"
done

# A page and a log of before most keys: nobody renews them by mistake, and all is understood.
for dump in old-page old-log; do
	check "$dump.txt is old" hasnt ' version \| asked=\| hard=\|^lasting: ' "$dumps/$dump.txt"
	"$FORKFAIL" -i "$dumps/$dump.txt" >"$tmp/out" 2>"$tmp/err"
	check "$dump.txt: failures" test $? -eq 1
	check "$dump.txt: nothing that is not understood" test ! -s "$tmp/err"
	check "$dump.txt: advice of today" has '^do  *echo [0-9]* >/' "$tmp/out"
	"$FORKFAIL" log -J -o +other -i "$dumps/$dump.txt" >"$tmp/out"
	check "$dump.txt: every event" test "$(grep -c '"seq": ' "$tmp/out")" -eq "$(grep -c ' seq=' "$dumps/$dump.txt")"
done
