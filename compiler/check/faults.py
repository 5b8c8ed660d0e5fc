"""What the checkers find wrong, in the interpreter's words: a function for each kind of fault."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from compiler.diagnostics import NO_SPAN, ClarityError, Diagnostic, Severity, Span
from compiler.type_relations import (
    TypeFault,
    could_not_determine_type,
    first_fault,
    supertype_too_large,
    type_mismatch,
    unreachable,
    value_too_large,
)
from compiler.type_relations import display as show
from compiler.types import TraitIdentifier, Type

__all__ = [
    "TypeFault",
    "could_not_determine_type",
    "error_of",
    "first_fault",
    "supertype_too_large",
    "type_mismatch",
    "unreachable",
    "value_too_large",
]


def error_of(fault: TypeFault) -> ClarityError:
    """The error that tells the user of a fault, at the place that was found for it."""
    span = fault.span or NO_SPAN
    return ClarityError(Diagnostic(Severity.ERROR, fault.code, fault.message, span, fault.hint))


# --- numbers of arguments -----------------------------------------------------------------------


def argument_count(expected: int, found: int) -> TypeFault:
    """Another number of arguments than the one wanted."""
    return TypeFault("argument-count", f"expecting {expected} arguments, got {found}")


def too_few_arguments(least: int, found: int) -> TypeFault:
    """Fewer arguments than the least."""
    return TypeFault("argument-count", f"expecting >= {least} arguments, got {found}")


def too_many_arguments(most: int, found: int) -> TypeFault:
    """More arguments than the most (the interpreter's text says "<")."""
    return TypeFault("argument-count", f"expecting < {most} arguments, got {found}")


def too_many_parameters(found: int, most: int) -> TypeFault:
    """A function of more parameters than the limit."""
    return TypeFault(
        "too-many-parameters",
        f"too many function parameters specified: found {found}, the maximum is {most}",
    )


def too_many_methods(found: int, most: int) -> TypeFault:
    """A trait of more methods than the limit."""
    return TypeFault(
        "too-many-methods",
        f"too many trait methods specified: found {found}, the maximum is {most}",
    )


# --- forms --------------------------------------------------------------------------------------

BindingKind = Literal["Let-binding", "Function argument definition", "Tuple constructor"]


def binding_not_list(kind: BindingKind, index: int, span: Span) -> TypeFault:
    """A binding that is not a list."""
    return _bad_binding(f"{kind} item #{index + 1} is not a list", span)


def binding_not_pair(kind: BindingKind, index: int, span: Span) -> TypeFault:
    """A binding that is not a pair."""
    return _bad_binding(f"{kind} item #{index + 1} is not a two-element list", span)


def binding_name_not_atom(kind: BindingKind, index: int, span: Span) -> TypeFault:
    """A binding whose name is no name."""
    return _bad_binding(f"{kind} item #{index + 1}'s name is not an atom", span)


def _bad_binding(what: str, span: Span) -> TypeFault:
    return TypeFault("bad-syntax-binding", f"invalid syntax binding: {what}", span=span)


def bad_let_syntax() -> TypeFault:
    """A `let` without its list of bindings."""
    return TypeFault(
        "bad-let-syntax",
        "invalid syntax of 'let'",
        hint="'let' syntax example: (let ((supply 1000) (ttl 60)) <next-expression>)",
    )


def bad_match_option_syntax(cause: TypeFault) -> TypeFault:
    """A `match` on an optional of a wrong form."""
    return TypeFault(
        "bad-match-syntax",
        "match on a optional type uses the following syntax: (match input some-name "
        f"if-some-expression if-none-expression). Caused by: {cause.message}",
    )


def bad_match_response_syntax(cause: TypeFault) -> TypeFault:
    """A `match` on a response of a wrong form."""
    return TypeFault(
        "bad-match-syntax",
        "match on a result type uses the following syntax: (match input ok-name if-ok-expression "
        f"err-name if-err-expression). Caused by: {cause.message}",
    )


def expected_name() -> TypeFault:
    """Something else where a name must stand."""
    return TypeFault("expected-name", "expected a name argument to this function")


def bad_map_name() -> TypeFault:
    """Something else where a map's or a variable's name must stand."""
    return TypeFault("bad-map-name", "invalid map name")


def bad_token_name() -> TypeFault:
    """Something else where a token's name must stand."""
    return TypeFault("bad-token-name", "expecting an token name as an argument")


def bad_tuple_field_name() -> TypeFault:
    """Something else where a field's name must stand."""
    return TypeFault("bad-field-name", "invalid tuple field name")


def bad_function_name() -> TypeFault:
    """Something else where a defined function's name must stand."""
    return TypeFault("bad-function-name", "invalid function name")


def bad_tuple_construction(why: str) -> TypeFault:
    """A tuple that can't be made."""
    return TypeFault("bad-tuple", f"invalid tuple syntax: {why}")


def non_function_application() -> TypeFault:
    """An application whose head is not a name."""
    return TypeFault("non-function-application", "expecting expression of type function")


def expected_list_application() -> TypeFault:
    """Something else where a list must stand."""
    return TypeFault("expected-list", "expecting expression of type list")


def bad_function_signature() -> TypeFault:
    """A defined function without its signature."""
    return TypeFault("define-function-bad-signature", "invalid function definition")


def bad_map_definition() -> TypeFault:
    """A map whose key or value has no valid type."""
    return TypeFault("bad-map-definition", "invalid map definition")


def bad_variable_definition() -> TypeFault:
    """A data variable without a valid type."""
    return TypeFault("bad-variable-definition", "invalid variable definition")


def bad_nft_definition() -> TypeFault:
    """A non-fungible token whose identifiers have no valid type."""
    return TypeFault(
        "bad-nft-definition",
        "(define-asset ...) expects an asset name and an asset identifier type signature as "
        "arguments",
    )


def bad_trait_definition() -> TypeFault:
    """A trait that is not a list of signatures answering responses."""
    return TypeFault("bad-trait-definition", "invalid trait definition")


def duplicate_method(name: str) -> TypeFault:
    """A trait's method defined twice."""
    return TypeFault("duplicate-method", f"duplicate method name '{name}' in trait definition")


def invalid_type_description() -> TypeFault:
    """Something that describes no type."""
    return TypeFault("bad-type", "supplied type description is invalid")


def unknown_type_name(name: str) -> TypeFault:
    """A name that is no type's."""
    return TypeFault("unknown-type", f"failed to parse type: '{name}'")


# --- names --------------------------------------------------------------------------------------


def name_already_used(name: str) -> TypeFault:
    """A name defined or bound twice."""
    return TypeFault("name-already-used", f"defining '{name}' conflicts with previous value")


def reserved_word(name: str) -> TypeFault:
    """A definition under a reserved name."""
    return TypeFault("reserved-word", f"{name} is a reserved word")


def undefined_variable(name: str) -> TypeFault:
    """A name that nothing in scope has."""
    return TypeFault("undefined-variable", f"use of unresolved variable '{name}'")


def unknown_function(name: str) -> TypeFault:
    """A function that is not defined."""
    return TypeFault("unknown-function", f"use of unresolved function '{name}'")


def illegal_function(name: str) -> TypeFault:
    """A function that can't be given to `map`, `filter` or `fold`."""
    return TypeFault("illegal-function", f"use of illegal / unresolved function '{name}")


def no_such_variable(name: str) -> TypeFault:
    """A data variable that is not defined."""
    return TypeFault("no-such-data-variable", f"use of unresolved persisted variable '{name}'")


def no_such_map(name: str) -> TypeFault:
    """A map that is not defined."""
    return TypeFault("no-such-map", f"use of unresolved map '{name}'")


def no_such_nft(name: str) -> TypeFault:
    """A non-fungible token that is not defined."""
    return TypeFault(
        "unresolved-token", f"tried to use asset function with a undefined asset ('{name}')"
    )


def no_such_ft(name: str) -> TypeFault:
    """A fungible token that is not defined."""
    return TypeFault(
        "unresolved-token", f"tried to use token function with a undefined token ('{name}')"
    )


def no_such_contract(contract: str) -> TypeFault:
    """A contract that is not there."""
    return TypeFault("no-such-contract", f"use of unresolved contract '{contract}'")


def no_such_public_function(contract: str, function: str) -> TypeFault:
    """A function that another contract does not offer."""
    return TypeFault(
        "no-such-public-function", f"contract '{contract}' has no public function '{function}'"
    )


def no_such_field(name: str, of: Type) -> TypeFault:
    """A field that the tuple has not."""
    return TypeFault("no-such-tuple-field", f"cannot find field '{name}' in tuple '{show(of)}'")


# --- types --------------------------------------------------------------------------------------


def union_mismatch(expected: Sequence[Type], found: Type) -> TypeFault:
    """One of several types wanted, another found."""
    *first, last = (f"'{show(each)}'" for each in expected)
    return TypeFault(
        "type-mismatch",
        f"expecting expression of type {', '.join(first)} or {last}, found '{show(found)}'",
    )


def expected_optional(found: Type) -> TypeFault:
    """An optional wanted."""
    return _expected("expecting expression of type 'optional', found", found)


def expected_response(found: Type) -> TypeFault:
    """A response wanted."""
    return _expected("expecting expression of type 'response', found", found)


def expected_optional_or_response(found: Type) -> TypeFault:
    """An optional or a response wanted."""
    return _expected("expecting expression of type 'optional' or 'response', found", found)


def expected_sequence(found: Type) -> TypeFault:
    """A sequence wanted."""
    return _expected(
        "expecting expression of type 'list', 'buff', 'string-ascii' or 'string-utf8' - found",
        found,
    )


def expected_tuple(found: Type) -> TypeFault:
    """A tuple wanted."""
    return _expected("expecting tuple, found", found)


def bad_match_input(found: Type) -> TypeFault:
    """A `match` on what is neither optional nor response."""
    return _expected(
        "match requires an input of either a response or optional, found input:", found
    )


def public_must_return_response(found: Type) -> TypeFault:
    """A public function that answers something else."""
    return _expected("public functions must return an expression of type 'response', found", found)


def _expected(what: str, found: Type) -> TypeFault:
    return TypeFault("type-mismatch", f"{what} '{show(found)}'")


def expected_callable(found: Type) -> TypeFault:
    """A `contract-call?` on a constant that names no contract."""
    return TypeFault("type-mismatch", f"expected a callable contract, found {show(found)}")


def return_types_must_match(a: Type, b: Type) -> TypeFault:
    """A function that leaves with values of different types."""
    return _must_match(
        "detected two execution paths, returning two different expression types", a, b
    )


def if_arms_must_match(a: Type, b: Type) -> TypeFault:
    """The arms of an `if` of different types."""
    return _must_match("expression types returned by the arms of 'if' must match", a, b)


def match_arms_must_match(a: Type, b: Type) -> TypeFault:
    """The arms of a `match` of different types."""
    return _must_match("expression types returned by the arms of 'match' must match", a, b)


def default_types_must_match(a: Type, b: Type) -> TypeFault:
    """A default of another type than the value's."""
    return _must_match("expression types passed in 'default-to' must match", a, b)


def _must_match(what: str, a: Type, b: Type) -> TypeFault:
    return TypeFault("type-mismatch", f"{what} (got '{show(a)}' and '{show(b)}')")


def unknown_ok_type() -> TypeFault:
    """The inside of a response that is never `ok`, or of a `none`."""
    return TypeFault(
        "could-not-determine-type",
        "attempted to obtain 'ok' value from response, but 'ok' type is indeterminate",
    )


def unknown_err_type() -> TypeFault:
    """The inside of a response that is never `err`."""
    return TypeFault(
        "could-not-determine-type",
        "attempted to obtain 'err' value from response, but 'err' type is indeterminate",
    )


def unknown_match_types() -> TypeFault:
    """A `match` on what can only take one of its arms."""
    return TypeFault(
        "could-not-determine-type",
        "attempted to match on an (optional) or (response) type where either the some, ok, or err "
        "type is indeterminate. you may wish to use unwrap-panic or unwrap-err-panic instead.",
    )


def unchecked_response() -> TypeFault:
    """A response in the middle of a body, looked at by no one."""
    return TypeFault(
        "unchecked-response",
        "intermediary responses in consecutive statements must be checked",
        hint="use try!, unwrap!, match or asserts! on it",
    )


def list_too_large() -> TypeFault:
    """A list that `map` would make, over the limit."""
    return TypeFault("list-too-large", "reached limit of elements in a sequence")


def length_overflow() -> TypeFault:
    """A length that 32 bits don't hold."""
    return TypeFault("length-overflow", "expecting a value <= 4294967295")


def scope_too_deep() -> TypeFault:
    """Bindings nested deeper than the limit."""
    return TypeFault("scope-too-deep", "reached depth limit")


# --- contracts and traits -----------------------------------------------------------------------


def missing_contract_name() -> TypeFault:
    """A `contract-call?` without a contract's or a function's name."""
    return TypeFault("missing-contract-name", "missing contract name for call")


def no_such_trait(contract: str, trait: str) -> TypeFault:
    """A trait that the contract does not define."""
    return TypeFault("no-such-trait", f"use of unresolved trait {contract}.{trait}")


def unknown_trait_reference(name: str) -> TypeFault:
    """A name that stands for no trait."""
    return TypeFault(
        "trait-reference-unknown",
        f"use of undeclared trait <{name}>",
        hint="traits should be either defined, with define-trait, or imported, with use-trait.",
    )


def unknown_trait_method(trait: str, method: str) -> TypeFault:
    """A method that the trait has not."""
    return TypeFault("no-such-method", f"method '{method}' unspecified in trait <{trait}>")


def bad_trait_implementation(trait: str, method: str) -> TypeFault:
    """A function that is missing or other than the trait says."""
    return TypeFault(
        "bad-trait-implementation",
        f"invalid signature for method '{method}' regarding trait's specification <{trait}>",
    )


def incompatible_trait(expected: TraitIdentifier, found: TraitIdentifier) -> TypeFault:
    """A trait that does not offer all that another does."""
    return TypeFault(
        "incompatible-trait",
        f"trait '{found}' is not a compatible with expected trait, '{expected}'",
    )


def trait_chain_too_deep() -> TypeFault:
    """Traits that refer to traits, too deep to compare."""
    return TypeFault(
        "trait-chain-too-deep",
        "trait-reference chain exceeds the maximum allowed type-checker recursion depth",
    )


def expected_trait_identifier() -> TypeFault:
    """Something else where a trait's full name must stand."""
    return TypeFault("expected-trait-identifier", "expecting expression of type trait identifier")


def unexpected_trait_or_field() -> TypeFault:
    """A trait or a contract's field where a value must stand."""
    return TypeFault("unexpected-trait", "unexpected use of trait reference or field")


def contract_of_expects_trait() -> TypeFault:
    """A `contract-of` on something else."""
    return TypeFault("expected-trait", "trait reference expected")


# --- words of their own -------------------------------------------------------------------------


def at_block_unavailable() -> TypeFault:
    """`at-block` where the epoch has it no more."""
    return TypeFault("at-block-unavailable", "(at-block ...) is not available in this epoch")


def missing_property(of: str) -> TypeFault:
    """A property's name missing; `of` is "block", "burn block", "stacks block" or "tenure"."""
    return TypeFault("missing-property", f"missing property name for {of} info introspection")


def no_such_block_property(name: str) -> TypeFault:
    """A property that blocks have not."""
    return TypeFault(
        "unknown-property",
        f"use of block unknown property '{name}'",
        hint="properties available: time, header-hash, burnchain-header-hash, vrf-seed",
    )


def no_such_stacks_block_property(name: str) -> TypeFault:
    """A property that Stacks blocks have not."""
    return TypeFault("unknown-property", f"use of unknown stacks block property '{name}'")


def no_such_tenure_property(name: str) -> TypeFault:
    """A property that tenures have not."""
    return TypeFault("unknown-property", f"use of unknown tenure property '{name}'")


def expected_allowances(word: str, position: int) -> TypeFault:
    """No list of allowances where one must stand."""
    return TypeFault(
        "bad-allowance", f"{word} expects a list of asset allowances as argument {position}"
    )


def allowance_not_allowed() -> TypeFault:
    """An allowance outside a list of allowances."""
    return TypeFault(
        "bad-allowance",
        "allowance expressions are only allowed in the context of a `restrict-assets?` or "
        "`as-contract?`",
    )


def expected_allowance(found: str) -> TypeFault:
    """Another word in a list of allowances."""
    return TypeFault("bad-allowance", f"expected an allowance expression, got: {found}")


def all_assets_not_allowed() -> TypeFault:
    """`with-all-assets-unsafe` outside `as-contract?`."""
    return TypeFault(
        "bad-allowance",
        "with-all-assets-unsafe is not allowed here, only in the allowance list for `as-contract?`",
    )


def all_assets_not_alone() -> TypeFault:
    """`with-all-assets-unsafe` beside other allowances."""
    return TypeFault(
        "bad-allowance", "with-all-assets-unsafe must not be used along with other allowances"
    )


def nft_expects_identifiers() -> TypeFault:
    """A `with-nft` without a list of identifiers."""
    return TypeFault("bad-allowance", "with-nft allowance must include a list of asset identifiers")


def too_many_identifiers(most: int, found: int) -> TypeFault:
    """A `with-nft` of more identifiers than the limit."""
    return TypeFault(
        "bad-allowance",
        f"with-nft allowance identifiers list must not exceed {most} elements, got {found}",
    )


def too_many_allowances(most: int, found: int) -> TypeFault:
    """More allowances than the limit."""
    return TypeFault(
        "bad-allowance",
        f"too many allowances specified, the maximum is {most}, found {found}",
    )
