//! Charts, rendered as a caller renders them.

mod archive;
mod cases;
mod command;
mod conformance;
mod folder;
mod suite;
mod unit;
