//! Faults of a real API server, seen through a proxy that does harm: only what a fault affects is affected, all is told,
//! and it converges when the fault ends, with nothing written twice, no false alarm of drift, and nothing deleted.
#![allow(clippy::panic, reason = "a test fails by it, and says more than `expect` would")]

mod fast;
mod lost;
mod refused;
mod server;
mod stage;
#[path = "../support/mod.rs"]
mod support;
mod token;
mod watches;
