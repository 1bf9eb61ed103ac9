# SPDX-License-Identifier: GPL-2.0-or-later
#
# JSON as a parser sees it, of every saved text with every column.

events=seq,pid,tgid,uid,limit,in_use,pidns,userns,first_seq,repeat,counted
json()
{
	local what=$1 array=$2 numbers=$3
	shift 3
	"$FORKFAIL" "$@" >"$tmp/json" 2>/dev/null
	if [ $? -eq 3 ]; then
		check "$what: no data, no JSON" test ! -s "$tmp/json"
	elif python3 "$here/json-check.py" "$array" "$numbers" <"$tmp/json" \
			>"$tmp/rows" 2>"$tmp/err"; then
		ok "$what: $(cat "$tmp/rows") rows"
	else
		not_ok "$what: $(tail -n 1 "$tmp/err")"
	fi
}

all()
{
	"$FORKFAIL" complete columns "$1" | paste -sd,
}

for dump in "$dumps"/*.txt "$dumps"/hostile/*; do
	json "page ${dump##*/}" causes count,limit,in_use -J -i "$dump"
	json "page ${dump##*/}" causes count,limit,in_use -J -o "$(all '')" -i "$dump"
	json "log ${dump##*/}" events $events log -J -i "$dump"
	json "log ${dump##*/}" events $events log -J -o "$(all log)" -i "$dump"
done
json "log twice the same column" events $events log -J -o seq,SEQ -i "$dumps/log-pids.txt"
json causes causes number causes -J -o "$(all causes)"
json "explain -l" causes number explain -l -J -o "$(all explain)"
json "explain ID" causes number explain -J pids-max
json limits limits used,max,percent,room limits -J -o "$(all limits)"
json holders holders tasks,processes,zombies,id holders -J -o "$(all holders)"
check "all causes and six hints" test "$("$FORKFAIL" explain -l -n | wc -l)" -eq \
	$(($("$FORKFAIL" causes -n | wc -l) + 6))
# The log's own record is all there: nothing is lost on the way to JSON.
"$FORKFAIL" log -J -o "$(all log)" -i "$dumps/log-pids.txt" >"$tmp/json"
check "times and numbers arrive unchanged" python3 - "$tmp/json" "$dumps/log-pids.txt" <<'END'
import json, re, sys
rows = json.load(open(sys.argv[1]))["events"]
lines = [l for l in open(sys.argv[2]) if l[0] == "2"]
assert len(rows) == len(lines)
for row, line in zip(rows, lines):
    assert line.startswith(row["time"] + " ")
    for key, quoted, bare in re.findall(r' ([a-z_]+)=(?:"([^"]*)"|(\S+))', line):
        assert str(row[key]) == (quoted or bare), (key, row[key])
END
