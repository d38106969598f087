#!/usr/bin/env bash
# russh 0.65.1 (crates.io): its feature `rsa` asks for exactly one release candidate of the crate rsa,
# so that no program can use it beside anything that takes the release 0.10.
#
# Behaviour: a package with `russh = "=0.65.1"` (feature rsa) and `rsa = "=0.10.0"` has no lock file
# that satisfies both: Cargo takes one version of a compatible range, and =0.10.0-rc.18 excludes
# 0.10.0. With rsa 0.9 beside it all resolves, and both are built.
#
# A good guess is otherwise: a release is taken to be at least as good as its candidates, and two
# libraries that use RSA inside to be independent of one another.
#
# Output seen:
#   rsa 0.10.0: no versions fit
#   rsa 0.9.10: resolves
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
mkdir src
touch src/lib.rs

resolves() { # version of rsa
  rm -f Cargo.lock
  cat >Cargo.toml <<TOML
[package]
name = "beside"
version = "0.0.0"
edition = "2024"

[dependencies]
russh = { version = "=0.65.1", default-features = false, features = ["ring", "rsa"] }
rsa = "=$1"
TOML
  if cargo generate-lockfile >out.txt 2>&1; then
    echo 'resolves'
  elif grep -q 'failed to select a version for `rsa`' out.txt; then
    echo 'no versions fit'
  else
    cat out.txt >&2
    echo 'another error'
  fi
}

status=0
check() { # version, expected
  got=$(resolves "$1")
  echo "rsa $1: $got"
  if [ "$got" != "$2" ]; then
    echo "behaviour changed: rsa $1: '$got', recorded '$2'" >&2
    status=1
  fi
}
check 0.10.0 'no versions fit'
check 0.9.10 'resolves'
exit $status
