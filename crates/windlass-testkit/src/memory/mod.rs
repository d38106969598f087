//! Parts that live in memory: what the suites are tested with, and what an embedder's tests need no server for.

mod files;
mod source;
mod store;
mod target;

pub use files::{MemoryFiles, files};
pub use source::MemorySource;
pub use store::MemoryStore;
pub use target::MemoryTarget;
