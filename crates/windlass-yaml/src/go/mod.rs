//! Text as Go's libraries write it, byte for byte.
//!
//! ```
//! use windlass_core::Value;
//! use windlass_yaml::go;
//!
//! let value = Value::from_iter([("a10", Value::from("yes")), ("a9", vec![Value::from("x: y")].into())]);
//! assert_eq!(go::to_yaml(&value), "a9:\n- 'x: y'\na10: \"yes\"\n");
//! assert_eq!(go::to_yaml_v3(&value, 4), "a9:\n    - 'x: y'\na10: \"yes\"\n");
//! assert_eq!(go::to_json(&value), r#"{"a10":"yes","a9":["x: y"]}"#);
//! ```
//!
//! - [`to_yaml`] is `Marshal` of sigs.k8s.io/yaml 1.6, which goes through encoding/json and go-yaml v2: what
//!   `kustomize build`, Helm's `toYaml` and `kubectl -o yaml` print.
//! - [`to_yaml_v3`] is the encoder of go-yaml v3, and [`to_yaml_v3_compact`] the same with `CompactSeqIndent`, as kyaml
//!   sets it.
//! - [`to_json`] is `Marshal` of encoding/json; its siblings leave HTML alone or indent.
//!
//! `tests/oracle` holds the program that asks the real libraries, and the answers that it recorded.

mod analyze;
mod emitter;
mod float;
mod json;
mod order;
mod plain;
mod write;

pub(crate) use analyze::allows_block;
pub(crate) use emitter::Style;
pub use json::{to_json, to_json_indent, to_json_unescaped};
pub(crate) use write::in_one_line;
pub use write::{text_v3, to_yaml, to_yaml_v3, to_yaml_v3_compact, try_to_yaml};

/// Which go-yaml.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    V2,
    V3,
}
