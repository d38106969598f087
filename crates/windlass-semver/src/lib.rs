//! Semantic versions and constraints, exactly as Masterminds/semver 3.5 reads them.
//!
//! ```
//! use windlass_semver::{Constraint, Version};
//!
//! let range = Constraint::parse("~1.4 || >=2.1")?;
//! let tags = ["1.3.9", "v1.4.7", "2.0.0", "2.1.0-rc.1", "1.5"];
//! let versions: Vec<Version> = tags.iter().map(|tag| Version::parse(tag)).collect::<Result<_, _>>()?;
//! let best = versions.iter().filter(|version| range.allows(version)).max_by(|a, b| a.compare(b));
//! assert_eq!(best.map(Version::original), Some("v1.4.7"));
//!
//! let reasons = range.check(&versions[2]).unwrap_err();
//! let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
//! assert_eq!(reasons, [
//!     r#""2.0.0" does not have same major version as "1.4""#,
//!     r#""2.0.0" is less than "2.1""#,
//! ]);
//! # Ok::<(), windlass_semver::Invalid>(())
//! ```
//!
//! # What is special
//! - Versions may lack numbers, begin with `v` and have leading zeros: `v1`, `1.2`, `01.2.3`. [`Version::parse_strict`]
//!   takes only what the specification takes.
//! - Bounds of a group stand side by side or behind commas, and all must hold; groups stand around `||`, and one must hold.
//!   A bound may leave numbers open: `1.x`, `~1.2`, `!=4.*`.
//! - A prerelease is allowed only by a group one bound of which names a prerelease, of whatever version:
//!   `>=1.0-0` allows `1.30.0-eks-1`. [`Constraint::with_prereleases`] drops that rule.
//! - `~0.0.0` allows every version, as there.
//!
//! # Invariants
//! - Texts are bounded as there: [`VERSION_BYTES_MAX`], [`CONSTRAINT_BYTES_MAX`] and [`GROUPS_MAX`]. Nothing recurses.
//! - Messages are those of the Go library, letter for letter.
//!
//! The rules are those of [Masterminds/semver](https://github.com/Masterminds/semver), not those of Cargo or npm.

mod constraint;
mod highest;
mod invalid;
mod scan;
mod version;

pub use constraint::{CONSTRAINT_BYTES_MAX, Constraint, GROUPS_MAX, Reason};
pub use highest::Near;
pub use invalid::Invalid;
pub use version::{VERSION_BYTES_MAX, Version};
