"""A double of ``tenon:plugin/log``."""

from enum import Enum

from ._doubles import host


class Level(Enum):
    DEBUG = 0
    INFO = 1
    WARN = 2
    ERROR = 3


def write(level: Level, message: str) -> None:
    host.logs.append(f"{level.name.lower()}: {message}")
