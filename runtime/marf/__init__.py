"""The network's authenticated state: a Merkle forest of tries, one a block (SIP-004)."""

from runtime.marf.blocks import ROOTLESS, Blocks, UnknownBlock
from runtime.marf.forest import Forest, ForestError
from runtime.marf.proofs import ProofError, decode, encode, verify

__all__ = [
    "ROOTLESS",
    "Blocks",
    "Forest",
    "ForestError",
    "ProofError",
    "UnknownBlock",
    "decode",
    "encode",
    "verify",
]
