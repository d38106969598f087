//! A real control plane, real Git repositories served over HTTP, and engines between them.

#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::print_stdout, reason = "how far a long test has come")]
#![allow(clippy::panic, reason = "a test fails by it, and says more than `expect` would")]

pub(crate) mod dice;
pub(crate) mod git;
pub(crate) mod goldens;
pub(crate) mod plane;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod running;
pub(crate) mod seesaw;
pub(crate) mod world;
