//! Expressions as the regexp package of Go reads them, rewritten for the crate [regex](https://docs.rs/regex).
//!
//! Tools of Go take patterns from their users: a target of kustomize, `regexMatch` of a chart, an identity of Flux. What the crate
//! regex refuses or reads in another way would be an error here and none there:
//!
//! ```
//! use regex::Regex;
//!
//! let name = "${CLUSTER_NAME}-md-0";
//! assert!(Regex::new(name).is_err());
//! assert!(Regex::new(&windlass_regex::translate(name)?).is_ok());
//!
//! let digit = windlass_regex::translate(r"^\d$")?;
//! assert!(!Regex::new(&digit)?.is_match("\u{663}"), "a digit is one of ASCII in Go");
//!
//! let wrong = windlass_regex::translate("a**").unwrap_err();
//! assert_eq!(wrong.to_string(), "error parsing regexp: invalid nested repetition operator: `**`");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Invariants
//! - What Go refuses is refused, with its text.
//! - One pass over the text, with no recursion. How large an expression may become once it is compiled is for the caller to
//!   say, by `RegexBuilder::size_limit`.
//!
//! The syntax is that of [RE2](https://golang.org/s/re2syntax) as Go 1.26 takes it.

mod invalid;
mod translate;

pub use invalid::Invalid;
pub use translate::translate;
