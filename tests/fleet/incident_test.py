# SPDX-License-Identifier: GPL-2.0-or-later
"""The time from the first refusal in a VM to the message of Alertmanager outside of it.
usage: incident_test.py TOP WORK KERNEL HOLD"""
import os
import re
import subprocess
import sys
import time

from servers import Servers, free_ports

TOP, WORK, KERNEL, HOLD = sys.argv[1:5]
PORT = free_ports(1)[0]
WANT = {"pid_max": ("pid-exhausted", "limit", "batch.service"), "threads-max": ("threads-max", "limit", "batch.service"),
        "pids-max": ("pids-max-ancestor", "limit", "system.slice")}
passed = failed = 0


def check(what, ok, more=""):
    global passed, failed
    passed += bool(ok)
    failed += not ok
    print("%s - %s: %s%s" % ("ok" if ok else "not ok", KERNEL, what, "" if ok else ": " + str(more)[:1500]), flush=True)


tls = WORK + "/tls"
os.makedirs(tls)
subprocess.run(["bash", "-ec", """cd "$0"
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca
    for n in server client; do
        openssl req -newkey rsa:2048 -nodes -keyout $n.key -out $n.csr -subj /CN=$n
        openssl x509 -req -in $n.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out $n.pem
    done; chmod 644 *""", tls], check=True, capture_output=True)
s = Servers(TOP, WORK + "/servers", ["127.0.0.1:%d" % PORT], extra="""    scheme: https
    tls_config: {cert_file: %s/client.pem, key_file: %s/client.key, insecure_skip_verify: true}
""" % (tls, tls))
check("the servers are ready", s.ready)
env = dict(os.environ, FORKFAIL_FORWARD="%d:10433" % PORT)
vm = subprocess.Popen([TOP + "/tests/vm/run", "-k", KERNEL, "-t", str(240 + 4 * int(HOLD)), "--module", "virtio_pci",
                       "--module", "virtio_net", "-f", WORK + "/agent", "-f", tls, "--",
                       "env", "HOLD=" + HOLD, "bash", "/host/agent/incident-guest"],
                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
full, out = {}, []
for line in vm.stdout:
    out.append(line)
    print("# " + line, end="", flush=True)
    m = re.match("full (.*)", line)
    if m:
        full[m[1]] = time.time()
rc = vm.wait()
text = "".join(out)
check("the guest came to its end", rc == 0, text)
for name, (cause, cls, unit) in WANT.items():
    hits = [(t, a) for t, x in s.receiver.about("ForkFailed") for a in x
            if a["labels"]["cause"].startswith(cause) and t >= full.get(name, 9e9)]
    took = hits[0][0] - full[name] if hits else -1
    check("%s: from the first refusal to the message: %.1f s" % (name, took), hits and took < 30,
          (full, [(t, a["labels"]) for t, x in s.receiver.about("ForkFailed") for a in x]))
    if hits:
        a = hits[0][1]
        check("... with class and unit: %s %s" % (a["labels"]["class"], a["annotations"]["unit"]),
              (a["labels"]["class"], a["annotations"]["unit"]) == (cls, unit), a)
m = re.search(r"textfile stale for (\d+) s", text)
check("metrics by a timer were stale for %s s meanwhile" % (m and m[1]), m and int(m[1]) >= int(HOLD))
check("the agent was refused nothing: it started nothing", "refusals of the agent: 0" in text)
check("... and can start nothing", re.search(r"Threads: 1 .*Seccomp: 2|Seccomp: 2", text))
s.stop()
print("%d passed, %d failed" % (passed, failed))
sys.exit(failed != 0)
