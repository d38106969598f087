//! Builds against the recorded bytes of kustomize.

mod conformance;
mod folder;
mod own;
mod random;
