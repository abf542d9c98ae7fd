"""Builds, checks and tests plugins: ``python -m tenon_sdk build``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ._build import Problem, build, check
from ._run_tests import run


def main() -> int:
    """Reads the command line and does what it says."""
    parser = argparse.ArgumentParser(
        prog="python -m tenon_sdk",
        description="Builds a Tenon plugin from a Python module that has a `plugin`.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in [
        ("build", "build the component NAME.wasm"),
        ("check", "say what the plugin is and asks for, and build nothing"),
    ]:
        command = commands.add_parser(name, help=text, description=text.capitalize() + ".")
        command.add_argument("module", nargs="?", default="plugin.py", help="default: plugin.py")
        if name == "build":
            command.add_argument("--out", metavar="FILE", help="default: NAME.wasm")
    text = "run the tests of the plugin, on this machine"
    command = commands.add_parser("test", help=text, description=text.capitalize() + ".")
    command.add_argument("folder", nargs="?", default=".", help="default: this one")
    values = parser.parse_args()
    try:
        if values.command == "test":
            return 0 if run(Path(values.folder)) else 1
        if values.command == "check":
            check(values.module)
        else:
            build(values.module, values.out)
    except Problem as err:
        print(f"error: {err}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
