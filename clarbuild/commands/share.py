"""`cache keygen` and `cache push`: signing keys, and filling a remote; the rest is `build`'s."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clarbuild.commands.options import (
    PathArgument,
    ReleaseOption,
    RemoteOption,
    open_builder,
    options_of,
)
from clarbuild.guard import BAD_INPUT, guarded

# A server that answers at all fails within its own time-outs, long before.
_LONG = 3600.0


@guarded
def keygen(
    path: Annotated[Path, typer.Argument(help="The secret key's new file.")],
) -> int:
    """Make a key that signs what goes to a remote; prints the public one."""
    from cache.signing import SigningError, SigningKey
    from clarbuild.problems import fault

    try:
        print(SigningKey.create(path).public)
    except SigningError as error:
        raise fault("keygen", "bad-key", str(error)) from None
    return 0


@guarded
def push(
    path: PathArgument = Path(),
    *,
    release: ReleaseOption = False,
    remote: RemoteOption = None,
) -> int:
    """Send what a project's last build used to its remote, however long that takes."""
    from clarbuild.problems import fault
    from clarbuild.remote import READ_WRITE, Remotes
    from clarbuild.report import plural

    builder = open_builder(path, options_of(release=release))
    chosen = Remotes(remote, READ_WRITE)(builder.manifest())
    if chosen is None:
        raise fault(str(path), "no-remote", "no remote is named", hint="--remote URL names one")
    keys = sorted(set(builder.memory.last.values()))
    if not keys:
        raise fault(str(path), "not-built", "not built yet", hint="`clarbuild build` builds it")
    chosen.begin()
    with builder.around.store as store:
        for key in keys:
            chosen.offer(store, key)
            if chosen.tier.full:
                chosen.finish(_LONG)
        chosen.finish(_LONG)
    traffic = chosen.tier.traffic
    print(f"sent {plural(traffic.stored, 'artifact')} to {chosen.tier.url}")
    if told := chosen.told():
        raise fault("push", "not-sent", told)
    return 0 if traffic.stored == len(keys) else BAD_INPUT
