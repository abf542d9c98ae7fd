"""Why a call did not succeed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class TenonError(Exception):
    """An error of the contract.

    The message is one sentence for a person: lower case, no full stop, names the thing and the way
    out. ``invalid`` (the caller's input is wrong), ``unavailable`` (try again), ``abandoned``
    (contact with the work was lost), ``unsupported`` and ``internal`` (a bug in the plugin) are
    the codes that a plugin says.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        retry_after_ms: int | None = None,
        detail: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after_ms = retry_after_ms
        self.detail = dict(detail or {})


def host(call: Callable[..., T], *values: Any) -> T:
    """Calls a function of the host, and turns its refusal into a `TenonError`."""
    try:
        return call(*values)
    except Exception as err:
        said = getattr(err, "value", None)
        code = getattr(said, "code", None)
        if code is None:
            raise
        raise TenonError(
            code,
            said.message,
            retry_after_ms=said.retry_after_ms,
            detail=dict(said.detail),
        ) from None
