"""The agent's routes: what each is for, and how a request becomes a view."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from libprocess_py.future import Future, collect
from libprocess_py.http.request import Request
from libprocess_py.http.response import Response
from slave.containerizer.container import ContainerStatus, Usage
from slave.containerizer.containerizer import Containerizer
from slave.core.executors import Executor
from slave.http import views
from slave.http.attached import Place, attached, locate
from slave.http.files import READ_MAX, FileProblem, FileReader

if TYPE_CHECKING:
    from slave.slave import Slave

Answer = Response | Future[Response]
Handler = Callable[[Request], Answer]

BINARY: Final = "application/octet-stream"
NO_FILES: Final = "This agent's containers have no files."
EXPECTING_PATH: Final = "Expecting 'path=value' in query."


def add_routes(slave: Slave) -> None:
    """Called once, when the agent starts."""
    routes = AgentRoutes(slave)
    table: list[tuple[str, Handler, str]] = [
        ("/state", routes.state, "The agent, its frameworks, executors and tasks."),
        ("/containers", routes.containers, "The live containers: what they use and where they run."),
        ("/monitor/statistics", routes.statistics, "What each live executor uses and may use."),
        ("/health", routes.health, "200 while the agent answers."),
        ("/flags", routes.flags, "The flags that the agent was started with."),
        ("/version", routes.version, "The version of the agent."),
        ("/files/browse", routes.browse, "path=: the entries of a directory in a sandbox."),
        ("/files/read", routes.read, "path=, offset=, length=: a piece of a file in a sandbox."),
        ("/files/download", routes.download, "path=: a whole file in a sandbox."),
        ("/files/debug", routes.debug, "Which names stand for which sandboxes."),
    ]
    for path, handler, help in table:
        slave.route(path, _reading(handler), help=help)


def _reading(handler: Handler) -> Handler:
    """None of these changes anything, so nothing but GET makes sense."""

    def checked(request: Request) -> Answer:
        if request.method not in ("GET", "HEAD"):
            return Response(405, b"Expecting 'GET'.", "text/plain; charset=utf-8", (("Allow", "GET, HEAD"),))
        return handler(request)

    return checked


class AgentRoutes:
    """The handlers, in the agent's own turns."""

    def __init__(self, slave: Slave) -> None:
        self._slave = slave

    def state(self, _: Request) -> Response:
        slave = self._slave
        return Response.json(views.state(slave.books, dict(slave.options.flags), started_ns=slave.started_ns))

    def health(self, _: Request) -> Response:
        return Response(200)

    def flags(self, _: Request) -> Response:
        return Response.json({"flags": dict(self._slave.options.flags)})

    def version(self, _: Request) -> Response:
        return Response.json({"version": self._slave.settings.version})

    def containers(self, _: Request) -> Future[Response]:
        slave, containerizer = self._slave, self._slave.surroundings.containerizer
        executors = self._running()
        usages = [slave.dispatch(containerizer, Containerizer.usage, each.container_id) for each in executors]
        statuses = [slave.dispatch(containerizer, Containerizer.status, each.container_id) for each in executors]

        def shown(found: tuple[list[Usage | None], list[ContainerStatus | None]]) -> Response:
            return Response.json(
                [
                    views.container(executor, usage, status=status)
                    for executor, usage, status in zip(executors, *found, strict=True)
                ]
            )

        return collect(usages).then(
            lambda usage: collect(statuses).then(lambda status: shown((usage, status)))  # Both are under way already.
        )

    def statistics(self, _: Request) -> Future[Response]:
        slave, executors = self._slave, self._running()
        usages = [
            slave.dispatch(slave.surroundings.containerizer, Containerizer.usage, each.container_id)
            for each in executors
        ]
        return collect(usages).then(
            lambda found: Response.json(
                [views.statistics(executor, usage) for executor, usage in zip(executors, found, strict=True)]
            )
        )

    def _running(self) -> list[Executor]:
        return list(self._slave.books.containers.values())

    def debug(self, _: Request) -> Response:
        return Response.json(attached(self._slave.books))

    def browse(self, request: Request) -> Answer:
        def shown(found: list[dict[str, Any]] | FileProblem) -> Response:
            return _problem(found) if isinstance(found, FileProblem) else Response.json(found)

        return self._in_sandbox(request, lambda place: self._ask(FileReader.browse, place).then(shown))

    def read(self, request: Request) -> Answer:
        try:
            offset = int(request.query.get("offset", "-1"))
            length = int(request.query.get("length", str(READ_MAX)))
        except ValueError:
            return Response.text(400, "offset, length: expected numbers.")
        if length < -1 or offset < -1:
            return Response.text(400, "offset, length: expected -1 or more.")

        def shown(found: tuple[bytes, int] | FileProblem) -> Response:
            if isinstance(found, FileProblem):
                return _problem(found)
            return Response.json({"data": found[0].decode("utf-8", "replace"), "offset": found[1]})

        length = READ_MAX if length == -1 else length
        return self._in_sandbox(
            request, lambda place: self._ask(FileReader.read, place, offset=offset, length=length).then(shown)
        )

    def download(self, request: Request) -> Answer:
        name = request.query.get("path", "").rpartition("/")[2].replace('"', "_")
        disposition = ("Content-Disposition", f'attachment; filename="{name}"')

        def shown(found: bytes | FileProblem) -> Response:
            if isinstance(found, FileProblem):
                return _problem(found)
            return Response(200, found, BINARY, (disposition,) if name.isascii() and name.isprintable() else ())

        return self._in_sandbox(request, lambda place: self._ask(FileReader.download, place).then(shown))

    def _ask(self, method: Callable[..., Any], place: Place, **how: int) -> Future[Any]:
        files = self._slave.options.files
        assert files is not None
        return self._slave.dispatch(files, method, place, **how)

    def _in_sandbox(self, request: Request, ask: Callable[[Place], Future[Response]]) -> Answer:
        if self._slave.options.files is None:
            return Response.text(404, NO_FILES)
        path = request.query.get("path")
        if not path:
            return Response.text(400, EXPECTING_PATH)
        place = locate(self._slave.books, path)
        return Response.error(404) if place is None else ask(place)


def _problem(problem: FileProblem) -> Response:
    return Response.text(problem.status, problem.text)
