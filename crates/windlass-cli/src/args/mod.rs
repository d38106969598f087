//! The command line: what can be said, and what was said.

mod commands;
mod flags;
mod push;
mod request;
mod tools;

pub(crate) use commands::{Verb, command};
pub(crate) use push::PushArtifact;
pub(crate) use request::{Colour, Format, Loudness, Request, Wish, format_of, read};
pub(crate) use tools::{HelmTemplate, KustomizeBuild, Reorder, Tool};
