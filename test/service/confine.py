"""Runs a command under the filter of system calls that a unit's SystemCallFilter= lines come to.

Usage: confine.py UNIT COMMAND... The lines are read from the unit and their sets asked of systemd-analyze; what lies
outside fails with EPERM, as SystemCallErrorNumber= says. systemd does the same, through the same library.
"""

import ctypes
import os
import re
import subprocess
import sys

SCMP_ACT_ALLOW = 0x7FFF0000
SCMP_ACT_ERRNO_EPERM = 0x00050000 | 1


def members(name):
    """System calls of a set, sets within it included; of a plain name itself."""
    if not name.startswith("@"):
        return {name}
    listed = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True).stdout
    words = [line.strip() for line in listed.splitlines()[1:]]
    return set().union(*(members(word) for word in words if word and not word.startswith("#")))


def allowed(unit):
    calls = set()
    with open(unit) as lines:
        for line in lines:
            found = re.match(r"SystemCallFilter=(~?)(.*)", line)
            if not found:
                continue
            named = set().union(*(members(word) for word in found[2].split()))
            # The first line decides what is meant, systemd.exec(5): an allow list, with @default always in it.
            calls = calls - named if found[1] else calls | named | members("@default")
    return calls


def confine(calls):
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(SCMP_ACT_ERRNO_EPERM)))
    for call in sorted(calls):
        number = library.seccomp_syscall_resolve_name(call.encode())
        # Below 0: not of this architecture.
        if number >= 0 and library.seccomp_rule_add(context, ctypes.c_uint32(SCMP_ACT_ALLOW), number, 0) != 0:
            sys.exit("cannot allow " + call)
    if library.seccomp_load(context) != 0:
        sys.exit("cannot load the filter")


unit, *command = sys.argv[1:]
confine(allowed(unit))
os.execvp(command[0], command)
