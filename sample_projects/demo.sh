#!/bin/sh
# What `make demo` runs: builds a sample in release mode, inspects an artifact by its hash, and calls
# a contract from the cache; each command is shown before it runs.
set -eu
clarbuild=${BIN:-.venv/bin}/clarbuild
project=sample_projects/marketplace

run() {
    printf '\n$ clarbuild %s\n' "$*"
    "$clarbuild" "$@"
}

run build $project --release
run build $project --release

hash=$("$clarbuild" build $project --release --json |
    sed -n 's/.*"event": "finished".*\.market".*"wasm": "\([0-9a-f]\{12\}\).*/\1/p')
run inspect "$hash"

run call collection mint --project $project --release
run call market get-fee u1000 --project $project --release
