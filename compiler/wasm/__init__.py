"""Encoder, code builder, linker of helpers and disassembler of WebAssembly; knows no Clarity."""

from compiler.wasm.checked import CheckedCode
from compiler.wasm.code import FUNCTION, MAX_LOCALS, Code
from compiler.wasm.functions import FuncRef, Global, Label, Local
from compiler.wasm.module import NO_NODE, ModuleBuilder, custom_section
from compiler.wasm.valtypes import I32, I64, ValType, ValTypes

__all__ = [
    "FUNCTION",
    "I32",
    "I64",
    "MAX_LOCALS",
    "NO_NODE",
    "CheckedCode",
    "Code",
    "FuncRef",
    "Global",
    "Label",
    "Local",
    "ModuleBuilder",
    "ValType",
    "ValTypes",
    "custom_section",
]
