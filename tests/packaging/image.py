#!/usr/bin/env python3
"""The OCI image: what is in it, for which processors, and at work: alone, describing its host, beside an application.

image.py [ARCHIVE]; needs root, podman and runc. Images and containers of this machine are not touched.
"""
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

import bed
import kernel  # tests/real has it
from bed import Report, Unable, run

report = Report("image")
SHUT_IN = ["--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges", "--memory", "32m", "--pids-limit", "32",
           "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]
NAME = "localhost/node-metrics-agent:"
NAME_KEYS = ("org.opencontainers.image.ref.name", "io.containerd.image.name")
POD = f"/nma-pod-{os.getpid()}"


class Podman:
    """With a store of its own below `work`."""

    def __init__(self, work, archive):
        self.command = ["podman", "--root", f"{work}/store", "--runroot", f"{work}/run", "--tmpdir", f"{work}/tmp",
                        "--storage-driver=vfs", "--cgroup-manager=cgroupfs", "--runtime=runc"]
        self.image = self("load", "--quiet", "--input", archive).strip().removeprefix("Loaded image: ")

    def __call__(self, *arguments, check=True):
        return run(*self.command, *arguments, check=check, timeout=120)

    def once(self, options, *arguments):
        return self("run", "--rm", "--network", "none", *SHUT_IN, *options, self.image, *arguments)

    def start(self, options, *arguments):
        return self("run", "--detach", *SHUT_IN, *options, self.image, *arguments).strip()

    def end(self):
        # Who lends its network to another goes after it.
        for _ in range(3):
            self("rm", "--all", "--force", "--time", "1", check=False)
            if not self("ps", "--all", "--quiet", check=False).strip():
                return
        report.check(False, "its containers end", self("ps", "--all", check=False))


def check_index(archive):
    with tarfile.open(archive) as tar:
        def blob(digest):
            return json.load(tar.extractfile("./blobs/" + digest.replace(":", "/")))
        index = json.load(tar.extractfile("./index.json"))
        names = {index["manifests"][0]["annotations"].get(key) for key in NAME_KEYS}
        report.check(names == {NAME + bed.version()}, "podman and containerd are told the same name", names)
        images = blob(index["manifests"][0]["digest"])["manifests"]
        platforms = ["/".join(filter(None, (one["platform"]["architecture"], one["platform"].get("variant")))) for one in images]
        report.check("amd64" in platforms, "there is one for amd64", platforms)
        for wanted in ("arm64", "arm/v7"):
            if any(one.startswith(wanted) for one in platforms):
                report.check(True, f"there is one for {wanted}")
            else:
                report.skip(f"there is one for {wanted}", "its static program was not built (make static ARCH=\"arm64 armhf\")")
        for platform, image in zip(platforms, images):
            manifest = blob(image["digest"])
            config = blob(manifest["config"]["digest"])
            settings = config["config"]
            report.check(settings["User"] == "65534:65534" and settings["Entrypoint"] == ["/node-metrics-agent"]
                         and config["architecture"] == platform.split("/")[0], f"{platform}: not root's, and starts the agent",
                         config)
            names = []
            for layer in manifest["layers"]:
                with tarfile.open(fileobj=tar.extractfile("./blobs/" + layer["digest"].replace(":", "/"))) as files:
                    names += [one.name for one in files if not one.isdir()]
            report.check(sorted(names) == ["licenses/LICENSE", "licenses/THIRD-PARTY", "node-metrics-agent"],
                         f"{platform}: there is one program in it, and licences", names)


def datapoints(text):
    return {(point["name"], *sorted(point.get("tags", {}).items())) for point in json.loads(text)["datapoints"]}


def check_host(podman):
    # Else the image's own files may lie on the host's disk, which then tells its room.
    mounts = ["--pid", "host", "--tmpfs", "/host", "-v", "/proc:/host/proc:ro", "-v", "/sys:/host/sys:ro"]
    ask = ["--host-root", "/host", "--view", "full", "once", "node"]
    there = datapoints(run("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--bounding-set", "-all", program,
                           "--view", "full", "once", "node"))
    of_mounts = {name for name in there if name[0].startswith("filesystem.")}
    text = podman.once(mounts, *ask)
    got = datapoints(text)
    report.check(len(there) > 100 and there - of_mounts <= got, "with /proc and /sys it describes the host, but for its disks' room",
                 sorted(there - of_mounts - got))
    report.check(not {name for name in got if name[0].startswith("filesystem.")}
                 and json.loads(text)["missing"].get("mounts") == "not_available", "and says that this room is missing",
                 json.loads(text)["missing"])
    said = " ".join(podman("run", "--rm", "--network", "none", *SHUT_IN, *mounts, podman.image, "--host-root", "/host", "doctor",
                           check=False).split())
    report.check("MISSING mounts" in said and "-v /:/host:ro,rslave" in said, "doctor says what to mount for it", said)
    # What is mounted at the same place in the image is not the host's, unless the device says so.
    got = datapoints(podman.once(["--pid", "host", "-v", "/:/host:ro,rslave"], *ask))
    report.check(there <= got, "with the host's / also that", sorted(there - got))


def check_alone(podman, work):
    report.check(podman.once([], "--version").startswith("node-metrics-agent "), "it runs with nothing given to it")
    os.mkdir(work + "/api")
    os.chown(work + "/api", 65534, 65534)
    container = podman.start(["--network", "none", "-v", f"{work}/api:/api"], "--listen", "unix:/api/socket", "--auth", "none")
    answer = ask_socket(work + "/api/socket", "/v0/ping")
    report.check('"ok":true' in answer, "it answers on a socket in a directory that is mounted", answer + podman("logs", container))
    start = time.monotonic()
    podman("stop", "--time", "30", container)
    report.check(time.monotonic() - start < 20, "it ends when it is asked to")


def ask_socket(path, target, patience_s=20):
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        done = subprocess.run(["curl", "-s", "--unix-socket", path, "http://localhost" + target], capture_output=True, text=True,
                              check=False)
        if done.returncode == 0 and done.stdout:
            return done.stdout
        time.sleep(0.2)
    return ""


def pod_mounts():
    """The pod's cgroups, as the only ones that the sidecar has."""
    mounts = []
    for line in open("/proc/self/mountinfo", encoding="ascii"):
        fields = line.split()
        place, kind = fields[4], fields[fields.index("-") + 1]
        if kind in ("cgroup", "cgroup2") and os.path.isdir(place + POD):
            mounts += ["-v", f"{place}{POD}:{place}:ro"]
    return mounts


def check_sidecar(podman, work):
    """An application in a container, and the agent beside it: in its network, on loopback, and with its pod's cgroups."""
    rootfs = work + "/rootfs"
    os.makedirs(rootfs + "/bin")
    shutil.copy(shutil.which("busybox"), rootfs + "/bin/busybox")
    application = podman("run", "--detach", "--network", "none", "--cgroup-parent", POD, "--ulimit", "nofile=1024:1024",
                         "--ulimit", "nproc=1024:1024", "--rootfs", rootfs, "/bin/busybox", "sleep", "600").strip()
    with open(work + "/agent.json", "w", encoding="ascii") as file:
        json.dump({"interval_s": 1, "statsd": {"listen": ["127.0.0.1:8125"], "host_container": "application"}}, file)
    beside = ["--network", "container:" + application, "--pid", "container:" + application, "--cgroup-parent", POD, *pod_mounts(),
              "-v", f"{work}/agent.json:/agent.json:ro"]
    sidecar = podman.start(beside, "--config", "/agent.json")
    pid = podman("inspect", "--format", "{{.State.Pid}}", application).strip()
    inside = ["nsenter", "--target", pid, "--net"]

    def ask(path):
        return run(*inside, "curl", "-s", "--retry", "10", "--retry-connrefused", "--retry-delay", "1",
                   "http://127.0.0.1:61092/v0" + path)
    ask("/ping")
    send = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'page.views:3|c', ('127.0.0.1', 8125))"
    run(*inside, sys.executable, "-c", send)
    wanted = sorted([application, sidecar, "application"])
    for _ in range(40):
        time.sleep(0.5)
        listed = sorted(json.loads(ask("/containers")))
        if listed == wanted:
            break
    report.check(listed == wanted, "beside an application it lists its pod, no others",
                 (listed, podman("logs", sidecar, check=False)))
    got = {name[0] for name in datapoints(ask("/containers/" + application))}
    report.check({"cpus.user_time_secs", "mem.total_bytes"} & got, "and has the application's figures", sorted(got))
    got = json.loads(ask("/containers/application/app"))["datapoints"]
    report.check([(one["name"], one["value"]) for one in got] == [("page.views", 3)], "and what it sends", got)
    # A container of its own: what starts a program in a running one may be too large for the sidecar's memory.
    said = podman("run", "--rm", *SHUT_IN, *beside, podman.image, "--config", "/agent.json", "doctor", check=False)
    report.check("as for a pod's sidecar" in said and "TROUBLE" not in said, "doctor takes its pod for no trouble", said)


def main():
    global program
    found = sys.argv[1] if len(sys.argv) > 1 else None
    why = bed.tools_missing("podman", "runc", "busybox", "setpriv", "nsenter", "curl")
    if why:
        report.skip("all", why)
        return
    archive = found or bed.package("oci/*.oci.tar", "image")
    program = f"{bed.BUILD}/static/{run('dpkg', '--print-architecture').strip()}/node-metrics-agent"
    with tempfile.TemporaryDirectory(prefix="nma-image-", ignore_cleanup_errors=True) as work:
        os.chmod(work, 0o755)
        check_index(archive)
        podman = Podman(work, archive)
        names = podman("images", "--format", "{{.Repository}}:{{.Tag}}").split()
        report.check(names == [NAME + bed.version()], "it has its name once it is loaded", names)
        try:
            for check in (lambda: check_alone(podman, work), lambda: check_host(podman), lambda: check_sidecar(podman, work)):
                try:
                    check()
                except Unable as error:
                    report.check(False, "runs to its end", error)
        finally:
            podman.end()
            for mount in kernel.all_mounts():
                kernel.remove_tree(mount + POD)


main()
sys.exit(report.status())
