"""A double of ``tenon:plugin/http``."""

from __future__ import annotations

from ._doubles import Answer, Refusal, host


class Request:
    def __init__(self, method: str, url: str) -> None:
        self.method = method
        self.url = url
        self.headers: list[tuple[str, str]] = []
        self.content = b""

    def header(self, name: str, value: str) -> None:
        self.headers.append((name, value))

    def body(self, data: bytes) -> None:
        self.content = data

    def timeout_ms(self, ms: int) -> None:
        pass


class Response:
    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._rest = answer.body.encode()

    def status(self) -> int:
        return self._answer.status

    def headers(self) -> list[tuple[str, str]]:
        return list(self._answer.headers.items())

    def read(self, max: int) -> bytes:
        part, self._rest = self._rest[:max], self._rest[max:]
        return part


def send(request: Request) -> Response:
    answer = host.http(request.method, request.url, request.headers, request.content)
    if answer is None:
        raise Refusal("denied", f"the test answers no {request.method} {request.url}")
    return Response(answer)
