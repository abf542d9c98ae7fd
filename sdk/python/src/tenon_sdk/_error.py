"""Why a call did not succeed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class TenonError(Exception):
    """An error of the contract: ``raise TenonError.not_found("there is no feed at …")``.

    The message is one sentence for a person: lower case, no full stop, names the thing and the way
    out. There is a function for each code of the contract; the list of codes may grow.
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

    @classmethod
    def invalid(cls, message: str) -> TenonError:
        """The caller's input is wrong."""
        return cls("invalid", message)

    @classmethod
    def not_found(cls, message: str) -> TenonError:
        """What was asked for is not there."""
        return cls("not-found", message)

    @classmethod
    def denied(cls, message: str) -> TenonError:
        """The caller may not do this, or a grant is missing."""
        return cls("denied", message)

    @classmethod
    def unavailable(cls, message: str, retry_after_ms: int | None = None) -> TenonError:
        """Trying again may help, after the time that is said."""
        return cls("unavailable", message, retry_after_ms=retry_after_ms)

    @classmethod
    def conflict(cls, message: str) -> TenonError:
        """Somebody else was faster."""
        return cls("conflict", message)

    @classmethod
    def limit(cls, message: str) -> TenonError:
        """It is too much, too large or too often."""
        return cls("limit", message)

    @classmethod
    def timeout(cls, message: str, retry_after_ms: int | None = None) -> TenonError:
        """It took too long."""
        return cls("timeout", message, retry_after_ms=retry_after_ms)

    @classmethod
    def cancelled(cls, message: str) -> TenonError:
        """Somebody did not want it any more."""
        return cls("cancelled", message)

    @classmethod
    def unsupported(cls, message: str) -> TenonError:
        """The plugin cannot do this at all."""
        return cls("unsupported", message)

    @classmethod
    def abandoned(cls, message: str) -> TenonError:
        """Contact with the work was lost."""
        return cls("abandoned", message)

    @classmethod
    def internal(cls, message: str) -> TenonError:
        """It is a bug in the plugin."""
        return cls("internal", message)


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
