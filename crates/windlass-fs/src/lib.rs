//! Folders for the Windlass engine: a source, a target and a state store without any server.

mod disk;
mod fault;
mod lock;
mod name;
mod source;
mod store;
mod target;

pub use source::DirSource;
pub use store::FileStore;
pub use target::DirTarget;
