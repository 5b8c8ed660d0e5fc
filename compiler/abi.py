"""The interface between generated modules and the runtime: host functions, memory map, aborts.

Compiler and linker are both generated from these tables; `HOST_INTERFACE` is part of every key, so
that no module outlives a change here. All host functions are imported from the Wasm module named
`IMPORT_MODULE`. Pointers are i32 byte addresses in the module's own memory; "consensus" means SIP-005
serialised bytes.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

from compiler.layout import I32, I64

HOST_INTERFACE: Final = 3
IMPORT_MODULE: Final = "clarity"
MEMORY_EXPORT: Final = "memory"
DEPLOY_EXPORT: Final = "deploy"
"""`deploy()` runs the top-level forms; its result is left at DEPLOY_RESULT in slot form."""
ALLOC_EXPORT: Final = "alloc"
"""`alloc(size) -> address`, which grows the memory: for the host's larger values."""
FUNCTION_PREFIX: Final = "fn:"
"""User functions are exported as `fn:NAME`, private ones too (the network's call-read runs them)."""

# What the module defers and keeps, at the start of memory; the host sets it whenever it lets the
# module run (`runtime.effects`).
RECORDS_END: Final = 0x00
"""i32: the end of the records at RECORDS."""
RECORDED_END: Final = 0x04
"""i32: the end of the bytes at RECORDED; STATIC_DATA where nothing may be deferred."""
GENERATION: Final = 0x08
"""i64: variables that the module kept in another generation are good no more; 0: none are."""

# The context block follows. The host fills it before each transaction.
RUNTIME: Final = 0x10
READ_COUNT: Final = 0x18
READ_LENGTH: Final = 0x20
WRITE_COUNT: Final = 0x28
WRITE_LENGTH: Final = 0x30
"""Five i64 counters, in this order."""
RUNTIME_LIMIT: Final = 0x38
READ_COUNT_LIMIT: Final = 0x40
READ_LENGTH_LIMIT: Final = 0x48
WRITE_COUNT_LIMIT: Final = 0x50
WRITE_LENGTH_LIMIT: Final = 0x58
"""Their limits, i64, in the same order."""
HEAP: Final = 0x60
"""i32: first free byte. Both sides allocate by moving it; the host resets it before a transaction."""
CALL_DEPTH: Final = 0x64
"""i32: depth of the interpreter's call stack at which this call was entered."""
MAX_CALL_DEPTH: Final = 0x68
"""i32: the depth at which the interpreter gives up."""
DEPLOY_RESULT: Final = 0x6C
"""i32: after `deploy()`, 0 where no top-level expression was evaluated, else a pointer."""
HELD: Final = 0x70
KEPT: Final = 0x78
"""i64 each, in modules that count memory only (`compiler.lower.memory`): what the interpreter counts
as held where a function is entered, and all that it keeps until the transaction ends."""
TX_SENDER: Final = 0x80
CONTRACT_CALLER: Final = 0x88
TX_SPONSOR: Final = 0x90
CURRENT_CONTRACT: Final = 0x98
"""Principals: i32 pointer, i32 length of consensus bytes; the sponsor's pointer is 0 where none."""
BURN_BLOCK_HEIGHT: Final = 0xA0
STACKS_BLOCK_HEIGHT: Final = 0xA8
TENURE_HEIGHT: Final = 0xB0
BLOCK_HEIGHT: Final = 0xB8
STACKS_BLOCK_TIME: Final = 0xC0
CHAIN_ID: Final = 0xC8
"""i64 each; `block-height` is what Clarity 1 and 2 mean by it in the current epoch."""
STX_LIQUID_SUPPLY: Final = 0xD0
"""i64 low, i64 high."""
IS_IN_MAINNET: Final = 0xE0
IS_IN_REGTEST: Final = 0xE4
"""i32 each."""
PRINCIPALS: Final = 0x100
"""Room for the bytes of the four principals above, PRINCIPAL_ROOM bytes each."""
PRINCIPAL_ROOM: Final = 0xA0
ACTIVE_FUNCTIONS: Final = 0x380
"""A bit for each function that calls other contracts: set while it runs, so that nobody can come
back into it. The host clears them before a transaction."""
MAX_ACTIVE_FUNCTIONS: Final = 1024
RECORDS: Final = 0x400
"""Effects that the host has not seen yet, in their order. A record is four i32: what is done (the number
of a variable; of a map, after the variables; after both `print`; then transfers of each fungible
token), and how far from RECORDED the bytes of a key begin, where they end and those that are stored
or printed begin, and where these end. The key of a transfer is its sender; what follows are the
amount as two i64, both new balances of 16 bytes as they are stored, and the recipient."""
RECORDED: Final = 0xC00
STATIC_DATA: Final = 0x2000
"""Data segments and constants start here; the heap follows them."""


class Signature(NamedTuple):
    """Wasm parameter and result types of a host function."""

    params: tuple[int, ...]
    results: tuple[int, ...]


def _i32(params: int, results: int = 0) -> Signature:
    return Signature((I32,) * params, (I32,) * results)


HOST_FUNCTIONS: Final[dict[str, Signature]] = {
    # abort(code, runtime not yet charged): ends the transaction with ABORTS[code]; never returns.
    "abort": Signature((I32, I64), ()),
    # Data variables: id is the place in the description's `variables`. var_get -> pointer, length.
    "var_get": _i32(1, 2),
    "var_set": _i32(3),
    # Maps: (id, key, key length[, value, value length]). map_get -> pointer (0: none), and the
    # length that is stored: 1 + that of the value, 1 for a deleted entry, 0 where there never was
    # one.
    "map_get": _i32(3, 2),
    "map_set": _i32(5),
    "map_insert": _i32(5, 1),
    "map_delete": _i32(3, 1),
    # Definitions at deployment: define_var(id, value, length), define(kind, id) for the rest,
    # define_ft(id, 1 if limited, supply low, supply high).
    "define_var": _i32(3),
    "define": _i32(2),
    "define_ft": Signature((I32, I32, I64, I64), ()),
    # Fungible tokens. Amounts are u128 (low, high); results are 0 for (ok true), else the err code.
    "ft_supply": Signature((I32,), (I64, I64)),
    "ft_balance": Signature((I32, I32, I32), (I64, I64)),
    "ft_mint": Signature((I32, I64, I64, I32, I32), (I32,)),
    "ft_burn": Signature((I32, I64, I64, I32, I32), (I32,)),
    "ft_transfer": Signature((I32, I64, I64, I32, I32, I32, I32), (I32,)),
    # Non-fungible tokens: (id, key, key length, …). nft_owner -> pointer (0: none), length.
    "nft_owner": _i32(3, 2),
    "nft_mint": _i32(5, 1),
    "nft_burn": _i32(5, 1),
    "nft_transfer": _i32(7, 1),
    # STX. stx_transfer(amount, sender, its length, recipient, its length, memo, its length).
    "stx_balance": Signature((I32, I32), (I64, I64)),
    "stx_transfer": Signature((I64, I64, I32, I32, I32, I32, I32, I32), (I32,)),
    "stx_burn": Signature((I64, I64, I32, I32), (I32,)),
    # print(pointer, length): the consensus bytes of the value.
    "print": _i32(2),
    # contract_call(site, contract, its length, arguments in slot form) -> result in slot form.
    "contract_call": _i32(4, 1),
    # require_contract(contract, its length) ends the transaction where there is no such contract.
    "require_contract": _i32(2),
    # Nested transaction of a public (0) or read-only (1) function called from its own contract;
    # end(1) commits, end(0) rolls back.
    "begin": _i32(1),
    "end": _i32(1),
    # Hashes: hash(kind, data, length, out), kinds in HASHES.
    "hash": _i32(4),
    # secp256k1_recover(hash, signature, its length, out 33) -> 0 or the err code;
    # secp256k1_verify(hash, signature, its length, key, its length) -> bool.
    "secp256k1_recover": _i32(4, 1),
    "secp256k1_verify": _i32(5, 1),
    # at_block(hash, its length) enters the state at the end of that block; at_block_end() leaves it.
    "at_block": _i32(2),
    "at_block_end": _i32(0),
    # word(site, arguments in slot form) -> result in slot form: the words that the host evaluates
    # on values, see the description's `sites`.
    "word": _i32(2, 1),
    # protect(site, arguments in slot form, block): the bodies of restrict-assets? and as-contract?.
    # In a nested transaction, run the exported function that the site's `extra` names first on the
    # block (it returns 0, or 1 where its function is left early), then check the site's allowances
    # (`runtime.words.allowances`), also where the body ended with an error. Violated: roll back and
    # answer with the index. Else commit, pass the error on, or answer PROTECT_DONE, PROTECT_LEFT.
    "protect": _i32(3, 1),
    # trace(node, line): in modules that are traced only, the application `node` in that line of the
    # source begins, or ends where the number is negative (~node). Ends are left out where a function
    # is left early.
    "trace": _i32(2),
}

PROTECT_DONE: Final = -1
PROTECT_LEFT: Final = -2

HASHES: Final = ("hash160", "sha256", "sha512", "sha512/256", "keccak256")


class Define(IntEnum):
    """Kinds of definitions that the host is told of by `define`."""

    MAP = 0
    NFT = 1


class Abort(IntEnum):
    """Why a module ends a transaction; names of errors are the interpreter's."""

    ARITHMETIC_OVERFLOW = 1
    ARITHMETIC_UNDERFLOW = 2
    DIVISION_BY_ZERO = 3
    ARITHMETIC = 4
    UNWRAP_FAILURE = 5
    UNWRAP_FAILED_EARLY = 6
    ASSERTION_FAILED_EARLY = 7
    COST_EXCEEDED = 8
    MAX_STACK_DEPTH = 9
    VALUE_TOO_LARGE = 10
    TYPE_VALUE_ERROR = 11
    LIST_TYPES_MUST_MATCH = 12
    MEMORY_EXCEEDED = 13
    CONTRACT_CALL_EXPECT_NAME = 14
    INCORRECT_ARGUMENT_COUNT = 15
    UNREACHABLE = 16
    CIRCULAR_REFERENCE = 17
    AT_BLOCK_UNAVAILABLE = 18
    NAME_ALREADY_USED = 23
    UNION_TYPE_VALUE_ERROR = 19
    COST_COMPUTATION_FAILED = 20
    EXPECTED_CONTRACT_PRINCIPAL_VALUE = 21
    BAD_TOKEN_NAME = 22
    UNDEFINED_FUNCTION = 24
    RESTRICT_ASSETS_MEMORY = 26
    HEAP_EXHAUSTED = 27
    UNKNOWN_HEIGHT = 25
    COULD_NOT_DETERMINE_TYPE = 28
    TYPE_ERROR = 29


ABORTS: Final[dict[Abort, tuple[str, str]]] = {
    Abort.ARITHMETIC_OVERFLOW: ("Runtime", "ArithmeticOverflow"),
    Abort.ARITHMETIC_UNDERFLOW: ("Runtime", "ArithmeticUnderflow"),
    Abort.DIVISION_BY_ZERO: ("Runtime", "DivisionByZero"),
    Abort.ARITHMETIC: ("Runtime", "Arithmetic"),
    Abort.UNWRAP_FAILURE: ("Runtime", "UnwrapFailure"),
    Abort.UNWRAP_FAILED_EARLY: ("EarlyReturn", "UnwrapFailed"),
    Abort.ASSERTION_FAILED_EARLY: ("EarlyReturn", "AssertionFailed"),
    Abort.COST_EXCEEDED: ("RuntimeCheck", "CostBalanceExceeded"),
    Abort.MAX_STACK_DEPTH: ("Runtime", "MaxStackDepthReached"),
    Abort.VALUE_TOO_LARGE: ("RuntimeCheck", "ValueTooLarge"),
    Abort.TYPE_VALUE_ERROR: ("RuntimeCheck", "TypeValueError"),
    Abort.LIST_TYPES_MUST_MATCH: ("RuntimeCheck", "ListTypesMustMatch"),
    Abort.MEMORY_EXCEEDED: ("RuntimeCheck", "MemoryBalanceExceeded"),
    Abort.CONTRACT_CALL_EXPECT_NAME: ("RuntimeCheck", "ContractCallExpectName"),
    Abort.INCORRECT_ARGUMENT_COUNT: ("RuntimeCheck", "IncorrectArgumentCount"),
    Abort.UNREACHABLE: ("RuntimeCheck", "Unreachable"),
    Abort.CIRCULAR_REFERENCE: ("RuntimeCheck", "CircularReference"),
    Abort.AT_BLOCK_UNAVAILABLE: ("RuntimeCheck", "AtBlockUnavailable"),
    Abort.NAME_ALREADY_USED: ("RuntimeCheck", "NameAlreadyUsed"),
    Abort.UNION_TYPE_VALUE_ERROR: ("RuntimeCheck", "UnionTypeValueError"),
    Abort.COST_COMPUTATION_FAILED: ("RuntimeCheck", "CostComputationFailed"),
    Abort.EXPECTED_CONTRACT_PRINCIPAL_VALUE: ("RuntimeCheck", "ExpectedContractPrincipalValue"),
    Abort.BAD_TOKEN_NAME: ("Runtime", "BadTokenName"),
    Abort.UNDEFINED_FUNCTION: ("RuntimeCheck", "UndefinedFunction"),
    Abort.RESTRICT_ASSETS_MEMORY: ("RuntimeCheck", "RestrictAssetsMemoryExceeded"),
    # The interpreter's name for an end that its host made for want of memory, not the rules.
    Abort.HEAP_EXHAUSTED: ("RuntimeCheck", "AbortedByExecutionHook"),
    Abort.UNKNOWN_HEIGHT: ("Internal", "Expect"),
    Abort.TYPE_ERROR: ("RuntimeCheck", "TypeError"),
    Abort.COULD_NOT_DETERMINE_TYPE: ("RuntimeCheck", "CouldNotDetermineType"),
}
"""Kind and name of the error that each abort reports, as receipts have them."""
