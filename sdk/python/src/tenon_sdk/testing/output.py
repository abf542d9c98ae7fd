"""A double of ``tenon:plugin/output``."""

from ._doubles import host


def stdout(data: bytes) -> None:
    host.stdout += data.decode(errors="replace")


def stderr(data: bytes) -> None:
    host.stderr += data.decode(errors="replace")
