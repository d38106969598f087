//! What a render is given from outside: nothing else reaches it.

use std::{fmt, net::IpAddr};

use super::{Map, Time};

/// Whose behaviour a render follows where two versions of Helm differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HelmVersion {
    /// Helm 3.22.
    V3,
    /// Helm 4.3.
    #[default]
    V4,
}

/// Where random bytes come from.
pub trait Random {
    /// Fills the whole buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// Where `lookup` looks: a cluster, or nothing.
pub trait Lookup {
    /// Gives one object, or with an empty `name` a list; an empty map where there is none.
    ///
    /// # Errors
    ///
    /// The text of the error of the cluster, which ends the render.
    fn lookup(&self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Result<Map, String>;
}

/// Where `getHostByName` looks.
pub trait Resolve {
    /// The addresses of a host.
    fn resolve(&self, host: &str) -> Vec<IpAddr>;
}

/// What a render is given: clock, randomness, cluster, limits.
#[derive(Clone, Copy, Default)]
pub struct Env<'a> {
    /// A missing key of a map is an error (`--strict`).
    pub strict: bool,
    /// `required` and `fail` do not fail (`helm lint`).
    pub lint: bool,
    /// The time that `now` tells, the same throughout a render.
    pub now: Time,
    /// Randomness. Without it, functions that need some are an error.
    pub random: Option<&'a dyn Random>,
    /// A cluster. Without it, `lookup` finds nothing.
    pub lookup: Option<&'a dyn Lookup>,
    /// Name resolution. Without it, `getHostByName` gives the empty string.
    pub resolve: Option<&'a dyn Resolve>,
    /// Limits of the render.
    pub limits: Limits,
}

impl fmt::Debug for Env<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env")
            .field("strict", &self.strict)
            .field("lint", &self.lint)
            .field("now", &self.now)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Limits of one render. What goes over one is an error, never a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Actions carried out.
    pub steps_max: u64,
    /// Bytes written, intermediate results included.
    pub output_bytes_max: usize,
    /// Stack used by nested templates. [`with_stack`](super::with_stack) gives a thread that has more.
    pub stack_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps_max: 200_000_000, output_bytes_max: 512 << 20, stack_bytes_max: 1 << 20 }
    }
}
