"""The typed tree to Wasm code."""
