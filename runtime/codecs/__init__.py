"""Clarity values to and from slots and memory, by the layouts of `compiler.layout`.

Knows nothing of instances: memory is whatever has the methods of `Memory`.
"""

from runtime.codecs.codec import Codec, codec_of
from runtime.codecs.parts import Memory, Mismatch
from runtime.codecs.simple import principal_bytes, principal_of

__all__ = ["Codec", "Memory", "Mismatch", "codec_of", "principal_bytes", "principal_of"]
