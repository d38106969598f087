//! Virtual time, parts that live in memory, and conformance suites for the traits of `windlass-core`.

mod clock;
mod lines;
mod memory;
mod object;
mod recorder;
pub mod renderer;
mod run;
pub mod source;
pub mod store;
pub mod suite;
mod sync;
pub mod target;

pub use clock::TestClock;
pub use lines::LinesRenderer;
pub use memory::{MemoryFiles, MemorySource, MemoryStore, MemoryTarget, files};
pub use object::{config_map, id, unit};
pub use recorder::Recorder;
pub use run::{block_on, poll_once};
