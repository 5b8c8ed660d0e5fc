"""Modules of our VM with faults planted in them, and when the chains of these tests begin."""

from __future__ import annotations

from typing import Final

from msgspec import structs

from runtime.modules import CompileInMemory

GENESIS: Final = 1_700_000_000


class Faulty(CompileInMemory):
    """Compiles one thing where another is meant: a compiler that is wrong."""

    def __init__(self, meant: str = "", made: str = "") -> None:
        super().__init__()
        self.meant, self.made = meant, made

    def __call__(self, request):
        if self.meant:
            source = request.source.replace(self.meant, self.made)
            request = structs.replace(request, source=source)
        return super().__call__(request)
