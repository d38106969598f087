//! Charts, rendered as a caller renders them.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod archive;
mod cases;
mod command;
mod conformance;
mod folder;
mod stored;
mod suite;
mod unit;
