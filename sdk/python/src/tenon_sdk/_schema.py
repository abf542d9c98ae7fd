"""JSON Schemas of types, and values of types from JSON."""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from ._error import TenonError

_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
_MISSING = dataclasses.MISSING


def schema(kind: Any) -> Any:
    """Returns the JSON Schema of a type; none accepts anything.

    Dataclasses and TypedDicts are objects without further properties; `Annotated[T, "text"]` gives
    a description. A dict is taken to be a schema already.
    """
    if kind is None or isinstance(kind, dict):
        return kind
    if get_origin(kind) is Annotated:
        inner, *notes = get_args(kind)
        texts = [note for note in notes if isinstance(note, str)]
        return {**schema(inner), **({"description": texts[0]} if texts else {})}
    if kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    if kind is Any or kind is object:
        return {}
    if dataclasses.is_dataclass(kind) or typing.is_typeddict(kind):
        return _object(kind)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return {"enum": [member.value for member in kind]}
    return _generic(kind)


def _generic(kind: Any) -> dict[str, Any]:
    origin, args = get_origin(kind), get_args(kind)
    if origin is Literal:
        return {"enum": list(args)}
    if origin in (Union, types.UnionType):
        names = [_PLAIN.get(arg) for arg in args]
        return {"type": names} if all(names) else {"anyOf": [schema(arg) for arg in args]}
    if origin is list or kind is list:
        return {"type": "array", **({"items": schema(args[0])} if args else {})}
    if origin is dict or kind is dict:
        return {"type": "object", **({"additionalProperties": schema(args[1])} if args else {})}
    raise TypeError(f"{kind!r} has no JSON Schema: use dataclasses, TypedDict, list, dict, "
                    "Literal, Enum, Optional and plain types")


def _object(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind, include_extras=True)
    properties: dict[str, Any] = {}
    required = []
    for name, hint in hints.items():
        hint = _unwrapped(hint)
        properties[name] = schema(hint)
        default = _default(kind, name)
        if default is not _MISSING and default is not None:
            properties[name] = {**properties[name], "default": encode(default)}
        if _is_required(kind, name):
            required.append(name)
    found: dict[str, Any] = {"type": "object", "additionalProperties": False}
    text = (kind.__doc__ or "").strip()
    # The standard library writes a signature where a dataclass has no text of its own.
    if text and not text.startswith(f"{kind.__name__}(") and not typing.is_typeddict(kind):
        found["description"] = text.split("\n\n")[0]
    return {**found, "properties": properties, **({"required": required} if required else {})}


def _unwrapped(hint: Any) -> Any:
    while get_origin(hint) in (typing.Required, typing.NotRequired):
        (hint,) = get_args(hint)
    return hint


def _is_required(kind: Any, name: str) -> bool:
    if typing.is_typeddict(kind):
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
    return value


def decode(kind: Any, value: Any, what: str) -> Any:
    """Returns a value of a type, or says at which place the JSON is another one."""
    if kind is None or isinstance(kind, (dict, str)) or kind is Any or kind is object:
        return value
    if get_origin(kind) is Annotated:
        return decode(get_args(kind)[0], value, what)
    if kind in _PLAIN:
        return _plain(kind, value, what)
    if dataclasses.is_dataclass(kind) or typing.is_typeddict(kind):
        return _decode_object(kind, value, what)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        known = [member.value for member in kind]
        if value not in known:
            raise _wrong(what, f"one of {known}", value)
        return kind(value)
    return _decode_generic(kind, value, what)


def _plain(kind: Any, value: Any, what: str) -> Any:
    fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    if fits or (kind is float and isinstance(value, int) and not isinstance(value, bool)):
        return float(value) if kind is float else value
    raise _wrong(what, f"a {_PLAIN[kind]}", value)


def _decode_generic(kind: Any, value: Any, what: str) -> Any:
    origin, args = get_origin(kind), get_args(kind)
    if origin is Literal:
        if value not in args:
            raise _wrong(what, f"one of {list(args)}", value)
        return value
    if origin in (Union, types.UnionType):
        for arg in args:
            try:
                return decode(arg, value, what)
            except TenonError:
                continue
        raise _wrong(what, str(kind), value)
    if origin is list or kind is list:
        if not isinstance(value, list):
            raise _wrong(what, "a list", value)
        inner = args[0] if args else Any
        return [decode(inner, item, f"{what}[{at}]") for at, item in enumerate(value)]
    if origin is dict or kind is dict:
        if not isinstance(value, dict):
            raise _wrong(what, "an object", value)
        inner = args[1] if args else Any
        return {key: decode(inner, item, f"{what}.{key}") for key, item in value.items()}
    return value


def _decode_object(kind: Any, value: Any, what: str) -> Any:
    if not isinstance(value, dict):
        raise _wrong(what, "an object", value)
    hints = get_type_hints(kind, include_extras=True)
    for name in value:
        if name not in hints:
            known = ", ".join(hints)
            raise TenonError("invalid", f"{what} has no {name!r}; it has: {known}")
    made = {}
    for name, hint in hints.items():
        if name in value:
            made[name] = decode(_unwrapped(hint), value[name], f"{what}.{name}")
        elif _is_required(kind, name):
            raise TenonError("invalid", f"{what} lacks {name!r}")
    return made if typing.is_typeddict(kind) else kind(**made)


def _wrong(what: str, wanted: str, value: Any) -> TenonError:
    return TenonError("invalid", f"{what} must be {wanted}, but is {value!r}")
