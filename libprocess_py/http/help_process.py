"""The actor `help`: what can be asked of this node, for browsers, terminals and programs.

`/help` lists every route, `/help/<id>` those of one actor, `/help/<id>/<path>` is the page of one; the bare `/` of a
node is the list too, unless its delegate answers there. What an actor says of its routes goes when the actor does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from libprocess_py.future import Future
from libprocess_py.http import help_pages as pages
from libprocess_py.http.authentication import READ_REALM
from libprocess_py.http.gateway import HELP_ID
from libprocess_py.http.help import Help
from libprocess_py.http.negotiation import preferred
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from libprocess_py.process import Process
from libprocess_py.routing import Route

HELP: Final = Help(
    tldr="What can be asked of this node.",
    description=(
        "`/help/<id>` lists the routes of one actor, `/help/<id>/<path>` tells about one.\n\n"
        "`format=markdown`, `format=html` or `format=json`, otherwise as `Accept` says."
    ),
)


class HelpProcess(Process):
    """Reads the routes of its node. Actors of the runtime that come only when they are asked for are asked to."""

    def __init__(self) -> None:
        super().__init__(HELP_ID)

    def initialize(self) -> None:
        self.route("/", self.page, help=HELP, realm=READ_REALM, below=True)
        for id in self.node.gateway.built_in:
            self.node.gateway.summon(id)

    def page(self, request: Request) -> Future[Response]:
        """In a later turn: actors that started together with this one have added their routes by then."""
        return self.dispatch(self.pid, HelpProcess.shown, request)

    def shown(self, request: Request) -> Response:
        form = self._form(request)
        if form is None:
            return Response.text(406, f"format: expected one of {', '.join(pages.FORMS)}")
        entries = sorted(self.node.routes.all(), key=lambda entry: (entry[0], entry[1].path))
        asked = request.path.strip("/")
        if not asked:
            return _list(entries, f"Node {self.node.address}", form=form)
        of_actor = [entry for entry in entries if entry[0] == asked]
        if of_actor:
            return _list(of_actor, asked, form=form)
        found = next((entry for entry in entries if asked == f"{entry[0]}{entry[1].path}".strip("/")), None)
        return Response.error(404) if found is None else _one(*found, form=form)

    def _form(self, request: Request) -> str | None:
        if "format" in request.query:
            return pages.FORMS.get(request.query["format"])
        return preferred(request.headers.get("accept", ""), list(pages.FORMS.values()))


def _list(entries: Sequence[tuple[str, Route]], title: str, *, form: str) -> Response:
    if form == pages.JSON:
        return Response.json(pages.as_json(entries))
    return _text(form, pages.html_index(entries, title) if form == pages.HTML else pages.markdown_index(entries, title))


def _one(id: str, route: Route, *, form: str) -> Response:
    if form == pages.JSON:
        return Response.json(pages.as_json([(id, route)]))
    return _text(form, pages.html(id, route) if form == pages.HTML else pages.markdown(id, route))


def _text(form: str, text: str) -> Response:
    return Response(200, text.encode(), f"{form}; charset=utf-8")
