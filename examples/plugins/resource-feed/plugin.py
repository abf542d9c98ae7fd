"""Entries of an RSS or Atom feed as versions: a new entry starts the pipeline."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from typing import Annotated, Any

from tenon_sdk import Plugin, Request, ResourceRequest, TenonError, http
from tenon_sdk.workspace import Volume

ATOM = "{http://www.w3.org/2005/Atom}"

plugin = Plugin(
    name="resource-feed",
    version="0.1.0",
    summary="Entries of a feed.",
    requests=[
        Request("http", "Reads the feeds that pipelines name.", ["GET *"]),
        Request("workspace", "A get writes the entry into files."),
    ],
)


@dataclass
class Source:
    url: Annotated[str, "Where the feed is."]
    contains: Annotated[str | None, "Only entries whose title has this in it."] = None


@dataclass
class Version:
    id: str


@dataclass
class Entry:
    """What is kept of an entry of a feed."""

    id: str
    title: str
    link: str


@plugin.resource("feed", source=Source, version=Version)
class Feed:
    """Entries of an RSS or Atom feed."""

    def check(self, request: ResourceRequest[Source, Version]) -> dict[str, Any]:
        ids = [entry.id for entry in entries(request.source)]
        seen = request.version.id if request.version else None
        # From the last known entry on; without one, the newest is where it starts.
        new = ids[ids.index(seen) :] if seen in ids else ids[-1:]
        return {"versions": [Version(id) for id in new]}

    def get(self, request: ResourceRequest[Source, Version]) -> dict[str, Any]:
        if request.version is None or request.volume is None:
            raise TenonError.invalid("a get needs a version and a volume")
        wanted = request.version
        found = [entry for entry in entries(request.source) if entry.id == wanted.id]
        if not found:
            raise TenonError.not_found(f"the entry {wanted.id!r} is no longer in the feed")
        entry = found[0]
        volume = Volume(request.volume)
        for name in ("id", "title", "link"):
            volume.write(name, getattr(entry, name) + "\n")
        metadata = [{"name": "title", "value": entry.title}, {"name": "link", "value": entry.link}]
        return {"version": wanted, "metadata": metadata}

    def put(self, request: ResourceRequest[Source, Version]) -> dict[str, Any]:
        raise TenonError.unsupported("a feed can only be read; use `get`")


def entries(source: Source) -> list[Entry]:
    """Reads the feed, and returns its entries from old to new."""
    answer = http.get(source.url, headers={"accept": "application/atom+xml, application/rss+xml"})
    if not answer.ok:
        raise TenonError.unavailable(f"{source.url} answered with {answer.status}")
    try:
        root = ElementTree.fromstring(answer.bytes())
    except ElementTree.ParseError as err:
        raise TenonError.invalid(f"{source.url} is no feed: {err}") from None
    found = [rss(item) for item in root.iter("item")]
    found += [atom(entry) for entry in root.iter(f"{ATOM}entry")]
    # Feeds begin with what is newest.
    found.reverse()
    return [entry for entry in found if not source.contains or source.contains in entry.title]


def rss(item: ElementTree.Element) -> Entry:
    link = (item.findtext("link") or "").strip()
    title = (item.findtext("title") or "").strip()
    return Entry((item.findtext("guid") or link).strip(), title, link)


def atom(entry: ElementTree.Element) -> Entry:
    link = entry.find(f"{ATOM}link")
    href = link.get("href", "") if link is not None else ""
    title = (entry.findtext(f"{ATOM}title") or "").strip()
    return Entry((entry.findtext(f"{ATOM}id") or href).strip(), title, href)
