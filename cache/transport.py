"""Opens object stores by URL, with time-outs and few retries, and says what their errors mean.

obstore is imported when a store is opened. It knows no parcels and no builds.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit, urlunsplit

from msgspec import Struct

from cache.parcel import ParcelRefused, RemoteMiss, RemoteReason

if TYPE_CHECKING:
    from obstore.store import ObjectStore

SCHEMES: Final = (
    "file",
    "memory",
    "s3",
    "s3a",
    "gs",
    "az",
    "azure",
    "abfs",
    "abfss",
    "http",
    "https",
)


class RemoteError(Exception):
    """A remote that can't be used as it is described; `message` says why, `hint` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Limits(Struct, frozen=True):
    """Seconds and counts that bound what a remote can cost.

    `patience` is the waiting that may come to nothing, `flush` the wait for uploads in the end;
    `failures` in a row switch the remote off for `cool_down`.
    """

    connect: float = 2.0
    request: float = 10.0
    patience: float = 3.0
    flush: float = 5.0
    retries: int = 2
    concurrency: int = 16
    failures: int = 4
    cool_down: float = 60.0


def shown_url(url: str) -> str:
    """A URL without the secrets that it may carry: a password, a signed query."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def miss_of(error: BaseException) -> RemoteMiss:
    """What an error of the transport means."""
    if isinstance(error, ParcelRefused):
        return error.miss
    if isinstance(error, TimeoutError):
        return RemoteMiss(RemoteReason.SLOW, "no answer in time")
    from obstore import exceptions

    if isinstance(error, exceptions.NotFoundError | FileNotFoundError):
        return RemoteMiss(RemoteReason.ABSENT)
    if isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError):
        return RemoteMiss(RemoteReason.DENIED)
    if isinstance(error, exceptions.AlreadyExistsError):
        # Nothing is stored with a condition: this is WebDAV's 409 for a folder without a parent.
        return RemoteMiss(RemoteReason.UNREACHABLE, "the folder of its URL must be there first")
    # What happened stands last, after the request and its retries.
    text = str(error).partition("\n")[0].rpartition(" - ")[2]
    reason = RemoteReason.UNREACHABLE
    if "timed out" in str(error) or "TimedOut" in str(error):
        reason = RemoteReason.SLOW
    # A signed URL's query is a password; object stores put the whole URL into their messages.
    return RemoteMiss(reason, re.sub(r"\?[^\s)\"]*", "", text)[:200])


def open_object_store(url: str, token: str | None, limits: Limits, *, create: bool) -> ObjectStore:
    """The store at a URL; `create` makes a local folder that isn't there."""
    try:
        from obstore import store as stores
    except ImportError:
        raise RemoteError(
            "a remote needs the package obstore", "pip install 'clarbuild[remote]'"
        ) from None
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise RemoteError(
            f"no such kind of remote: {shown_url(url)!r}", f"one of {', '.join(SCHEMES)}"
        )
    options: dict[str, Any] = {}
    if parts.scheme == "file":
        options = {"mkdir": create}
    elif parts.scheme != "memory":
        options = _network_options(limits)
        if parts.scheme in ("http", "https"):
            options["client_options"]["default_headers"] = _authorization(url, token)
            bare = parts.netloc.rpartition("@")[2]
            url = urlunsplit((parts.scheme, bare, parts.path, parts.query, ""))
    # Its overloads tell the kinds of stores apart, which only the URL does here.
    from_url: Callable[..., ObjectStore] = stores.from_url
    try:
        return from_url(url, **options)
    except Exception as error:
        # obstore raises its own classes, ValueError and OSError for what is wrong with a URL.
        text = str(error).partition("\n")[0]
        raise RemoteError(f"{shown_url(url)}: {text}", "mend the remote's URL") from None


def _network_options(limits: Limits) -> dict[str, Any]:
    return {
        "client_options": {
            "allow_http": True,
            "connect_timeout": timedelta(seconds=limits.connect),
            "timeout": timedelta(seconds=limits.request),
        },
        "retry_config": {
            "max_retries": limits.retries,
            "retry_timeout": timedelta(seconds=limits.request),
            "backoff": {
                "init_backoff": timedelta(milliseconds=50),
                "max_backoff": timedelta(milliseconds=500),
                "base": 2,
            },
        },
    }


def _authorization(url: str, token: str | None) -> dict[str, str]:
    userinfo, at, _ = urlsplit(url).netloc.rpartition("@")
    if at:
        credentials = base64.b64encode(unquote(userinfo).encode()).decode()
        return {"authorization": f"Basic {credentials}"}
    return {"authorization": f"Bearer {token}"} if token else {}
