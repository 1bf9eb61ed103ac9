# SPDX-License-Identifier: GPL-2.0-or-later
"""Rules, routes and dashboard against the real servers, with hosts that are one program.
usage: fleet_test.py TOP WORK TARGETS..."""
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time

from servers import Servers, free_ports, wait_for

sys.path.insert(0, sys.argv[1] + "/tests/host/agent")
from lib import Agent, log, page  # noqa: E402

TOP, WORK = sys.argv[1:3]
PORT = free_ports(1)[0]
passed = failed = 0


def check(what, ok, more=""):
    global passed, failed
    passed += bool(ok)
    failed += not ok
    print("%s - %s%s" % ("ok" if ok else "not ok", what, "" if ok else ": " + str(more)[:600]), flush=True)


def exposition(a):
    """The metrics of a real agent on a healthy machine."""
    time.sleep(4)
    text = a.get("/metrics")[2]
    path = WORK + "/exposition"
    with open(path, "w") as f:
        f.write(text)
    return path


def queries():
    d = json.load(open(TOP + "/contrib/fleet/dashboard.json"))
    for p in d["panels"]:
        for t in p["targets"]:
            yield p["title"], re.sub(r"\$job\b", ".*", t["expr"])


def openmetrics(s):
    """Prometheus requests OpenMetrics, and rejects anything else: there, families have no _total."""
    check("the agent itself is scraped", wait_for(lambda: s.value('up{job="real"}') == 1, 30))
    check("... in OpenMetrics", [m for m in s.metadata("forkfail_class_failures")
                                 if m["target"]["job"] == "real" and m["type"] == "counter"])
    check("... all of it", s.value('scrape_samples_scraped{job="real"}') > 25 and
          s.value('count({job="real", __name__=~"forkfail_.*|process_.*"})') == s.value('scrape_samples_scraped{job="real"}'))


def measure(n, s, work, tell, dashboard):
    check("%d hosts: the servers are ready" % n, s.ready)
    check("... all are scraped", wait_for(lambda: s.value('count(up{job="forkfail"} == 1)') == n, 60 + n / 20),
          s.value('count(up{job="forkfail"} == 1)'))
    if dashboard:
        openmetrics(s)
    time.sleep(12)
    quiet = len(s.receiver.about("ForkFailed"))
    many = min(500, n // 2)
    since = time.time()
    tell("fail 0 %d pids-max limit" % many)
    got = wait_for(lambda: s.receiver.about("ForkFailed") and
                   any(a["labels"]["cause"] == "pids-max" for _, x in s.receiver.about("ForkFailed") for a in x), 60)
    first = [(t, x) for t, x in s.receiver.about("ForkFailed") if any(a["labels"]["cause"] == "pids-max" for a in x)]
    check("%d of them fail: the message comes in %.1f s" % (many, first[0][0] - since if first else -1),
          got and first[0][0] - since < 30)
    check("... with the hosts known by then: %d" % len(first[0][1]) if first else "...", first and len(first[0][1]) > 0)
    if first:
        a = first[0][1][0]
        check("... with cause, class, unit and what to do", a["labels"]["class"] == "limit" and
              "TasksMax" in a["annotations"]["do"] and a["annotations"]["unit"] == "web.service", a)
    if dashboard:
        for title, expr in queries():
            result = []
            try:
                wait_for(lambda: s.query(expr), 40)
                result = s.query(expr)
            except OSError as e:
                result = e
            check("dashboard: %s" % title, isinstance(result, list) and result, (expr, result))
            if title == "The agents: memory":
                check("... not that of Prometheus", 0 < s.value(expr) < 32 * 2**20 < s.value('process_resident_memory_bytes{job="prometheus"}'),
                      s.value(expr))
    time.sleep(max(0, (40 if n > 500 else 25) - (time.time() - since)))
    messages = [(t, x) for t, x in s.receiver.about("ForkFailed") if any(a["labels"]["cause"] == "pids-max" for a in x)]
    check("one or two messages for %d hosts: %d" % (many, len(messages)), 1 <= len(messages) <= 2)
    check("those that had failed long ago made none, at first", quiet <= 1, quiet)
    if dashboard and os.environ.get("FORKFAIL_LONG"):
        def in_all():
            return [set(a["labels"]["instance"] for a in x if a["labels"]["cause"] == "pids-max")
                    for _, x in s.receiver.about("ForkFailed")]
        wait_for(lambda: any(len(x) >= many for x in in_all()), 330)
        sizes = [len(x) for x in in_all() if x]
        check("the next message, after group_interval, has all %d hosts, and there are two in all: %s" % (many, sizes),
              len(sizes) <= 2 and max(sizes) == many, sizes)
    check("no rule has failed", s.value('sum(prometheus_rule_evaluations_total{rule_group=~".*forkfail-.*"})') > 0 and
          s.value('count(prometheus_rule_evaluation_failures_total{rule_group=~".*forkfail-.*"})') == 5 and
          s.value('sum(prometheus_rule_evaluation_failures_total{rule_group=~".*forkfail-.*"})') == 0)
    seen = 'count(count_over_time(up{job="forkfail"}[1h]))'
    check("... while hosts go and others come", wait_for(lambda: s.value(seen) > n, 45), s.value(seen))
    print("# %d hosts were seen" % s.value(seen))
    cpu = [os.popen("ps -o cputimes= -p %d" % p.pid).read().strip() for p in s.procs[:1]]
    up = time.time() - os.stat(work + "/prometheus.yml").st_mtime
    print("# %d hosts: %d series, %.0f samples/s; Prometheus: %.0f MiB, %.2f CPUs; slowest scrape %.0f ms, 99th %.0f ms; rules: %s" % (
        n, s.own("prometheus_tsdb_head_series"), s.value("sum(rate(prometheus_tsdb_head_samples_appended_total[1m]))") or
        s.value("sum(scrape_samples_scraped)") / 10,
        s.own("process_resident_memory_bytes") / 2**20, float(cpu[0] or 0) / up,
        1000 * s.value("max(scrape_duration_seconds)"), 1000 * s.value("quantile(.99, scrape_duration_seconds)"),
        ", ".join("%s %.0f ms" % (g, 1000 * s.own('prometheus_rule_group_last_duration_seconds{rule_group="%s/forkfail.rules.yml;forkfail-%s"}' % (work, g)))
                  for g in ("failures", "gaps", "headroom", "blindness", "fleet"))), flush=True)


def address(i):
    return "127.%d.%d.%d:%d" % (1 + (i + 1) // 65536, (i + 1) // 256 % 256, (i + 1) % 256, PORT)


def replace(s, n, over):
    """Every half minute, one host in a hundred is replaced by a new one."""
    some, new = max(1, n // 100), n
    while not over.wait(30):
        s.set_targets([address(i) for i in list(range(n - some)) + list(range(new, new + some))])
        new += some
        if new + some > served(n):
            break


def served(n):
    return n + 20 * max(1, n // 100)


def one(n, path, dashboard, port):
    work = WORK + "/%d" % n
    shutil.rmtree(work, ignore_errors=True)
    fleet = subprocess.Popen([WORK + "/fleet", str(PORT), str(served(n)), path], stdin=subprocess.PIPE, text=True)

    def tell(line):
        fleet.stdin.write(line + "\n")
        fleet.stdin.flush()
    s = Servers(TOP, work, [address(i) for i in range(n)], extra="""  - job_name: real
    static_configs: [{targets: ["127.0.0.1:%d"]}]
""" % port)
    over = threading.Event()
    churn = threading.Thread(target=replace, args=(s, n, over))
    churn.start()
    try:
        measure(n, s, work, tell, dashboard)
    finally:
        over.set()
        churn.join()
        s.stop()
        fleet.kill()
        fleet.wait()


os.makedirs(WORK, exist_ok=True)
agent = Agent(TOP, log([]), page())
p = exposition(agent)
for i, n in enumerate(int(x) for x in sys.argv[3:]):
    one(n, p, i == 0, agent.port)
agent.stop()
print("%d passed, %d failed" % (passed, failed))
sys.exit(failed != 0)
