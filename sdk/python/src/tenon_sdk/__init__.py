"""What authors of Tenon plugins use.

A capability is a module of its own, such as ``tenon_sdk.http``: what a plugin imports is what it
asks its operator for.
"""

from ._error import TenonError
from ._event import Event, ProcessEnded, ProcessRefused, Restarted, Wake
from ._plugin import LaunchSpec, Plugin, Request, ResourceRequest
from ._step import Step, errored, failed, refused, succeeded, wait

__all__ = [
    "Event",
    "LaunchSpec",
    "Plugin",
    "ProcessEnded",
    "ProcessRefused",
    "Request",
    "ResourceRequest",
    "Restarted",
    "Step",
    "TenonError",
    "Wake",
    "errored",
    "failed",
    "refused",
    "succeeded",
    "wait",
]
