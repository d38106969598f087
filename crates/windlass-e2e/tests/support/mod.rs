//! A real control plane, real Git repositories served over HTTP, and engines between them.

#![allow(dead_code, reason = "each test binary uses its own part")]

pub(crate) mod dice;
pub(crate) mod git;
pub(crate) mod process;
pub(crate) mod seesaw;
pub(crate) mod world;
