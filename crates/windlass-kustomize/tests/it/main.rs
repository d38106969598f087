//! Builds against the recorded bytes of kustomize.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod charts;
mod conformance;
mod folder;
mod own;
mod random;
mod remote;
mod suite;
