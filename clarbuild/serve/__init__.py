"""A node's RPC over a chain of compiled contracts: `node` the chain, `app` the HTTP."""
