"""What of a traceback concerns the author: neither the SDK nor the standard library."""

from __future__ import annotations

import os
import re
import traceback

_SDK = os.path.dirname(__file__)
# Of a module that is read from a file everywhere; `os` is not, in a component.
_STANDARD = os.path.dirname(traceback.__file__)
_FRAME = re.compile(r'  File "([^"]+)"')
_SDKS_INSIDE = re.compile(r"/\d+/(tenon_sdk/|tenon_entry\.py)")


def is_authors(file: str) -> bool:
    """Returns whether a file is the author's, or of a package that the author has chosen."""
    if file.startswith("<") or file.startswith(_SDK + os.sep):
        return False
    return "site-packages" in file or not file.startswith(_STANDARD + os.sep)


def place(err: BaseException) -> str:
    """Returns the file and line where an exception was raised, as the author knows them."""
    frames = traceback.extract_tb(err.__traceback__)
    frame = next((f for f in reversed(frames) if is_authors(f.filename)), None)
    if frame is None:
        return ""
    return f"{os.path.basename(frame.filename)}:{frame.lineno}"


def trace(err: BaseException) -> str:
    """Returns an exception with the frames that are the author's."""
    whole = traceback.TracebackException.from_exception(err)
    each: traceback.TracebackException | None = whole
    while each is not None:
        kept = [frame for frame in each.stack if is_authors(frame.filename)]
        each.stack = traceback.StackSummary.from_list(kept)
        each = each.__cause__ or each.__context__
    lines = "".join(whole.format()).splitlines()
    header = "Traceback (most recent call last):"
    # A header with nothing below it says nothing.
    kept_lines = [
        line
        for line, below in zip(lines, [*lines[1:], ""], strict=True)
        if line != header or below.startswith("  ")
    ]
    return "\n".join(kept_lines).strip()


def of_component(said: str, folders: list[str]) -> str:
    """Returns what the tools say of a module that fails inside of the component, for its author.

    There, the folder number N of the modules is called /N.
    """
    said = said.partition("\n\nStack backtrace:")[0].partition("\n\nCaused by:")[0]
    # Before it stands how the tool itself came to that.
    said = said.rpartition("AssertionError: ")[2]
    kept, is_shown = [], True
    for line in said.splitlines():
        frame = _FRAME.match(line)
        if frame:
            path = frame[1]
            is_shown = bool(re.match(r"/\d+/", path)) and not _SDKS_INSIDE.match(path)
        elif not line.startswith("   "):
            is_shown = True
        if is_shown:
            kept.append(_outside(line, folders) if frame else line)
    return "\n".join(kept).strip()


def _outside(line: str, folders: list[str]) -> str:
    number, _, rest = line.removeprefix('  File "/').partition("/")
    known = number.isdigit() and int(number) < len(folders)
    return f'  File "{os.path.join(folders[int(number)], rest)}' if known else line
