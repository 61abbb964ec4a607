"""What a checkpoint looks like as a file: one line, a digest, a header, and blocks of whole numbers.

A line that names format and version; the length and the digest (BLAKE2b) of all that follows; a header in JSON, with its
length before it; then the blocks, as the header lists them. A block is compressed, and holds numbers of one width. Nothing
in it is ever executed, as a pickle would be. The file is written beside the old one and then put in its place, so that at
any moment there is a whole one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.errors import CheckpointError, correction

FORMAT = b"simulator checkpoint "
VERSION = 1
MAGIC = FORMAT + b"%d\n" % VERSION
DIGEST_BYTES = 32
LENGTH_BYTES = 8
QUICK = 1
"""How hard to compress: a third of the size for little time."""


@dataclass
class Blocks:
    """The blocks of a file by name; a name may have several blocks, which are read as one."""

    known: dict[str, list[bytes]] = field(default_factory=dict)

    def add(self, name: str, numbers: Sequence[int]) -> None:
        """One more block: whole numbers, not negative."""
        if numbers:
            self.known.setdefault(name, []).append(block(numbers))

    def set(self, name: str, numbers: Sequence[int]) -> None:
        """This block only, instead of those before."""
        self.known[name] = [block(numbers)] if numbers else []

    def read(self, name: str) -> list[int]:
        """All numbers of a name."""
        return [number for content in self.known.get(name, ()) for number in numbers_in(content)]


def block(numbers: Sequence[int]) -> bytes:
    """Numbers in as many bytes each as the largest of them needs; that width is the first byte, or two."""
    width = max(1, (max(numbers).bit_length() + 7) // 8)
    together = b"".join([number.to_bytes(width, "little") for number in numbers])
    return width.to_bytes(2, "little") + zlib.compress(together, QUICK)


def numbers_in(content: bytes) -> Iterator[int]:
    """The numbers of a block."""
    width = int.from_bytes(content[:2], "little")
    together = zlib.decompress(content[2:])
    return (int.from_bytes(together[place : place + width], "little") for place in range(0, len(together), width))


def signed(numbers: Iterable[int]) -> list[int]:
    """Numbers that may be negative, as numbers that are not: 0, -1, 1, -2, 2, …"""
    return [2 * number if number >= 0 else -2 * number - 1 for number in numbers]


def unsigned(numbers: Iterable[int]) -> Iterator[int]:
    """The numbers that `signed` was given."""
    return (-(number + 1) // 2 if number & 1 else number // 2 for number in numbers)


def write(path: Path, header: Mapping[str, Any], blocks: Blocks) -> None:
    """Write a file, and put it in the place of the one before as the last thing. Raises OSError."""
    listed = [(name, len(content)) for name, contents in blocks.known.items() for content in contents]
    head = json.dumps({**header, "blocks": listed}).encode()
    parts = [len(head).to_bytes(LENGTH_BYTES, "little"), head]
    parts += [content for contents in blocks.known.values() for content in contents]
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for part in parts:
        digest.update(part)
    beside = path.with_name(f"{path.name}.new")
    with open(beside, "wb") as file:
        file.write(MAGIC + sum(map(len, parts)).to_bytes(LENGTH_BYTES, "little") + digest.digest())
        file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, path)
    with contextlib.suppress(OSError):  # not every system lets a folder be opened
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def read(path: Path) -> tuple[dict[str, Any], Blocks]:
    """Header and blocks of a file, whole and as they were written. Raises `CheckpointError` for anything else."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"cannot read the checkpoint {path}: {error.strerror or error}.") from None
    if not content.startswith(MAGIC):
        raise _other(path, content)
    start = len(MAGIC) + LENGTH_BYTES + DIGEST_BYTES
    length = int.from_bytes(content[len(MAGIC) : len(MAGIC) + LENGTH_BYTES], "little")
    payload = memoryview(content)[start:]
    digest = hashlib.blake2b(payload, digest_size=DIGEST_BYTES).digest()
    if len(payload) != length or digest != content[start - DIGEST_BYTES : start]:
        raise damaged(path)
    first = LENGTH_BYTES + int.from_bytes(payload[:LENGTH_BYTES], "little")
    header = json.loads(bytes(payload[LENGTH_BYTES:first]))
    blocks = Blocks()
    for name, size in header["blocks"]:
        blocks.known.setdefault(name, []).append(bytes(payload[first : first + size]))
        first += size
    return header, blocks


def _other(path: Path, content: bytes) -> CheckpointError:
    if len(content) < len(MAGIC) and MAGIC.startswith(content):
        return damaged(path)
    if content.startswith(FORMAT):
        version = content[len(FORMAT) :].split(b"\n", 1)[0][:20].decode("ascii", "replace")
        return CheckpointError(
            f"the checkpoint {path} has version {version} of the format, and this simulator reads version {VERSION}.\n"
            "Probably it was written by another version of the simulator.\n"
            "Go on with that one, or delete the file and explore from the start."
        )
    return CheckpointError(
        correction(
            f"{path} is no checkpoint of this simulator. It was left as it is.",
            (f"explore(program, checkpoint={str(path)!r})", "this file holds something else"),
            ("explore(program, checkpoint='walk.ckpt')", "a file of its own, made when it is first needed"),
        )
    )


def damaged(path: Path) -> CheckpointError:
    """The error for a file that is not as it was written."""
    return CheckpointError(
        f"the checkpoint {path} is damaged: a part of it is missing or was changed.\n"
        "Probably it was copied while it was being written, or cut off.\n"
        "Take another copy, or delete the file and explore from the start."
    )
