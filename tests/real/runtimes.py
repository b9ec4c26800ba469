"""Containers by podman and by runc alone, with everything that they keep below one directory of ours."""
import contextlib
import json
import os
import shutil
import subprocess
import time

import kernel


class Unable(Exception):
    """This machine does not let us make such a container."""


def run(*command, check=True, timeout=60):
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unable(f"{' '.join(command[:2])}: {error}") from error
    if check and done.returncode != 0:
        raise Unable(f"{' '.join(command[:2])} ended with {done.returncode}: {done.stderr[-600:]}")
    return done.stdout


def make_rootfs(directory):
    for name in ("bin", "proc", "sys", "dev", "tmp", "etc", "run"):
        os.makedirs(os.path.join(directory, name), exist_ok=True)
    busybox = os.path.join(directory, "bin/busybox")
    shutil.copy(shutil.which("busybox"), busybox)
    for applet in run(busybox, "--list").split():
        if not os.path.lexists(os.path.join(directory, "bin", applet)):
            os.symlink("busybox", os.path.join(directory, "bin", applet))
    return directory


class Container:
    def __init__(self, name, container_id, pid, mounts):
        self.name, self.id, self.pid, self.mounts = name, container_id, pid, mounts
        self.without = []  # ends of paths of containers nested in it
        self.places = kernel.paths_of(pid, container_id, mounts)

    def reading(self):
        return kernel.read_container(self.places, self.mounts, self.pid, self.without)


def remove_cgroup(path):
    for mount in kernel.all_mounts():
        kernel.remove_tree(mount + path)


class Podman:
    def __init__(self, work, cgroup_parent, mounts):
        self.work, self.parent, self.mounts = work, cgroup_parent, mounts
        self.rootfs = os.path.join(work, "podman-rootfs")
        # crun refuses hosts with both versions.
        self.command = ["podman", "--root", f"{work}/store", "--runroot", f"{work}/run", "--tmpdir", f"{work}/tmp",
                        "--storage-driver=vfs", "--cgroup-manager=cgroupfs", "--runtime=runc"]
        self.runc = RuncState(["runc"])

    def __enter__(self):
        make_rootfs(self.rootfs)
        return self

    def __exit__(self, *_):
        with contextlib.suppress(Unable):
            self.call("rm", "-f", "-t", "0", "-a", check=False)
        remove_cgroup(self.parent)

    def call(self, *arguments, check=True):
        return run(*self.command, *arguments, check=check)

    def start(self, name, script, *limits, network="none"):
        rootfs = self.rootfs + "-" + name
        shutil.copytree(self.rootfs, rootfs, symlinks=True)
        # Raising limits of processes is not permitted everywhere, and podman would try.
        self.call("run", "-d", "--name", name, "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024",
                  "--network", network, "--cgroup-parent", self.parent, *limits, "--rootfs", rootfs, "sh", "-c", script)
        state = json.loads(self.call("inspect", name))[0]
        return Container(name, state["Id"], state["State"]["Pid"], self.mounts)

    def remove(self, name):
        self.call("rm", "-f", "-t", "0", name)


class RuncState:
    def __init__(self, command):
        self.command = command

    def stats(self, container_id):
        return json.loads(run(*self.command, "events", "--stats", container_id))["data"]


class Runc(RuncState):
    """Containers as Mesos lays them out: at a cgroup's path of our choice."""

    def __init__(self, work, mounts):
        super().__init__(["runc", "--root", f"{work}/runc"])
        self.work, self.mounts = work, mounts
        self.specs, self.containers = {}, {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in list(self.specs)[::-1]:
            self.remove(name)

    def start(self, name, container_id, cgroup, script, network=True, **resources):
        bundle = os.path.join(self.work, "bundle-" + name)
        make_rootfs(bundle + "/rootfs")
        run(*self.command, "spec", "--bundle", bundle)
        with open(bundle + "/config.json") as file:
            spec = json.load(file)
        spec["process"].pop("rlimits", None)
        spec["process"].update(terminal=False, args=["sh", "-c", script])
        spec["root"]["readonly"] = False
        spec["linux"]["cgroupsPath"] = cgroup
        spec["linux"]["resources"].update(resources)
        if not network:
            spec["linux"]["namespaces"] = [s for s in spec["linux"]["namespaces"] if s["type"] != "network"]
            spec["mounts"] = [mount for mount in spec["mounts"] if mount["destination"] != "/sys"]
        self.specs[name] = bundle, container_id, cgroup, spec
        return self.launch(name)

    def launch(self, name):
        bundle, container_id, _, spec = self.specs[name]
        with open(bundle + "/config.json", "w") as file:
            json.dump(spec, file)
        with open(bundle + "/log", "w") as log:  # not a pipe, which the container would keep open
            command = [*self.command, "run", "-d", "--bundle", bundle, container_id]
            if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=60).returncode != 0:
                raise Unable("runc run: " + open(bundle + "/log").read()[-600:])
        pid = json.loads(run(*self.command, "state", container_id))["pid"]
        container = self.containers.setdefault(name, Container(name, container_id, pid, self.mounts))
        container.pid = pid
        return container

    def stop(self, name):
        _, container_id, cgroup, _ = self.specs[name]
        run(*self.command, "kill", container_id, "KILL", check=False)
        for _ in range(50):
            if run(*self.command, "delete", container_id, check=False) or \
                    not os.path.exists(f"{self.work}/runc/{container_id}"):
                break
            time.sleep(0.05)
        remove_cgroup(cgroup.removesuffix("/leaf"))

    def restart(self, name, script):
        self.stop(name)
        self.specs[name][3]["process"]["args"] = ["sh", "-c", script]
        self.launch(name)

    def remove(self, name):
        if name not in self.specs:
            return
        self.stop(name)
        del self.specs[name]
        for mount in kernel.all_mounts():
            try:
                os.rmdir(mount + "/mesos")  # when we made it; in use or gone otherwise
            except OSError:
                pass
