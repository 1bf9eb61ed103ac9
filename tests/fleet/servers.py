# SPDX-License-Identifier: GPL-2.0-or-later
"""Prometheus, Alertmanager and a receiver of their messages, on loopback."""
import http.server
import json
import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request


def get(url, timeout=30):
    with urllib.request.urlopen(url, timeout=timeout) as r:
        return r.read().decode()


def wait_for(what, seconds):
    end = time.time() + seconds
    while time.time() < end:
        try:
            if what():
                return True
        except OSError:
            pass
        time.sleep(0.2)
    return False


class Receiver:
    """Keeps what Alertmanager sends, with the time."""

    def __init__(self, port):
        self.messages = messages = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                messages.append((time.time(), self.path, body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def about(self, alertname, status="firing"):
        return [(t, [a for a in b["alerts"] if a["status"] == status]) for t, _, b in self.messages
                if b["groupLabels"].get("alertname") == alertname and b["status"] == status]


def free_ports(n):
    """Different ports that nobody uses: this may run several times on one machine."""
    sockets = [socket.socket() for _ in range(n)]
    for s in sockets:
        s.bind(("", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Servers:
    """With the shipped rules and routes."""

    def __init__(self, top, work, targets, interval="10s", extra=""):
        self.work = work
        prometheus, alertmanager, receiver = free_ports(3)
        fleet = top + "/contrib/fleet/"
        self.url = "http://127.0.0.1:%d" % prometheus
        os.makedirs(work, exist_ok=True)
        shutil.copy(fleet + "forkfail.rules.yml", work)
        self.set_targets(targets)
        with open(work + "/prometheus.yml", "w") as f:
            f.write("""global:
  scrape_interval: %s
  scrape_timeout: %s
  evaluation_interval: 5s
rule_files: [forkfail.rules.yml]
alerting:
  alertmanagers:
    - static_configs: [{targets: ["127.0.0.1:%d"]}]
scrape_configs:
  - job_name: forkfail
    sample_limit: 120
    file_sd_configs: [{files: [targets.json]}]
%s  - job_name: prometheus
    static_configs: [{targets: ["127.0.0.1:%d"]}]
""" % (interval, interval, alertmanager, extra, prometheus))
        with open(fleet + "alertmanager.yml") as f:
            text = f.read().replace("127.0.0.1:9099", "127.0.0.1:%d" % receiver)
        with open(work + "/alertmanager.yml", "w") as f:
            f.write(text)
        self.receiver = Receiver(receiver)
        self.procs = [
            self.start("prometheus", "--config.file=" + work + "/prometheus.yml", "--storage.tsdb.path=" + work + "/data",
                       "--web.listen-address=127.0.0.1:%d" % prometheus),
            self.start("prometheus-alertmanager", "--config.file=" + work + "/alertmanager.yml",
                       "--storage.path=" + work + "/am", "--web.listen-address=127.0.0.1:%d" % alertmanager,
                       "--cluster.listen-address=")]
        self.ready = wait_for(lambda: get(self.url + "/-/ready"), 60)

    def start(self, *command):
        return subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                stdout=open(self.work + "/" + command[0] + ".log", "w"), stderr=subprocess.STDOUT)

    def set_targets(self, targets):
        """Prometheus watches the file."""
        with open(self.work + "/targets.new", "w") as f:
            json.dump([{"targets": targets}], f)
        os.rename(self.work + "/targets.new", self.work + "/targets.json")

    def query(self, expr):
        """The present value of an expression."""
        url = self.url + "/api/v1/query?" + urllib.parse.urlencode({"query": expr})
        return json.loads(get(url))["data"]["result"]

    def metadata(self, name):
        """The metadata of a family, from the targets."""
        return json.loads(get(self.url + "/api/v1/targets/metadata?metric=" + name))["data"]

    def value(self, expr):
        result = self.query(expr)
        return float(result[0]["value"][1]) if result else 0.0

    def own(self, name):
        """A metric of Prometheus itself; the largest of them."""
        values = [float(x.split()[-1]) for x in get(self.url + "/metrics").splitlines()
                  if x.startswith((name + " ", name + "{"))]
        return max(values) if values else 0.0

    def stop(self):
        for p in self.procs:
            p.terminate()
        for p in self.procs:
            p.wait()
        self.receiver.server.shutdown()
