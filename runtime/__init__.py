"""The Clarity VM on wasmtime: engine, host functions, chain and its state."""
