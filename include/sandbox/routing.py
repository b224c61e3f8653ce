"""Requests to handlers: path templates, JSON in and out, errors shaped as Django REST Framework shapes them."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from include.clients.transport import Request, Response

Row = dict[str, Any]


class Refusal(Exception):
    """A handler's answer other than success."""

    def __init__(self, status: int, data: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {data}")
        self.status = status
        self.data = data
        self.headers = dict(headers or {})


def invalid(**errors: str) -> Refusal:
    """A 400 naming one message per field."""
    return Refusal(400, {name: [message] for name, message in errors.items()})


def not_found() -> Refusal:
    return Refusal(404, {"detail": "Not found."})


@dataclass(slots=True)
class Reply:
    """A handler's success. ``body`` is for what is not JSON."""

    status: int = 200
    data: Any = None
    body: bytes | None = None
    content_type: str = "application/json"


@dataclass(slots=True)
class Call:
    """One request as a handler sees it. ``shift`` moves the page window (a fault, see faults.py)."""

    method: str
    base: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    params: dict[str, str] = field(default_factory=dict)
    shift: int = 0
    ignored: list[str] = field(default_factory=list)

    def one(self, name: str) -> str | None:
        values = self.query.get(name)
        return values[-1] if values else None

    def key(self, name: str = "id") -> int:
        """The integer in the path; anything else is not there."""
        if not self.params[name].isdecimal():
            raise not_found()
        return int(self.params[name])

    def data(self) -> Row:
        """The JSON object of the body."""
        try:
            value = json.loads(self.body) if self.body else {}
        except ValueError as error:
            raise Refusal(400, {"detail": f"JSON parse error - {error}"}) from error
        if not isinstance(value, dict):
            raise invalid(non_field_errors=f"Invalid data. Expected a dictionary, but got {type(value).__name__}.")
        return value


Handler = Callable[[Any, Call], Reply]
Route = tuple[str, str, Handler]


class _Node:
    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.wildcard: tuple[str, _Node] | None = None
        self.template = ""
        self.handlers: dict[str, Handler] = {}

    def child(self, part: str) -> "_Node":
        if not part.startswith("{"):
            return self.children.setdefault(part, _Node())
        if self.wildcard is None:
            self.wildcard = (part[1:-1], _Node())
        return self.wildcard[1]


class App:
    """One remote: its state, its routes and what it does before each call."""

    def __init__(self, state: Any, routes: Iterable[Route], guard: Callable[[Any, str, Call], None]) -> None:
        self.state = state
        self.guard = guard
        self.requests = 0
        self.counts: Counter[str] = Counter()
        self.ignored_filters: Counter[str] = Counter()
        self._root = _Node()
        for method, template, handler in routes:
            node = self._root
            for part in template.split("/"):
                node = node.child(part)
            node.template = template
            node.handlers[method] = handler

    def dispatch(self, request: Request, *, shift: int = 0) -> Response:
        """Answer one request; never raises for anything a client sends."""
        url = urlsplit(request.url)
        query: dict[str, list[str]] = {}
        for name, value in request.query:
            query.setdefault(name, []).append(value)
        headers = {name.lower(): value for name, value in request.headers.items()}
        base = f"{url.scheme}://{url.netloc}"
        call = Call(request.method, base, url.path, query, headers, request.body or b"", shift=shift)
        try:
            reply = self._answer(call)
        except Refusal as refusal:
            return _response(refusal.status, refusal.data, refusal.headers)
        if reply.body is not None:
            return Response(reply.status, {"content-type": reply.content_type}, reply.body)
        return _response(reply.status, reply.data, {})

    def _answer(self, call: Call) -> Reply:
        node = self._root
        for part in call.path.split("/"):
            if part in node.children:
                node = node.children[part]
            elif node.wildcard and part:
                call.params[node.wildcard[0]] = part
                node = node.wildcard[1]
            else:
                raise not_found()
        if not node.handlers:
            raise not_found()
        self.counts[f"{call.method} {node.template}"] += 1
        self.guard(self.state, node.template, call)
        handler = node.handlers.get(call.method)
        if handler is None:
            raise Refusal(405, {"detail": f'Method "{call.method}" not allowed.'})
        reply = handler(self.state, call)
        for name in call.ignored:
            self.ignored_filters[f"{node.template}?{name}"] += 1
        return reply


def _response(status: int, data: Any, headers: Mapping[str, str]) -> Response:
    if data is None:
        return Response(status, dict(headers), b"")
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, {"content-type": "application/json", **headers}, body)
