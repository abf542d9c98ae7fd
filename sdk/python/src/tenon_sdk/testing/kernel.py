"""A double of ``tenon:plugin/kernel``."""

from ._doubles import Answer, Refusal, host


def call(method: str, path: str, body: str) -> Answer:
    answer = host.kernel(method, path, body)
    if answer is None:
        raise Refusal("denied", f"the test answers no {method} {path}")
    return answer
