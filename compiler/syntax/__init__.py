"""Source text to an abstract syntax tree: lexers, parsers, sugar, order of definitions, traits."""

from compiler.syntax.ast import ContractAst
from compiler.syntax.build import build_ast, build_ast_with_diagnostics

__all__ = ["ContractAst", "build_ast", "build_ast_with_diagnostics"]
