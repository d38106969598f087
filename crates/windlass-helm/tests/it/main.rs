//! Charts, rendered as a caller renders them.

mod cases;
mod command;
mod conformance;
mod folder;
