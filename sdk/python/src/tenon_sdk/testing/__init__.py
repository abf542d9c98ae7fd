"""The capabilities as doubles, for tests of a plugin's decisions on the author's machine.

What a plugin asks for is recorded in `host`, and what it reads was put there by the test. Nothing
is started, sent or written outside of the memory.
"""

from ._doubles import Answer, Dialled, Host, Refusal, host, reset

__all__ = ["Answer", "Dialled", "Host", "Refusal", "host", "reset"]
