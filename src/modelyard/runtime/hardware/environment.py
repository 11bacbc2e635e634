"""Whether we run on a machine, in a virtual one, or in a container (spec lifecycle 12)."""

from __future__ import annotations

from modelyard.runtime.gauges.machine import Machine
from modelyard.runtime.hardware.report import Environment

LIMIT = 2.0
"""Seconds that systemd-detect-virt may take."""

_CONTAINERS = {
    "docker": "Docker",
    "libpod": "Podman",
    "podman": "Podman",
    "kubepods": "Kubernetes",
    "containerd": "containerd",
    "lxc": "LXC",
    "rkt": "rkt",
    "systemd-nspawn": "systemd-nspawn",
}
_MACHINES = {
    "kvm": "KVM",
    "qemu": "KVM",
    "vmware": "VMware",
    "virtualbox": "VirtualBox",
    "innotek": "VirtualBox",
    "oracle": "VirtualBox",
    "xen": "Xen",
    "parallels": "Parallels",
    "bochs": "Bochs",
    "firecracker": "Firecracker",
    "amazon ec2": "Amazon EC2",
    "google compute engine": "Google Compute Engine",
    "openstack": "OpenStack",
    "hyper-v": "Hyper-V",
    "virtual machine": "Hyper-V",
    "microsoft": "Hyper-V",
}


def environment(machine: Machine) -> Environment:
    """The innermost that can be told: a container on a virtual machine is a container."""
    kernel = machine.text("/proc/sys/kernel/osrelease").lower()
    if "microsoft" in kernel or "wsl" in kernel:
        return Environment("wsl", "WSL", "2" if "wsl2" in kernel else None)
    return _container(machine) or _virtual_machine(machine) or _by_systemd(machine)


def _container(machine: Machine) -> Environment | None:
    signs = [machine.text("/run/systemd/container"), *_container_of_init(machine), machine.text("/proc/1/cgroup")]
    for sign in signs:
        if name := _named(sign, _CONTAINERS):
            return Environment("container", name)
    if machine.path("/.dockerenv").exists():
        return Environment("container", "Docker")
    if machine.path("/run/.containerenv").exists():
        return Environment("container", "Podman")
    return None


def _container_of_init(machine: Machine) -> list[str]:
    """What the first process was told that it is in."""
    entries = machine.text("/proc/1/environ").split("\0")
    return [entry.partition("=")[2] for entry in entries if entry.startswith("container=")]


def _virtual_machine(machine: Machine) -> Environment | None:
    """By what the firmware calls itself; else by the processors' word that a hypervisor is there."""
    firmware = " ".join(machine.text(f"/sys/class/dmi/id/{name}") for name in ("sys_vendor", "product_name"))
    guest = "hypervisor" in machine.text("/proc/cpuinfo").partition("flags")[2].partition("\n")[0].split()
    name = _named(machine.text("/sys/hypervisor/type"), _MACHINES)
    if guest or name:
        return Environment("virtual_machine", name or _named(firmware, _MACHINES))
    return None


def _by_systemd(machine: Machine) -> Environment:
    """Ask the program that knows most; it ends with 1 where there is nothing to tell."""
    said = (machine.run("systemd-detect-virt", limit=LIMIT, codes=(0, 1)) or "").strip()
    if said == "none":
        return Environment("native")
    if name := _named(said, _CONTAINERS):
        return Environment("container", name)
    if said:
        return Environment("virtual_machine", _named(said, _MACHINES))
    return Environment("unknown")


def _named(text: str, names: dict[str, str]) -> str | None:
    lower = text.lower()
    return next((name for word, name in names.items() if word in lower), None)
