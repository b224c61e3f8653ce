"""Token login and the check of every other call (api/omnitron.md section 1)."""

import hashlib
from datetime import timedelta

from include.sandbox.fields import clean, text
from include.sandbox.omnitron.hub import Omnitron
from include.sandbox.routing import Call, Refusal, Reply, Route, not_found

_LOGIN = "/api/v1/auth/login/"
_LOGINS = 30
_LOGIN_WINDOW = timedelta(minutes=6)


def login(hub: Omnitron, call: Call) -> Reply:
    now = hub.timeline.now()
    hub.logins = [moment for moment in hub.logins if moment > now - _LOGIN_WINDOW]
    if len(hub.logins) >= _LOGINS:
        wait = int((hub.logins[0] + _LOGIN_WINDOW - now).total_seconds()) + 1
        detail = f"Request was throttled. Expected available in {wait} seconds."
        raise Refusal(429, {"detail": detail}, {"retry-after": str(wait)})
    hub.logins.append(now)
    data = clean({"username": text(required=True), "password": text(required=True)}, call.data(), hub)
    if hub.users.get(data["username"]) != data["password"]:
        raise Refusal(400, {"non_field_errors": ["Unable to log in with provided credentials."]})
    if not hub.tokens:
        hub.tokens_issued += 1
        name = f"{data['username']} {hub.tokens_issued}"
        hub.tokens.add(hashlib.sha256(name.encode()).hexdigest()[:40])
    return Reply(200, {"key": next(iter(hub.tokens))})


def guard(hub: Omnitron, template: str, call: Call) -> None:
    """Refuse a call without a live token, and a channel that is not ours."""
    if template == _LOGIN:
        return
    header = call.headers.get("authorization", "")
    if not header:
        detail = "Authentication credentials were not provided."
        raise Refusal(401, {"detail": detail, "code": "not_authenticated"})
    if not header.startswith("Token ") or header.removeprefix("Token ") not in hub.tokens:
        raise Refusal(401, {"detail": "Invalid token.", "code": "authentication_failed"})
    if call.params.get("channel_id", str(hub.channel["pk"])) != str(hub.channel["pk"]):
        raise not_found()


def active_user(hub: Omnitron, call: Call) -> Reply:
    username = next(iter(hub.users))
    return Reply(200, {"pk": 1, "username": username, "email": f"{username}@example.com"})


ROUTES: list[Route] = [("POST", _LOGIN, login), ("GET", "/api/v1/active_user/", active_user)]
