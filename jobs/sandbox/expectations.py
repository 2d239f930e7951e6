"""Says what a sandbox must deny: for each fact of the probe what it has to be, and the mend."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jobs.sandbox.profile import SandboxLimits

_MB = 1024 * 1024
_AGENT_ID = 10001
_WORK = {"/workspace", "/tmp", "/run/agent", "/dev/shm", "/dev/mqueue"}  # noqa: S108 - the container's own
_MOST_FILES = 1_000_000
_MOUNTED = re.compile(r"/|/(dev|proc|sys)(/.*)?|/etc/(hostname|hosts|resolv\.conf)|/run")
_NAMES_FROM_OUTSIDE = re.compile(
    "TOKEN|SECRET|KEY|PASSW|CREDENTIAL|PROXY|DATABASE|REDIS|DOCKER|PATCHBAY|OPENAI|AWS_|GITHUB"
)
_SHOWN = 120

Facts = dict[str, Any]
"""What the probe found, by name; see inside/probe.py."""

GVISOR: dict[str, str] = {
    "no_new_privileges": "its kernel gives nobody more rights for running a file, and does not say",
    "seccomp": "calls end in its own kernel; Docker's filter is not applied, its own is outside",
    "families": "its network stack has no way to the host's",
    "calls": "they are carried out by its own kernel, if at all",
    "switches": "they belong to its own kernel",
    "unmasked": "it shows files of its own kernel only",
    "unguarded": "it shows files of its own kernel only",
    "devices": "they are its own",
    "makes_devices": "what can be made is a device of its own kernel",
    "nosuid": "it does not name the options of mounts, and knows no setuid",
    "server_readable": "processes of one user are open to each other; the server holds no secret",
    "memory": "the host's control group limits the whole of it, which is not shown inside",
    "swap": "the same",
    "pids": "the same, and at the limit the whole sandbox ends",
    "cpu": "the same",
    "own_control_group": "the same",
    "files": "it does not count files; memory ends what they can take",
    "killed_first": "its processes are the host's to order, which is not shown inside",
}
"""What cannot be asked of gVisor, and why that is no hole."""


@dataclass(frozen=True)
class Expectation:
    """One denial: what it is called where it is missing, and what has to be done about it."""

    fact: str
    missing: str
    mend: str
    holds: Callable[[Facts, SandboxLimits], bool]

    def said(self, facts: Facts) -> str:
        """Name what is possible, what was seen of it, and the mend."""
        seen = facts.get(self.fact)
        shown = f" ({_words(seen)})" if seen not in (None, "", [], {}) else ""
        return f"{self.missing}{shown} [mend: {self.mend}]"


def _words(seen: Any) -> str:
    words = ", ".join(map(str, seen)) if isinstance(seen, list | dict) else str(seen)
    return words if len(words) <= _SHOWN else words[:_SHOWN] + "…"


def unmet(facts: Facts, limits: SandboxLimits, *, gvisor: bool) -> list[str]:
    """List what is possible and should not be, each with its mend."""
    asked = [one for one in EXPECTED if not (gvisor and one.fact in GVISOR)]
    return [one.said(facts) for one in asked if not one.holds(facts, limits)]


def _nothing(fact: str) -> Callable[[Facts, SandboxLimits], bool]:
    return lambda facts, _: not facts[fact]


def _at_most(fact: str, most: Callable[[SandboxLimits], int]) -> Callable[..., bool]:
    return lambda facts, limits: 0 < facts[fact] <= most(limits)


def _room(fact: str, most: Callable[[SandboxLimits], int]) -> Callable[..., bool]:
    return lambda facts, limits: 0 < facts[fact]["bytes"] <= most(limits)


def _swap(facts: Facts, limits: SandboxLimits) -> bool:
    # Empty: this kernel does not count swap, and Docker has said so at its start.
    return facts["swap"] in {"", "0", str(limits.memory_mb * _MB)}


def _processor(facts: Facts, limits: SandboxLimits) -> bool:
    quota, _, period = facts["cpu"].partition(" ")
    return bool(quota.isdigit() and int(quota) == int(limits.cpus * int(period or 100_000)))


def _counted(facts: Facts, _: SandboxLimits) -> bool:
    # Docker's shared memory has no such limit; what its files take counts as memory.
    return all(0 < facts[place]["files"] <= _MOST_FILES for place in ("workspace", "tmp"))


def _without(option: str) -> Callable[[Facts, SandboxLimits], bool]:
    return lambda facts, _: all(
        f" {option} " in options for path, options in facts["mounts"].items() if path in _WORK
    )


def _known_mounts(facts: Facts, _: SandboxLimits) -> bool:
    return all(path in _WORK or _MOUNTED.fullmatch(path) for path in facts["mounts"])


def _own_environment(facts: Facts, _: SandboxLimits) -> bool:
    names = [name for name in facts["environment"] if _NAMES_FROM_OUTSIDE.search(name.upper())]
    return not names and not facts["secret_values"]


_PROFILE = "jobs/sandbox/profile.py"
_NEVER = f"take it out of {_PROFILE}; an engine that adds it by itself is not fit"
_CGROUPS = "the kernel must count it (docker info says what it cannot)"

EXPECTED = (
    Expectation("uid", "commands run as another user than the agent's",
                f"User 10001:10001 in {_PROFILE}; the engine must not change it",
                lambda facts, _: facts["uid"] == _AGENT_ID),
    Expectation("groups", "commands have groups besides the agent's", f"GroupAdd: {_NEVER}",
                lambda facts, _: facts["groups"] == [_AGENT_ID]),
    Expectation("capabilities", "capabilities are left",
                f"CapDrop ALL, no CapAdd, not Privileged, in {_PROFILE}",
                lambda facts, _: not any(facts["capabilities"])),
    Expectation("no_new_privileges", "privileges can be gained by setuid",
                f"SecurityOpt no-new-privileges:true in {_PROFILE}",
                lambda facts, _: facts["no_new_privileges"] == "1"),
    Expectation("seccomp", "no seccomp filter is on",
                "docker info must list seccomp (kernel: CONFIG_SECCOMP_FILTER), and SecurityOpt "
                f"seccomp=… must be in {_PROFILE}",
                lambda facts, _: facts["seccomp"] == "2"),
    Expectation("families", "sockets of dangerous families open",
                "SecurityOpt seccomp must be jobs/sandbox/seccomp.json, not the engine's own",
                _nothing("families")),
    Expectation("calls", "dangerous system calls are let through",
                "SecurityOpt seccomp must be jobs/sandbox/seccomp.json, not the engine's own",
                _nothing("calls")),
    Expectation("interfaces", "there is a network", f"NetworkMode none in {_PROFILE}; for gVisor "
                "also --network=none in the runtime's arguments in daemon.json",
                lambda facts, _: facts["interfaces"] == ["lo"]),
    Expectation("reaches", "there is a way to other machines", f"NetworkMode none in {_PROFILE}",
                _nothing("reaches")),
    Expectation("unix_sockets", "sockets of the host's programs are within reach",
                f"NetworkMode none in {_PROFILE}", _nothing("unix_sockets")),
    Expectation("nameservers", "the host's name servers are told", f"Dns 127.0.0.1 in {_PROFILE}",
                lambda facts, _: set(facts["nameservers"]) <= {"127.0.0.1"}),
    Expectation("writable", "more than the work folders can be written",
                f"ReadonlyRootfs in {_PROFILE}",
                lambda facts, _: set(facts["writable"]) <= _WORK),
    Expectation("mounts", "the root of the file system is not read-only",
                f"ReadonlyRootfs in {_PROFILE}",
                lambda facts, _: " ro " in facts["mounts"]["/"]),
    Expectation("mounts", "folders of the host are inside", f"Binds, Mounts, VolumesFrom: {_NEVER}",
                _known_mounts),
    Expectation("nosuid", "a work folder is mounted without nosuid", f"nosuid in {_PROFILE}, Tmpfs",
                _without("nosuid")),
    Expectation("nosuid", "a work folder is mounted without nodev", f"nodev in {_PROFILE}, Tmpfs",
                _without("nodev")),
    Expectation("engine_sockets", "the engine's socket is inside", f"Binds, Mounts: {_NEVER}",
                _nothing("engine_sockets")),
    Expectation("devices", "devices of the host are inside", f"Devices, Privileged: {_NEVER}",
                _nothing("devices")),
    Expectation("makes_devices", "devices can be made", f"CapDrop ALL in {_PROFILE}",
                _nothing("makes_devices")),
    Expectation("switches", "the kernel's switches can be set",
                f"neither Privileged nor systempaths=unconfined in {_PROFILE}",
                _nothing("switches")),
    Expectation("unmasked", "files of the kernel are not masked", f"MaskedPaths: {_NEVER}",
                _nothing("unmasked")),
    Expectation("unguarded", "files of the kernel are not read-only", f"ReadonlyPaths: {_NEVER}",
                _nothing("unguarded")),
    Expectation("server_readable", "the tool server's memory or root can be looked into",
                "CapDrop ALL; kernel.yama or prctl(PR_SET_DUMPABLE) is not honoured here",
                _nothing("server_readable")),
    Expectation("initial_namespaces", "namespaces of the host are shared",
                f"IpcMode private, CgroupnsMode private, no PidMode, no UTSMode, in {_PROFILE}",
                _nothing("initial_namespaces")),
    Expectation("own_control_group", "the control group of the host shows",
                f"CgroupnsMode private in {_PROFILE}",
                lambda facts, _: facts["own_control_group"] == "/"),
    Expectation("parent_of_shell", "the processes of the host show", f"PidMode: {_NEVER}",
                lambda facts, _: facts["parent_of_shell"] == 1),
    Expectation("hostname", "the host's name shows", f"Hostname sandbox, no UTSMode, in {_PROFILE}",
                lambda facts, _: facts["hostname"] == "sandbox"),
    Expectation("environment", "the environment holds what is not the sandbox's",
                f"environment() in {_PROFILE}, and the image's own ENV", _own_environment),
    Expectation("memory", "memory is not limited", f"Memory in {_PROFILE}; {_CGROUPS}",
                lambda facts, limits: facts["memory"] == str(limits.memory_mb * _MB)),
    Expectation("swap", "swap is not limited", f"MemorySwap in {_PROFILE}; or swapoff -a", _swap),
    Expectation("pids", "processes are not limited", f"PidsLimit in {_PROFILE}; {_CGROUPS}",
                lambda facts, limits: facts["pids"] == str(limits.pids)),
    Expectation("cpu", "processor time is not limited", f"NanoCpus in {_PROFILE}; {_CGROUPS}",
                _processor),
    Expectation("file_size", "file size is not limited", f"Ulimits fsize in {_PROFILE}",
                _at_most("file_size", lambda limits: limits.file_mb * _MB)),
    Expectation("open_files", "open files are not limited", f"Ulimits nofile in {_PROFILE}",
                _at_most("open_files", lambda limits: limits.open_files)),
    Expectation("core", "core dumps are written", f"Ulimits core 0 in {_PROFILE}",
                lambda facts, _: facts["core"] == 0),
    Expectation("locked", "locked memory is not limited", f"Ulimits memlock in {_PROFILE}",
                lambda facts, _: 0 <= facts["locked"] <= _MB),
    Expectation("workspace", "the workspace is not limited", f"size of /workspace in {_PROFILE}",
                _room("workspace", lambda limits: limits.workspace_mb * _MB)),
    Expectation("tmp", "the folder for temporary files is not limited",
                f"size of /tmp in {_PROFILE}", _room("tmp", lambda limits: limits.tmp_mb * _MB)),
    Expectation("shared_memory", "shared memory is not limited", f"ShmSize in {_PROFILE}",
                _room("shared_memory", lambda limits: limits.shared_memory_mb * _MB)),
    Expectation("files", "the number of files is not limited", f"nr_inodes in {_PROFILE}, Tmpfs",
                _counted),
    Expectation("killed_first", "the host's processes are ended before the sandbox's",
                f"OomScoreAdj in {_PROFILE}; a rootless engine cannot set it",
                lambda facts, _: facts["killed_first"] > 0),
)  # fmt: skip
