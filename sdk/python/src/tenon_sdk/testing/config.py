"""A double of ``tenon:plugin/config``."""

import json

from ._doubles import host


def get() -> str:
    return json.dumps(host.config)
