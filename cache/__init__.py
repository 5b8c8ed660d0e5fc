"""The content-addressed store: bytes, digests and small metadata; knows nothing of Clarity.

`open_store()` gives a `Store`; its methods are described there. Every answer is either the exact
bytes that were stored or a `Miss`, false in a condition, with its reason.
"""

from __future__ import annotations

from cache.care import EntryInfo, GcReport, KindStat, Problem, Stat, VerifyReport
from cache.digest import ActionKey, Digest, Id
from cache.disk import DEFAULT_SIZE_LIMIT, open_store
from cache.key import Describe, HashSink, KeySink, TextSink, action_key, key_text
from cache.memory import MemoryStore
from cache.outcome import HIT, Action, CacheUnavailable, Layer, Miss, Reason
from cache.seal import SealUnavailable
from cache.store import Store

__all__ = [
    "DEFAULT_SIZE_LIMIT",
    "HIT",
    "Action",
    "ActionKey",
    "CacheUnavailable",
    "Describe",
    "Digest",
    "EntryInfo",
    "GcReport",
    "HashSink",
    "Id",
    "KeySink",
    "KindStat",
    "Layer",
    "MemoryStore",
    "Miss",
    "Problem",
    "Reason",
    "SealUnavailable",
    "Stat",
    "Store",
    "TextSink",
    "VerifyReport",
    "action_key",
    "key_text",
    "open_store",
]
