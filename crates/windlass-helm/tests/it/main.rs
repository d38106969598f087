//! Charts, rendered as a caller renders them.

mod command;
mod conformance;
mod folder;
