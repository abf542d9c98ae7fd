"""The sections of a component: the one that holds its manifest, and what its tools leave over."""

from __future__ import annotations

SECTION = "tenon:manifest"
_HEAD = b"\0asm\x0d\0\x01\0"
_INSTANCES, _EXPORTS = 5, 11
_NAME = b"exports"
# One export, its name in any of the forms that names have, of an instance.
_SETUP = [bytes([1, form, len(_NAME)]) + _NAME + b"\x05" for form in (0, 1)]
_NOTHING = b"\x01\x01\x00"
"""One instance without anything in it."""


def append(component: bytes, name: str, text: str) -> bytes:
    """Appends a custom section to a binary."""
    label, data = name.encode(), text.encode()
    body = leb(len(label)) + label + data
    return component + b"\0" + leb(len(body)) + body


def without_setup(component: bytes) -> bytes:
    """Removes the export by which componentize-py sets the interpreter up while it builds.

    Nobody calls it later, and it would be shown as something that the plugin is. An empty instance
    takes its place, as later instances are known by their number.
    """
    if not component.startswith(_HEAD):
        return component
    kept, at = [_HEAD], len(_HEAD)
    while at < len(component):
        kind = component[at]
        size, start = _unleb(component, at + 1)
        data = component[start : start + size]
        if kind == _EXPORTS and any(data.startswith(setup) for setup in _SETUP):
            kept.append(bytes([_INSTANCES, len(_NOTHING)]) + _NOTHING)
        else:
            kept.append(component[at : start + size])
        at = start + size
    return b"".join(kept)


def _unleb(data: bytes, at: int) -> tuple[int, int]:
    """Reads an unsigned number, and returns it with the place after it."""
    number = shift = 0
    while True:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return number, at


def leb(number: int) -> bytes:
    """Returns an unsigned number as LEB128."""
    coded = bytearray()
    while True:
        low, number = number & 0x7F, number >> 7
        coded.append(low | (0x80 if number else 0))
        if not number:
            return bytes(coded)
