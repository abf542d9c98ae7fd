"""JSON Schemas of types, and values of types from JSON."""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime
import enum
import json
import re
import types
import typing
from typing import Annotated, Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

from ._definition import DefinitionError
from ._error import TenonError

_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
_TIMES = {datetime.datetime: "date-time", datetime.date: "date"}
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_LISTS = (list, collections.abc.Sequence, collections.abc.Iterable)
_DICTS = (dict, collections.abc.Mapping)
_MISSING = dataclasses.MISSING

_INSTEAD = {
    "set": "list[…]",
    "frozenset": "list[…]",
    "tuple": "list[…]",
    "bytes": "str, with the bytes in Base64",
    "bytearray": "str, with the bytes in Base64",
    "Decimal": "str or float",
    "Path": "str",
    "UUID": "str",
    "timedelta": "int, such as milliseconds",
    "time": "str, or datetime",
}
"""What to write in the place of types that JSON does not have."""
_WAY = (
    "use str, int, float, bool, None, list[…], dict[str, …], Optional, Union, Literal, Enum, "
    "datetime, date, a dataclass, a TypedDict, or Any"
)


def schema(kind: Any, what: str = "the type") -> Any:
    """Returns the JSON Schema of a type; none accepts anything.

    Dataclasses and TypedDicts are objects without further properties; `Annotated[T, "text"]` gives
    a description. A dict is taken to be a schema already. `what` names it where it has no schema.
    """
    if kind is None or isinstance(kind, dict):
        return kind
    return _schema(kind, what, ())


def _schema(kind: Any, what: str, around: tuple[Any, ...]) -> dict[str, Any]:
    """Returns the schema of a type that lies inside of the types `around` it."""
    kind = _plainer(kind)
    if get_origin(kind) is Annotated:
        inner, *notes = get_args(kind)
        texts = [note for note in notes if isinstance(note, str)]
        return {**_schema(inner, what, around), **({"description": texts[0]} if texts else {})}
    if kind is Any or kind is object:
        return {}
    if isinstance(kind, type):
        if kind in _PLAIN:
            return {"type": _PLAIN[kind]}
        if kind in _TIMES:
            return {"type": "string", "format": _TIMES[kind]}
        if issubclass(kind, enum.Enum):
            return {"enum": _choices(kind, [member.value for member in kind], what)}
    if dataclasses.is_dataclass(kind) or typing.is_typeddict(kind):
        if kind in around:
            raise _undescribed(kind, what, "it holds itself; use Any for the inner one")
        return _object(kind, what, (*around, kind))
    return _generic(kind, what, around)


def _generic(kind: Any, what: str, around: tuple[Any, ...]) -> dict[str, Any]:
    origin, args = get_origin(kind) or kind, get_args(kind)
    if origin is Literal:
        return {"enum": _choices(kind, [encode(arg) for arg in args], what)}
    if origin in (Union, types.UnionType):
        names = [_PLAIN.get(arg) if isinstance(arg, type) else None for arg in args]
        return {"type": names} if all(names) else {
            "anyOf": [_schema(arg, what, around) for arg in args]
        }
    if origin in _LISTS:
        items = {"items": _schema(args[0], f"{what}[]", around)} if args else {}
        return {"type": "array", **items}
    if origin in _DICTS:
        if args and args[0] not in (str, Any):
            raise _undescribed(kind, what, "keys are always str in JSON; use dict[str, …]")
        rest = {"additionalProperties": _schema(args[1], f"{what}.*", around)} if args else {}
        return {"type": "object", **rest}
    raise _undescribed(kind, what)


def _plainer(kind: Any) -> Any:
    """Returns what a name for a type stands for."""
    if isinstance(kind, NewType):
        return _plainer(kind.__supertype__)
    if type(kind).__name__ == "TypeAliasType":
        return _plainer(kind.__value__)
    if get_origin(kind) in (typing.Required, typing.NotRequired):
        return _plainer(get_args(kind)[0])
    return type(None) if kind is None else kind


def _choices(kind: Any, values: list[Any], what: str) -> list[Any]:
    if not values or not all(isinstance(value, tuple(_PLAIN)) for value in values):
        raise _undescribed(kind, what, "its values must be of str, int, float, bool or None")
    return values


def _undescribed(kind: Any, what: str, way: str | None = None) -> DefinitionError:
    name = shown(kind)
    if way is None:
        instead = _INSTEAD.get(getattr(get_origin(kind) or kind, "__name__", ""))
        is_class = isinstance(kind, type) and kind.__module__ != "builtins"
        way = f"use {instead}" if instead else _WAY
        way = f"make it a dataclass, or {way}" if is_class and not instead else way
    return DefinitionError(f"{what} is {name}, which JSON Schema cannot describe: {way}")


def shown(kind: Any) -> str:
    """Returns a type as its author wrote it."""
    if isinstance(kind, type) and not get_args(kind):
        return kind.__qualname__.rpartition("<locals>.")[2]
    return str(kind).replace("typing.", "")


def _object(kind: Any, what: str, around: tuple[Any, ...]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required = []
    for name, hint in _hints(kind, what).items():
        place = f"{what}.{name}"
        properties[name] = _schema(hint, place, around)
        default = _default(kind, name)
        if default is not _MISSING and default is not None:
            properties[name] = {**properties[name], "default": _constant(default, place)}
        if _is_required(kind, name, hint):
            required.append(name)
    found: dict[str, Any] = {"type": "object", "additionalProperties": False}
    text = (kind.__doc__ or "").strip()
    # The standard library writes a signature where a dataclass has no text of its own.
    if text and not text.startswith(f"{kind.__name__}(") and not typing.is_typeddict(kind):
        found["description"] = text.split("\n\n")[0]
    return {**found, "properties": properties, **({"required": required} if required else {})}


def _hints(kind: Any, what: str) -> dict[str, Any]:
    """Returns the fields of a dataclass or TypedDict with their types."""
    try:
        hints = get_type_hints(kind, include_extras=True)
    except (NameError, TypeError) as err:
        raise unreadable(what, err) from None
    if typing.is_typeddict(kind):
        return hints
    return {field.name: hints[field.name] for field in dataclasses.fields(kind) if field.init}


def unreadable(what: str, err: Exception) -> DefinitionError:
    """Returns what is said of types whose names mean nothing."""
    return DefinitionError(f"the types of {what} cannot be read: {err}; "
                           "define and import them at the top of the module")


def _constant(value: Any, what: str) -> Any:
    encoded = encode(value)
    try:
        json.dumps(encoded)
    except TypeError as err:
        raise DefinitionError(f"the default of {what} is no JSON: {err}") from None
    return encoded


def _is_required(kind: Any, name: str, hint: Any) -> bool:
    if typing.is_typeddict(kind):
        # A class whose annotations are texts does not know these words in them.
        if get_origin(hint) in (typing.Required, typing.NotRequired):
            return get_origin(hint) is typing.Required
        return name in kind.__required_keys__
    return _default(kind, name) is _MISSING


def _default(kind: Any, name: str) -> Any:
    if typing.is_typeddict(kind):
        return _MISSING
    field = {field.name: field for field in dataclasses.fields(kind)}.get(name)
    if field is None:
        return _MISSING
    if field.default_factory is not _MISSING:
        return field.default_factory()
    return field.default


def encode(value: Any) -> Any:
    """Returns a value as JSON has it: dataclasses become objects, enums their values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return encode(value.value)
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if isinstance(value, datetime.datetime) and value.tzinfo is None:
        raise TypeError(f"the time {value} has no time zone; use one such as datetime.timezone.utc")
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    return value


def decode(kind: Any, value: Any, what: str) -> Any:
    """Returns a value of a type, or says at which place the JSON is another one."""
    if kind is None or isinstance(kind, (dict, str)) or kind is Any or kind is object:
        return value
    return _decode(_plainer(kind), value, what)


def _decode(kind: Any, value: Any, what: str) -> Any:
    if kind is Any or kind is object:
        return value
    if get_origin(kind) is Annotated:
        return _decode(_plainer(get_args(kind)[0]), value, what)
    if isinstance(kind, type):
        if kind in _PLAIN:
            return _plain(kind, value, what)
        if kind in _TIMES:
            return _time(kind, value, what)
        if issubclass(kind, enum.Enum):
            found = [member for member in kind if _is(member.value, value)]
            return found[0] if found else _refuse(kind, value, what)
    if dataclasses.is_dataclass(kind) or typing.is_typeddict(kind):
        return _decode_object(kind, value, what)
    return _decode_generic(kind, value, what)


def _is(known: Any, value: Any) -> bool:
    """Compares as JSON does, where true is not 1."""
    return bool(known == value) and isinstance(known, bool) == isinstance(value, bool)


def _plain(kind: Any, value: Any, what: str) -> Any:
    if isinstance(value, bool) and kind is not bool:
        return _refuse(kind, value, what)
    if kind is float and isinstance(value, int):
        return float(value)
    # 1.0 is an integer for JSON Schema.
    if kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, kind) else _refuse(kind, value, what)


def _time(kind: Any, value: Any, what: str) -> Any:
    form = _TIME if kind is datetime.datetime else _DATE
    if isinstance(value, str) and form.fullmatch(value):
        try:
            return kind.fromisoformat(value.upper())
        except ValueError:
            pass
    return _refuse(kind, value, what)


def _decode_generic(kind: Any, value: Any, what: str) -> Any:
    origin, args = get_origin(kind) or kind, get_args(kind)
    if origin is Literal:
        found = [arg for arg in args if _is(encode(arg), value)]
        return found[0] if found else _refuse(kind, value, what)
    if origin in (Union, types.UnionType):
        return _decode_union(kind, value, what)
    if origin in _LISTS:
        if not isinstance(value, list):
            return _refuse(kind, value, what)
        inner = _plainer(args[0]) if args else Any
        return [_decode(inner, item, f"{what}[{at}]") for at, item in enumerate(value)]
    if origin in _DICTS:
        if not isinstance(value, dict):
            return _refuse(kind, value, what)
        inner = _plainer(args[1]) if args else Any
        return {key: _decode(inner, item, f"{what}.{key}") for key, item in value.items()}
    return value


def _decode_union(kind: Any, value: Any, what: str) -> Any:
    args = [_plainer(arg) for arg in get_args(kind)]
    # So that 1 stays an integer for `float | int`.
    if type(value) in (int, bool, float) and type(value) in args:
        return value
    real = [arg for arg in args if arg is not type(None)]
    if value is None and len(real) < len(args):
        return None
    if len(real) == 1 and isinstance(value, (dict, list)):
        # There is no other way to take it, so the mistake lies deeper.
        return _decode(real[0], value, what)
    for arg in args:
        try:
            return _decode(arg, value, what)
        except TenonError:
            continue
    return _refuse(kind, value, what)


def _decode_object(kind: Any, value: Any, what: str) -> Any:
    if not isinstance(value, dict):
        return _refuse(kind, value, what)
    hints = _hints(kind, what)
    for name in value:
        if name not in hints:
            known = ", ".join(hints) or "nothing"
            raise TenonError.invalid(f"{what} has no {name!r}; it has: {known}")
    made = {}
    for name, hint in hints.items():
        if name in value:
            made[name] = _decode(_plainer(hint), value[name], f"{what}.{name}")
        elif _is_required(kind, name, hint):
            raise TenonError.invalid(f"{what} lacks {name!r}, which must be {_wanted(hint)}")
    if typing.is_typeddict(kind):
        return made
    try:
        return kind(**made)
    except ValueError as err:
        # What the class itself checks in `__post_init__`.
        raise TenonError.invalid(f"{what} is refused: {err}") from None


def _refuse(kind: Any, value: Any, what: str) -> Any:
    found = json.dumps(value)
    found = found if len(found) <= 80 else f"{found[:80]}…"
    raise TenonError.invalid(f"{what} must be {_wanted(kind)}, but is {found}")


def _wanted(kind: Any) -> str:
    """Returns what a value must be, for people."""
    kind = _plainer(kind)
    origin, args = get_origin(kind) or kind, get_args(kind)
    if origin is Annotated:
        return _wanted(args[0])
    if isinstance(kind, type) and kind in _PLAIN:
        name = _PLAIN[kind]
        return name if kind is type(None) else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
    if kind is datetime.datetime:
        return "a time such as 2026-01-31T12:00:00Z"
    if kind is datetime.date:
        return "a date such as 2026-01-31"
    if origin is Literal:
        return f"one of {json.dumps([encode(arg) for arg in args])}"
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return f"one of {json.dumps([member.value for member in kind])}"
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_wanted(arg) for arg in args))
    return "a list" if origin in _LISTS else "an object"
