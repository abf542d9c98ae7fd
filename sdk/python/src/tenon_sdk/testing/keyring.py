"""A double of ``tenon:plugin/keyring``: what is sealed carries what it is bound to."""

from ._doubles import Refusal


def seal(associated: bytes, plain: bytes) -> bytes:
    return bytes([len(associated)]) + associated + plain


def open(associated: bytes, sealed: bytes) -> bytes:
    end = 1 + sealed[0]
    if sealed[1:end] != associated:
        raise Refusal("invalid", "it was sealed for something else")
    return sealed[end:]
