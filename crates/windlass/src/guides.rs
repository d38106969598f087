//! The Rust of the guides, compiled and run as tests of this crate.

#[doc = include_str!("../../../README.md")]
mod readme {}

#[doc = include_str!("../../../docs/embed.md")]
mod embed {}

#[doc = include_str!("../../../docs/alone.md")]
mod alone {}

#[doc = include_str!("../../../docs/testing.md")]
mod testing {}

#[doc = include_str!("../../../docs/fleet.md")]
mod fleet {}
