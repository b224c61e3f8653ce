"""The application: routes, who may call them and how often, and every answer as JSON.

``POST /api/v1/flows/split-packages`` keeps a request and answers 202; ``GET .../{correlation_id}`` says what became of
it. Errors are ``{"code", "message", "next_step"}`` in the words of the error catalogue.
"""

import asyncio
import logging
import math
import traceback
from collections.abc import Awaitable, Mapping
from typing import Any, Final

from fastapi import APIRouter, BackgroundTasks, FastAPI, Request
from fastapi.responses import JSONResponse

from include import deployment
from include.clients.redaction import redact
from include.errors import FashfedError, RecordFailed
from include.inbound import splits
from include.inbound.bodies import read_body
from include.inbound.bucket import PER_MINUTE, Buckets
from include.inbound.credentials import Knock, channel_of
from include.inbound.splits import Outside

LIMIT_KB: Final = 64
"""The largest body."""
_STATUS: Final = {
    "split_malformed": 400,
    "split_event_unknown": 400,
    "split_unauthorized": 401,
    "split_off": 403,
    "split_channel_foreign": 403,
    "split_package_unknown": 404,
    "split_unknown_request": 404,
    "split_not_preparing": 409,
    "split_request_reused": 409,
    "split_too_large": 413,
    "split_too_often": 429,
    "unexpected": 500,
    "split_not_stored": 503,
}
_DOES_NOT_ADD_UP: Final = 422
_BUSY_SECONDS: Final = 10

log = logging.getLogger("fashfed")


def make_app(outside: Outside) -> FastAPI:
    """The application that is shown under /fashfed."""
    app = FastAPI(title="Fashfed connector", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(_flows(outside), prefix="/api/v1/flows")
    return app


def _flows(outside: Outside) -> APIRouter:
    router = APIRouter()
    buckets = Buckets(outside.clock)

    @router.post("/split-packages")
    async def split_packages(request: Request, background: BackgroundTasks) -> JSONResponse:
        async def work() -> Mapping[str, Any]:
            body = await _body(request)
            channel = await _caller(outside, request, body)
            _require_calm(buckets, f"{channel} asks")
            told = await splits.receive(outside, channel, read_body(body))
            if told["status"] == "accepted":
                background.add_task(splits.start, outside, channel)
            return told

        return await _answer(work(), 202)

    @router.get("/split-packages/{correlation_id}")
    async def split_request(request: Request, correlation_id: str) -> JSONResponse:
        async def work() -> Mapping[str, Any]:
            channel = await _caller(outside, request, b"")
            _require_calm(buckets, f"{channel} looks")
            return await splits.tell(outside, channel, correlation_id)

        return await _answer(work(), 200)

    return router


async def _body(request: Request) -> bytes:
    """The body as it was sent; no more of it is read than is allowed."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LIMIT_KB * 1024:
            raise RecordFailed("split_too_large", limit=LIMIT_KB)
    return body


async def _caller(outside: Outside, request: Request, body: bytes) -> str:
    """The channel that the caller's secret belongs to."""
    secrets = await asyncio.to_thread(_secrets, outside)
    headers, now = request.headers, outside.clock.now().timestamp()
    knock = Knock(headers.get("authorization", ""), headers.get("x-fashfed-signature", ""), body, now)
    channel = channel_of(knock, secrets)
    if channel is None:
        missing = [f"split_packages_{key}" for key in deployment.channels() if key not in secrets]
        lacking = f"; there is no connection {', '.join(missing)} with a password" if missing else ""
        log.warning("A split request was refused: its credentials are missing or wrong%s [split_unauthorized]", lacking)
        raise RecordFailed("split_unauthorized")
    return channel


def _secrets(outside: Outside) -> dict[str, str]:
    found = {key: outside.source.get(f"split_packages_{key}") for key in deployment.channels()}
    return {key: connection.password for key, connection in found.items() if connection and connection.password}


def _require_calm(buckets: Buckets, caller: str) -> None:
    seconds = buckets.wait(caller)
    if seconds:
        raise RecordFailed("split_too_often", limit=PER_MINUTE, seconds=math.ceil(seconds))


async def _answer(work: Awaitable[Mapping[str, Any]], status: int) -> JSONResponse:
    try:
        return JSONResponse(dict(await work), status)
    except RecordFailed as error:
        return _refusal(error)
    except FashfedError as error:  # the database or a connection of ours
        log.warning("A split request was not stored: %s [%s]. Next step: %s", error, error.code, error.next_step)
        return _refusal(RecordFailed("split_not_stored", detail=error.message))
    except Exception as error:  # noqa: BLE001 - a trace may quote the request, and the caller must hear something
        trace = redact("".join(traceback.format_exception(error)))
        log.log(logging.ERROR, "A fault in the connector; please report it:\n%s", trace)
        return _refusal(RecordFailed("unexpected", kind="Split request", key="-", detail=type(error).__name__))


def _refusal(error: FashfedError) -> JSONResponse:
    told = {"code": error.code, "message": error.message, "next_step": error.next_step}
    status = _STATUS.get(error.code, _DOES_NOT_ADD_UP)
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Token"
    if status in (429, 503):
        headers["Retry-After"] = str(error.facts.get("seconds", _BUSY_SECONDS))
    return JSONResponse(told, status, headers)
