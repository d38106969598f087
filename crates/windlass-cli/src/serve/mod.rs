//! What a run tells and takes by HTTP.
//!
//! It tells `/healthz` whether its loop makes progress, `/readyz` whether it has looked at every unit,
//! `/metrics` how units are, as [OpenMetrics](https://github.com/prometheus/OpenMetrics).
//!
//! A [`Board`] is told what happens, and keeps what is asked for and no more. A [`Server`] answers from it, on a task of
//! its own, so that it answers also where the loop stands still. Nothing that it says holds a body, a path or an error:
//! whoever reaches the address reads names of units and revisions, and numbers.
//!
//! It takes webhooks at another address, which may be reached from the internet: [`Hooks`] say which paths there are and
//! whom a delivery wakes, and nothing is told there at all.

mod board;
mod hooks;
mod http;
mod listen;
mod metrics;
mod pages;
mod probes;
mod record;

pub(crate) use board::{Board, Entry};
pub(crate) use hooks::{Hooks, Woken, secret_path};
pub(crate) use http::Server;
pub(crate) use listen::Listen;
pub(crate) use pages::tell;
