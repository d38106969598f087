// A module of its own, which needs nothing but Go.
module github.com/windlass-dev/windlass/crates/windlass-e2e/controlplane/leash

go 1.24.0
