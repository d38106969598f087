//! Templates with recorded answers of both versions of Helm.

mod conformance;
mod laws;
mod objects;
mod recorded;
mod run;
