"""What a call of a PoX contract does besides what its code says: locks, events, moved assets.

Contracts can't lock STX: the interpreter does it when one of the PoX contracts has answered. Knows
nothing of instances; the session tells what was called and answered.
"""

from runtime.pox.table import POX

__all__ = ["POX"]
