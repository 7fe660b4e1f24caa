"""The help pages of a node as Markdown, HTML and JSON. Pure: routes in, text out."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any, Final
from urllib.parse import quote

from libprocess_py.routing import Route

MARKDOWN: Final = "text/markdown"
HTML: Final = "text/html"
JSON: Final = "application/json"
FORMS: Final = {"markdown": MARKDOWN, "html": HTML, "json": JSON}

_STYLE: Final = "body{font:16px sans-serif;margin:2em auto;max-width:50em;padding:0 1em}pre{white-space:pre-wrap}"

Entries = Sequence[tuple[str, Route]]  # Of routes with their actors' ids.


def address_of(id: str, route: Route) -> str:
    """What to ask the node for."""
    return f"/{quote(id, safe='()')}{route.path}".rstrip("/")


def sections(id: str, route: Route) -> list[tuple[str, str]]:
    """Everything that is known of one route: headings with their texts."""
    help = route.help
    authentication = help.authentication or (
        f"Who asks has to be known in the realm `{route.realm}`, if the node's operator says so." if route.realm else ""
    )
    authorization = help.authorization or ("Not everybody may." if route.authorize is not None else "")
    texts = [
        ("Usage", address_of(id, route)),
        ("TL;DR", help.tldr),
        ("Description", help.description),
        ("Authentication", authentication),
        ("Authorization", authorization),
    ]
    return [(heading, text) for heading, text in texts if text]


def as_json(entries: Entries) -> dict[str, Any]:
    """By actor, in the form that libprocess gives."""
    processes: dict[str, list[dict[str, str]]] = {}
    for id, route in entries:
        processes.setdefault(id, []).append({"name": route.path, "text": markdown(id, route)})
    return {"processes": [{"id": id, "endpoints": endpoints} for id, endpoints in processes.items()]}


def markdown(id: str, route: Route) -> str:
    """The page of one route."""
    texts = [f"## {heading}\n\n{_indented(heading, text)}\n" for heading, text in sections(id, route)]
    return "\n".join(texts)


def markdown_index(entries: Entries, title: str) -> str:
    lines = [f"- [{address_of(id, route)}](/help{address_of(id, route)}): {route.help.tldr}" for id, route in entries]
    return f"# {title}\n\n" + "\n".join(lines) + "\n"


def html(id: str, route: Route) -> str:
    """The page of one route."""
    texts = [f"<h2>{escape(heading)}</h2>\n{_shown(heading, text)}" for heading, text in sections(id, route)]
    return _document(address_of(id, route), "\n".join(texts))


def html_index(entries: Entries, title: str) -> str:
    lines = []
    for id, route in entries:
        address = escape(address_of(id, route))
        help = f'<a href="/help{address}">help</a>'
        lines.append(f'<li><a href="{address}">{address}</a> ({help}): {escape(route.help.tldr)}</li>')
    return _document(title, "<ul>\n" + "\n".join(lines) + "\n</ul>")


def _document(title: str, body: str) -> str:
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f"<!doctype html>\n<html><head>{head}</head>\n<body><h1>{escape(title)}</h1>\n{body}\n</body></html>\n"


def _indented(heading: str, text: str) -> str:
    return f"    {text}" if heading == "Usage" else text


def _shown(heading: str, text: str) -> str:
    if heading == "Usage":
        return f'<p><a href="{escape(text)}">{escape(text)}</a></p>'
    return f"<pre>{escape(text)}</pre>"
