//! Builds against the recorded bytes of kustomize.

mod conformance;
mod folder;
