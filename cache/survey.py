"""Looking through a database: what is in it, what begins with a prefix, what is not ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cache.care import EntryInfo, KindStat, counters_by_layer, info_of
from cache.envelope import layer_of, prefix_of
from cache.outcome import CacheCorrupt, Layer, Reason
from cache.sealed import SealedCache

_LAYERS = {prefix_of(layer): layer for layer in Layer}
# A damaged size may be text, or infinite.
_TOTAL = "TOTAL(CASE typeof(size) WHEN 'integer' THEN size END)"
TOTAL_SIZE = f"SELECT {_TOTAL} FROM Cache"
_HEX = frozenset("0123456789abcdef")


class Survey(NamedTuple):
    """What a database tells of itself."""

    kinds: tuple[KindStat, ...]
    counters: Mapping[str, Mapping[str, int]]
    pins: Mapping[str, int]


def survey(cache: SealedCache) -> Survey:
    """How much there is of what, and the counters and pins."""
    groups = cache.sql(
        f"SELECT substr(key, 1, 1), tag, COUNT(*), {_TOTAL} FROM Cache"
        " WHERE raw = 1 GROUP BY 1, 2 ORDER BY 1, 2"
    )
    kinds = tuple(
        KindStat(_LAYERS[prefix], str(kind), entries, int(size))
        for prefix, kind, entries, size in groups
        if prefix in _LAYERS
    )
    counts = cache.sql("SELECT layer, outcome, count FROM Counters ORDER BY 1, 2")
    counters = counters_by_layer(
        (str(layer), str(outcome), _int(count)) for layer, outcome, count in counts
    )
    pins = cache.sql("SELECT label, COUNT(*) FROM Pins GROUP BY 1 ORDER BY 1")
    return Survey(kinds, counters, {str(label): count for label, count in pins})


def find_entries(cache: SealedCache, prefix: str, limit: int) -> list[EntryInfo]:
    """Entries whose id begins with these digits."""
    if not prefix or not _HEX.issuperset(prefix):
        return []
    low = bytes.fromhex(prefix.ljust(64, "0")[:64])
    high = bytes.fromhex(prefix.ljust(64, "f")[:64])
    found = []
    for first, layer in _LAYERS.items():
        for key, kind, size, stored, used in cache.sql(
            "SELECT key, tag, size, store_time, access_time FROM Cache"
            " WHERE raw = 1 AND key >= ? AND key <= ? ORDER BY key LIMIT ?",
            (first + low, first + high + b"\xff" * 32, limit),
        ):
            if layer_of(key) is layer:
                found.append(info_of(key, str(kind), _int(size), _float(stored), _float(used)))
    return found[:limit]


def foreign_rows(cache: SealedCache) -> list[tuple[int, object]]:
    """Rows that the store never writes, with their files; CacheCorrupt if tables are damaged."""
    (first,) = cache.sql("PRAGMA integrity_check(1)").fetchone()
    if first != "ok":
        raise CacheCorrupt(Reason.DATABASE, str(first))
    return [
        (rowid, filename)
        for rowid, key, raw, filename in cache.sql("SELECT rowid, key, raw, filename FROM Cache")
        if raw != 1 or layer_of(key) is None
    ]


def _int(value: object) -> int:
    return value if type(value) is int else 0


def _float(value: object) -> float:
    return value if type(value) is float else 0.0
