"""A double of ``tenon:plugin/secret-reveal``."""

from ._doubles import host
from .secret_store import Secret


def reveal(secret: Secret) -> str:
    return host.secrets[secret.name()]
