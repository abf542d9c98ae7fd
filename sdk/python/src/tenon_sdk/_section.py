"""The custom section of a component that holds its manifest."""

from __future__ import annotations

SECTION = "tenon:manifest"


def append(component: bytes, name: str, text: str) -> bytes:
    """Appends a custom section to a binary."""
    label, data = name.encode(), text.encode()
    body = leb(len(label)) + label + data
    return component + b"\0" + leb(len(body)) + body


def leb(number: int) -> bytes:
    """Returns an unsigned number as LEB128."""
    coded = bytearray()
    while True:
        low, number = number & 0x7F, number >> 7
        coded.append(low | (0x80 if number else 0))
        if not number:
            return bytes(coded)
