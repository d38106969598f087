//! YAML and JSON, read as Go's Kubernetes tools read them.
//!
//! ```
//! use windlass_core::FieldPath;
//! use windlass_yaml::{Options, read, to_yaml};
//!
//! let text = b"kind: Service\nspec:\n  ports: &all\n  - port: 0x50\n  internal: off\n---\nkind: Secret\n";
//! let documents = read(text, &Options::default())?;
//! assert_eq!(documents.len(), 2);
//! assert_eq!(documents[0].value.canonical(), r#"{"kind":"Service","spec":{"internal":false,"ports":[{"port":80}]}}"#);
//!
//! let port = FieldPath::root().field("spec").field("ports").index(0).field("port");
//! assert_eq!(documents[0].locate(text, &port).map(|place| place.line), Some(4));
//! assert_eq!(to_yaml(&documents[1].value), "kind: Secret\n");
//! # Ok::<(), windlass_core::Error>(())
//! ```
//!
//! # What is read
//!
//! - Scalars mean what `sigs.k8s.io/yaml` makes of them, which is go-yaml v2 (YAML 1.1) and then JSON: `y`, `yes`, `on`
//!   are booleans, `010` is 8, `1_000` is 1000, dates stay text, and a float without a fraction (`1.0`, `1e3`) becomes
//!   an integer. `tests/data/scalars.txt` has two thousand documents with the answers of the Go libraries.
//! - Anchors, aliases, merge keys (`<<`), tags of YAML's own types, block scalars, comments, several documents.
//! - With [`Rules::V3`], what kyaml makes of them, which is go-yaml v3 and then JSON: `yes` is text, a date becomes a time.
//!   kyaml also writes what it read and reads that again, which changes two things: a folded text gets one more line break
//!   before an indented line, and a missing value in brackets (`{a: }`) becomes an empty text.
//! - JSON by its own rules, also several values in one file. `1.0` stays a float there, as it does in Go.
//! - If a text ends in a block scalar without a line break, the value has no line break at its end either, as in kustomize
//!   and Flux; kubectl adds one.
//! - Keys that are numbers or booleans become text, as in Go.
//!
//! # Invariants
//!
//! - Documents that hold nothing, such as only comments, are left out; the numbers of the others do not change.
//! - Each document is read or refused for itself, and all problems of all documents are reported together.
//! - No input panics. Bytes, documents, depth, the values and bytes that aliases multiply, and problems are limited by
//!   [`Options`].
//! - Errors name keys, lines and columns, never values nor anchors: a value may be a secret, and begin with `*`.
//!
//! # Stricter than Go, on purpose
//!
//! - A key that appears twice is refused with both lines, unless [`Options`] allow it; Go keeps the last of the two.
//! - A field written before `<<` that the merge would replace with another value is refused: go-yaml v2 lets the merge
//!   win, v3 and the YAML specification the field, so that kubectl and kustomize disagree.
//! - `!!binary` that is not UTF-8 is refused; Go replaces the bytes.
//! - UTF-16 is refused.
//! - A quoted text that goes on at or left of the column of its key is refused, and so is a comment that touches it
//!   (`"b"#c`); go-yaml v2 takes both.
//!
//! [`to_yaml`] writes text for people, which every reader of YAML 1.1 and 1.2 reads back to the same value; [`mod@go`] writes
//! the bytes that Go's libraries write. [`set`] changes one value of a
//! text and leaves every other byte.
//!
//! The specifications are [YAML 1.1](https://yaml.org/spec/1.1/), [YAML 1.2](https://yaml.org/spec/1.2.2/), whose
//! syntax the parser follows, and [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259).

mod document;
mod edit;
pub mod go;
mod json;
mod leaves;
mod options;
mod reader;
mod text;
mod write;
mod yaml;

pub use document::{Document, Place};
pub use edit::set;
pub use leaves::{Leaf, leaves};
pub use options::{Format, Options, Rules};
pub use reader::{Reader, read};
pub use write::to_yaml;
