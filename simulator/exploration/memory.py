"""How much memory this process takes, and how much more it may take before the machine has to swap.

Linux tells both, in /proc, and what a container may take in the files of its control groups (cgroup, version 1 and 2).
Other systems tell at most the peak of what was taken, which serves as well for something that only grows.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

PROC = Path("/proc")
GROUPS = Path("/sys/fs/cgroup")
PART_OF_FREE = 0.75
"""How much of the free memory is taken without being asked: answering takes some, too, and so do other programs."""
PART_OF_ALL = 0.5
"""How much of all memory, where it is not known what is free."""


def taken() -> int | None:
    """How many bytes of memory this process takes now; None if the system does not tell."""
    try:
        pages = (PROC / "self/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        pass
    try:
        import resource
    except ImportError:  # there is none on Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def spare() -> int | None:
    """How many bytes this process may take in addition without being a nuisance; None if the system does not tell."""
    if taken() is None:
        return None
    left = [number for number in (_free(), *_left_in_groups()) if number is not None]
    if left:
        return int(max(0, min(left)) * PART_OF_FREE)
    try:
        return int(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * PART_OF_ALL)
    except (OSError, ValueError, AttributeError):
        return None


def _free() -> int | None:
    """What the machine could hand out without swapping."""
    return _table(PROC / "meminfo").get("MemAvailable")


def _left_in_groups() -> list[int]:
    """What is left of the limits of the control groups that this process is in, and of those around them."""
    try:
        lines = (PROC / "self/cgroup").read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return []
    left: list[int] = []
    for _, controllers, path in (line.split(":", 2) for line in lines if line.count(":") >= 2):
        if not controllers:
            left += _left_in(GROUPS, path, "memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            left += _left_in(GROUPS / "memory", path, *names)
    return left


def _left_in(root: Path, path: str, limit_name: str, used_name: str, cache_name: str) -> list[int]:
    """In a container the path may be that of the machine outside; then the root is the group that counts."""
    folder = root / path.strip("/")
    left: list[int] = []
    for group in (folder, *folder.parents):
        limit, used = _number(group / limit_name), _number(group / used_name)
        if limit is not None and used is not None:
            left.append(limit - used + _table(group / "memory.stat").get(cache_name, 0))
        if group == root:
            break
    return left


def _number(path: Path) -> int | None:
    """The number in a file; None if there is none, or the word max."""
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _table(path: Path) -> dict[str, int]:
    """A file of lines such as ``inactive_file 4096`` or ``MemAvailable: 16 kB``, in bytes."""
    try:
        rows = [line.replace(":", " ").split() for line in path.read_text(encoding="ascii").splitlines()]
        return {row[0]: int(row[1]) * (1024 if row[2:] == ["kB"] else 1) for row in rows if len(row) > 1}
    except (OSError, ValueError):
        return {}
