//! Each suite holds for the memory parts, and catches each saboteur by the one law it breaks.

// All of it is test code, which clippy sees only inside of test functions.
#![allow(clippy::unwrap_used, clippy::panic)]

mod control;
mod findings;
mod memory_target;
mod renderer;
mod saboteurs;
mod small;
mod source;
mod store;
mod target;
