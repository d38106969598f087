//! Templates with recorded answers of both versions of Helm.

mod conformance;
mod objects;
mod run;
