//! Templates with recorded answers of both versions of Helm.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod conformance;
mod laws;
mod objects;
mod random;
mod recorded;
mod run;
