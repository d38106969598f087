//! The Rust of the guides, compiled and run as tests of this crate.
