"""A double of ``tenon:plugin/secret-store``."""

from ._doubles import Refusal, host


class Secret:
    def __init__(self, label: str) -> None:
        self._label = label

    def name(self) -> str:
        return self._label

    def reference(self) -> str:
        return f"((secret:{self._label}))"


def get(name: str) -> Secret:
    if name not in host.secrets:
        raise Refusal("not-found", f"there is no secret {name}")
    return Secret(name)
