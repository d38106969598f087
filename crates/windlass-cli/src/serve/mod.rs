//! What a run tells by HTTP: `/healthz` whether its loop makes progress, `/readyz` whether it has looked at every unit,
//! `/metrics` how units are, as [OpenMetrics](https://github.com/prometheus/OpenMetrics).
//!
//! A [`Board`] is told what happens, and keeps what is asked for and no more. A [`Server`] answers from it, on a task of
//! its own, so that it answers also where the loop stands still. Nothing that it says holds a body, a path or an error:
//! whoever reaches the address reads names of units and revisions, and numbers.

mod board;
mod http;
mod listen;
mod metrics;
mod probes;
mod record;

pub(crate) use board::{Board, Entry};
pub(crate) use http::Server;
pub(crate) use listen::Listen;
