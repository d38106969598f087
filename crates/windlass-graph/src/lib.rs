//! windlass-graph puts a set of keys into an order that follows edges, and walks it.
//!
//! ```
//! use windlass_graph::{Edge, Gate, Limits, Node, order};
//!
//! let ready = || Node::barrier("wave 0 is done");
//! let edges = [
//!     Edge::new("config", "db", "db mounts config"),
//!     Edge::new("db", ready(), "db is in wave 0").healthy(),
//!     Edge::new(ready(), "web", "web is in wave 1"),
//!     Edge::new(ready(), "worker", "worker is in wave 1"),
//!     Edge::new("web", "config", "a guess").weak(),
//! ];
//! let order = order(&["worker", "web", "db", "config"], &edges, &Limits::default())?;
//!
//! assert_eq!(order.stages(), [vec!["config"], vec!["db"], vec!["web", "worker"]]);
//! assert_eq!(order.yielded(), [edges[4].clone()]);
//!
//! let mut run = order.run();
//! assert_eq!(run.take(), Some("config"));
//! run.done(&"config", Gate::Applied)?;
//! assert_eq!(run.take(), Some("db"));
//! let held = run.failed(&"db")?;
//! assert_eq!(held.iter().map(|held| held.to_string()).collect::<Vec<_>>(), [
//!     "held back (key=web, by=db)",
//!     "held back (key=worker, by=db)",
//! ]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Gates and barriers
//! An edge waits until what is before it is applied, or until it is healthy; healthy implies applied. A barrier is a
//! node without work. It opens by itself once all gates into it are open, and it is healthy once everything before it
//! is healthy, so that on a way through a barrier the stricter of both gates counts:
//!
//! | in | out | the key after the barrier waits until the key before it is |
//! | --- | --- | --- |
//! | applied | applied | applied |
//! | healthy | applied | healthy |
//! | applied | healthy | healthy |
//!
//! A barrier with nothing before it is open. A thousand keys before a barrier and a thousand after it are two thousand
//! edges; without it they are a million:
//!
//! ```text
//! GOOD  each of phase 0 -> barrier "phase 0" -> each of phase 1
//! BAD   each of phase 0 -> each of phase 1
//! ```
//!
//! # Invariants
//! - The answer depends on the set of keys and the set of edges alone, not on the order in which they are given.
//! - Weak edges inside a strongly connected part all yield. What is still a cycle is a [`Cycle`], the members of
//!   which get no rank and never become ready; an edge from a key to itself is one. Everything else is ordered.
//! - What depends on a failed key, or on a member of a cycle, by edges that are not weak, is [`Blocked`] and names it.
//!   Nothing else is: a weak edge waits until what is before it is done, or never will be.
//! - An edge that names an unknown key is [`Dangling`] and orders nothing.
//! - What comes after a key has a greater rank, through any number of barriers.
//! - Work and memory are linear in keys and edges, apart from sorting; nothing recurses.
//!
//! # What it does not do
//! It does not retry: a key that failed stays failed, since a new attempt belongs to a new run. It does not choose an
//! edge to break in a cycle of hard edges, since any choice would be a guess about which edge is wrong. It does not
//! know what a key is, what makes it healthy, or what time it is.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

mod edge;
mod limits;
mod problem;

mod find;
mod names;
mod net;

mod levels;
mod parts;
mod progress;

mod order;
mod run;

pub use edge::{Edge, Gate, Node};
pub use limits::{Limits, OverLimit};
pub use order::{Order, order};
pub use problem::{Blocked, Cycle, Dangling};
pub use progress::State;
pub use run::{Misstep, Run};
