"""The master's routes: what each is for, and how a request becomes a view or an event."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, quote

from libprocess_py.http.request import Request
from libprocess_py.http.response import TEXT, Response
from master.core.events import TeardownRequested
from master.http import views
from mesos_py.protocol.ids import FrameworkId

if TYPE_CHECKING:
    from master.master import Master

Handler = Callable[[Request], Response]

DEFAULT_TASK_LIMIT: Final = 100  # As in Mesos; -1 means all.
FORM_FIELDS_MAX: Final = 16  # The one form here has a single field.
READING: Final = ("GET", "HEAD")
QUERY_SAFE: Final = "/?:@!$&'()*+,;=%-._~"  # What stands in a query as it is; it is encoded already.


def add_routes(master: Master) -> None:
    """Called once, when the master starts, before it leads."""
    routes = MasterRoutes(master)
    for path, handler, methods, help in routes.of_leader():
        master.route(path, _only(methods, routes.leading(handler)), help=help)
    for path, handler, help in routes.of_everybody():
        master.route(path, _only(READING, handler), help=help)


def _only(methods: tuple[str, ...], handler: Handler) -> Handler:
    def checked(request: Request) -> Response:
        if request.method not in methods:
            allowed = ", ".join(methods)
            return Response(405, f"Expecting one of {allowed}.".encode(), TEXT, (("Allow", allowed),))
        return handler(request)

    return checked


class MasterRoutes:
    """The handlers, in the master's own turns."""

    def __init__(self, master: Master) -> None:
        self._master = master

    def of_leader(self) -> list[tuple[str, Handler, tuple[str, ...], str]]:
        """Path, handler, methods, and what it is for."""
        return [
            ("/state", self.state, READING, "Everything: agents, frameworks, tasks, flags."),
            ("/slaves", self.slaves, READING, "The agents; slave_id=ID: one of them."),
            ("/frameworks", self.frameworks, READING, "The frameworks; framework_id=ID: one of them."),
            ("/tasks", self.tasks, READING, "Tasks, ended ones too; limit=, offset=, order=, task_id=, framework_id=."),
            ("/roles", self.roles, READING, "The roles, with what they hold."),
            ("/teardown", self.teardown, ("POST",), "frameworkId=ID as a form: end a framework and its tasks."),
        ]

    def of_everybody(self) -> list[tuple[str, Handler, str]]:
        """Those that a master answers that does not lead; to read only."""
        return [
            ("/health", self.health, "200 while the master answers."),
            ("/flags", self.flags, "The flags that the master was started with."),
            ("/version", self.version, "The version of the master."),
            ("/redirect", self.redirect, "307 to the leading master."),
        ]

    def leading(self, handler: Handler) -> Handler:
        """Before it leads, a master knows nothing worth telling: the leader is to be asked (MA-32)."""
        return lambda request: handler(request) if self._master.leads else self.redirect(request)

    def state(self, _: Request) -> Response:
        options = self._master.options
        return Response.json(views.state(self._master.books, dict(options.flags), cluster=options.cluster))

    def slaves(self, request: Request) -> Response:
        return Response.json(views.slaves(self._master.books, request.query.get("slave_id")))

    def frameworks(self, request: Request) -> Response:
        return Response.json(views.frameworks(self._master.books, request.query.get("framework_id")))

    def tasks(self, request: Request) -> Response:
        query = request.query
        try:
            limit = int(query.get("limit", str(DEFAULT_TASK_LIMIT)))
            offset = int(query.get("offset", "0"))
        except ValueError:
            return Response.text(400, "limit, offset: expected numbers.")
        order = query.get("order", "desc")
        if order not in ("asc", "desc") or offset < 0:
            return Response.text(400, "order: expected asc or desc; offset: expected a number from 0.")
        found = [
            task
            for task in views.all_tasks(self._master.books)
            if query.get("task_id") in (None, task.task_id) and query.get("framework_id") in (None, task.framework_id)
        ]
        # By the time of the first status; tasks that have none yet are the newest.
        found.sort(key=lambda task: task.statuses[0].timestamp_ns if task.statuses else self._master.clock.now())
        if order == "desc":
            found.reverse()
        chosen = found[offset:] if limit < 0 else found[offset : offset + limit]
        return Response.json({"tasks": [views.task(task) for task in chosen]})

    def roles(self, _: Request) -> Response:
        return Response.json(views.roles(self._master.books, dict(self._master.options.weights)))

    def health(self, _: Request) -> Response:
        return Response(200)

    def flags(self, _: Request) -> Response:
        return Response.json({"flags": dict(self._master.options.flags)})

    def version(self, _: Request) -> Response:
        return Response.json({"version": self._master.info.version})

    def redirect(self, request: Request) -> Response:
        """The leader sends readers to itself, and to what they asked for. Others do not know it yet."""
        if not self._master.leads:
            return Response.text(503, "No leader elected.")
        leader = self._master.info
        rest = quote(request.path.removeprefix("/redirect"))
        query = quote(request.target.partition("?")[2], safe=QUERY_SAFE)
        location = f"//{leader.hostname}:{leader.pid.address.port}{rest}{'?' if query else ''}{query}"
        return Response(307, headers=(("Location", location),))

    def teardown(self, request: Request) -> Response:
        try:
            form = parse_qs(request.body.decode(), max_num_fields=FORM_FIELDS_MAX)
        except ValueError:
            return Response.text(400, "Expecting a form.")
        ids = form.get("frameworkId", [])
        if len(ids) != 1:
            return Response.text(400, "Expecting 'frameworkId=ID' in the body.")
        if ids[0] not in self._master.books.frameworks:
            return Response.text(400, f"No framework found with ID {ids[0]!r}.")
        self._master.happened(TeardownRequested(FrameworkId(ids[0])))
        return Response(200)
