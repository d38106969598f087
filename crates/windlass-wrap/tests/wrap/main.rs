//! Each wrapper passes the suite of what it wraps, and keeps its own promises, in virtual time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may end by panicking")]

mod caching;
mod guarding;
mod limiting;
mod mirroring;
mod retrying;
mod scene;
mod suites;
mod targets;
mod timing;
mod verifying;
mod whole;
