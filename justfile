# Everything that must hold before a change is done.
check:
    bash .ci/run

format:
    cargo fmt --all --check

lint:
    cargo clippy --workspace --all-targets -- -D warnings

test:
    bash tests/run

docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items

supply:
    cargo deny check licenses bans sources
    cargo machete

# Writes the generated documents anew: configuration, metrics, message graph, command line.
update-docs:
    UPDATE_DOCS=1 cargo test --workspace

# Which line of a core does no test hold to its word?
mutants core:
    bash tests/mutants {{ core }}
