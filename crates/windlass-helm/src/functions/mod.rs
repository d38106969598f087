//! The functions that a template can call: Go's own, Sprig's and Helm's.

mod args;
mod cases;
mod cast;
mod codes;
mod compare;
mod data;
mod dates;
mod decimal;
mod defaults;
mod dicts;
mod encode;
mod go;
mod helm;
mod json;
mod lists;
mod merge;
mod numbers;
mod paths;
mod reflect;
mod regexes;
mod secrets;
mod strings;
mod structs;
mod table;
mod toml_read;
mod toml_scalar;
mod toml_write;
mod urls;
mod versions;
mod words;
mod yaml;

pub(crate) use table::{Body, Caches, Function};
