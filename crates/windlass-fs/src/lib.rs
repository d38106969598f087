//! Folders for the Windlass engine: a source, a target and a state store without any server.

mod fault;
mod source;

pub use source::DirSource;
