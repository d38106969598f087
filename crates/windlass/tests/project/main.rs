//! What holds of the repository as a whole: edges between crates, their metadata, what the papers say.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod architecture;
mod guides;
mod outside;
mod packages;
mod pages;
mod papers;
mod status;
