"""Containers' cgroups made by hand, quickly, in every hierarchy that there is, each marked with its number."""
import contextlib
import os
import subprocess

import kernel

PAGE = os.sysconf("SC_PAGE_SIZE")
MARKS = 2  # figures of two generations of one id differ


def id_of(number, token):
    """As Docker's: 64 hexadecimal digits. The token tells those of this run from all others."""
    return f"{number:056x}{token}"


def is_it(name, token):
    return len(name) == 64 and name.endswith(token)


def number_of(name):
    return int(name[:56], 16)


def mark_of(number, generation):
    """What its figures are, none of which is a default: {figure: value}."""
    mark = MARKS * number + generation
    return {"container.threads_limit": 1000 + mark, "mem.limit_bytes": (4096 + mark) * PAGE,
            "shares": 2048 + mark, "weight": 101 + mark % 9000}


class Maker:
    def __init__(self, token):
        self.token = token
        self.mounts = kernel.hierarchies()
        self.name = "nma-churn-" + token
        self.all_tops, self.tops = [], []

    def open(self):
        """Makes the parents. OSError when this machine does not let us."""
        for mount, controllers in self.mounts.items():
            top = f"{mount}/{self.name}"
            if controllers == "v2":
                wanted = {"memory", "pids", "cpu"} & set((kernel.text_of(mount + "/cgroup.controllers") or "").split())
                for directory in (mount, top, top + "/docker"):
                    os.makedirs(directory, exist_ok=True)
                    for name in wanted:
                        with open(directory + "/cgroup.subtree_control", "w") as file:
                            file.write("+" + name)
            os.makedirs(top + "/docker", exist_ok=True)
            self.all_tops.append(top)
        if not self.all_tops:
            raise OSError("no cgroups are mounted")
        # The dear ones first: those in which a container can be marked.
        self.all_tops.sort(key=lambda top: not self.marks_in(top))
        self.tops = list(self.all_tops)

    def narrow(self, count):
        """Containers are made in the first so many hierarchies; None: in all."""
        self.tops = self.all_tops[:count]

    def controllers_of(self, top):
        return self.mounts[os.path.dirname(top)]

    def marks_in(self, top):
        """(file, figure) of the marks in a hierarchy."""
        controllers = self.controllers_of(top)
        if controllers == "v2":
            enabled = (kernel.text_of(top + "/cgroup.subtree_control") or "").split()
            files = {"memory": ("memory.max", "mem.limit_bytes"), "pids": ("pids.max", "container.threads_limit"),
                     "cpu": ("cpu.weight", "weight")}
            return [file for name, file in files.items() if name in enabled]
        files = {"memory": ("memory.limit_in_bytes", "mem.limit_bytes"), "pids": ("pids.max", "container.threads_limit"),
                 "cpu": ("cpu.shares", "shares")}
        return [file for name, file in files.items() if name in controllers]

    def figures(self, tops):
        """The figures by which a container in these hierarchies can be told."""
        return [figure for top in tops for _, figure in self.marks_in(top)]

    def make(self, number, generation=0):
        name, mark = id_of(number, self.token), mark_of(number, generation)
        for top in self.tops:
            directory = f"{top}/docker/{name}"
            os.mkdir(directory)
            for file, figure in self.marks_of(top):
                descriptor = os.open(f"{directory}/{file}", os.O_WRONLY)
                os.write(descriptor, b"%d" % mark[figure])
                os.close(descriptor)

    def marks_of(self, top, known={}):
        if top not in known:
            known[top] = self.marks_in(top)
        return known[top]

    def remove(self, number, tops=None):
        name = id_of(number, self.token)
        for top in tops or self.tops:
            os.rmdir(f"{top}/docker/{name}")

    @contextlib.contextmanager
    def sleepers(self, count):
        """A process in each of the first containers, for a while."""
        processes = []
        try:
            for number in range(count):
                child = subprocess.Popen(["/bin/sleep", "600"], stdin=subprocess.DEVNULL)
                processes.append(child)
                for top in self.tops:
                    directory = f"{top}/docker/{id_of(number, self.token)}"
                    if "cpuset" not in self.controllers_of(top):  # has no processors to give yet
                        self.put(directory, child.pid)
            yield
        finally:
            for child in processes:
                child.kill()
            for child in processes:
                child.wait()

    @staticmethod
    def put(directory, pid):
        with open(directory + "/cgroup.procs", "w") as file:
            file.write(str(pid))

    def place_of_agent(self):
        """A memory cgroup for the agent alone, made anew, or None."""
        for top in self.all_tops:
            if self.controllers_of(top) == "v2" and "memory" in (kernel.text_of(top + "/cgroup.subtree_control") or "") \
                    or self.controllers_of(top) != "v2" and "memory" in self.controllers_of(top):
                directory = top + "/agent"
                with contextlib.suppress(FileNotFoundError):
                    os.rmdir(directory)
                os.mkdir(directory)
                return directory
        return None

    def close(self):
        for mount in self.mounts:
            kernel.remove_tree(f"{mount}/{self.name}")
