"""Mistakes in what an author writes down: each is refused where it stands, with the way out."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_ALIKE = 0.75
"""From here on, two names are taken for the same one with a slip in it."""


class DefinitionError(TypeError):
    """A mistake in the definition of a plugin. Its message is for the author."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Returns the name that was probably meant."""
    return next(iter(get_close_matches(name, list(known), 1, _ALIKE)), None)


def unknown(place: str, name: str, known: Iterable[str]) -> DefinitionError:
    """Returns what is said of a name that is not known at a place."""
    names = list(known)
    meant = nearest(name.lower().replace("_", "-"), names) or nearest(name, names)
    way = f"did you mean {meant!r}?" if meant else f"there are: {', '.join(names)}"
    return DefinitionError(f"{place} has no {name!r}; {way}")


def strict(place: str) -> Callable[[F], F]:
    """Makes a call say which of its names it does not know, and which one was meant."""

    def wrap(call: F) -> F:
        said = inspect.signature(call)
        known = [name for name, p in said.parameters.items() if p.kind is p.KEYWORD_ONLY]
        known = known or [name for name in said.parameters if name != "self"]

        @functools.wraps(call)
        def checked(*values: Any, **named: Any) -> Any:
            for name in named:
                if name not in said.parameters:
                    raise unknown(place, name, known)
            try:
                said.bind(*values, **named)
            except TypeError as err:
                raise DefinitionError(f"{place}: {err}") from None
            return call(*values, **named)

        return checked  # type: ignore[return-value]

    return wrap


def text(place: str, value: Any) -> str:
    """Returns a value that must be a text with something in it."""
    if not isinstance(value, str) or not value:
        shown = getattr(value, "__name__", None) or repr(value)
        raise DefinitionError(f"{place} must be a text, but is {shown}")
    return value


def texts(place: str, value: Any) -> list[str]:
    """Returns a list of texts; a text alone would be taken letter by letter."""
    if isinstance(value, str):
        raise DefinitionError(f"{place} must be a list, but is a text: write [{value!r}]")
    if not isinstance(value, (list, tuple)):
        raise DefinitionError(f"{place} must be a list of texts, but is {value!r}")
    return [text(f"each of {place}", item) for item in value]


def functions(place: str, work: Any, needed: Iterable[str], possible: Iterable[str] = ()) -> None:
    """Checks that a class has the functions that it needs, and none that is one misspelt."""
    needed, possible = list(needed), list(possible)
    if not isinstance(work, type):
        raise DefinitionError(f"{place} must be a class, but is {work!r}")
    own = [name for name in dir(work) if not name.startswith("_") and callable(getattr(work, name))]
    lacking = [name for name in needed + possible if name not in own]
    spare = [name for name in own if name not in needed + possible]
    for name in spare:
        meant = nearest(name, lacking)
        if meant:
            raise DefinitionError(
                f"{place} has {name!r}, which nothing calls: did you mean {meant!r}? "
                f"If it is for yourself, call it '_{name}'"
            )
    for name in needed:
        if name not in own:
            raise DefinitionError(f"{place} lacks the function {name!r}")
