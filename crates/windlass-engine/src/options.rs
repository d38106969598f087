//! How an engine goes about its work.

use std::time::Duration;

use windlass_core::Text;

use crate::rules::{Adoption, Prune, Wait};

/// How an engine goes about its work.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// What is deleted.
    pub prune: Prune,
    /// What is waited for.
    pub wait: Wait,
    /// Who may be taken over.
    pub adoption: Adoption,
    /// Other owners that count as nobody, by the name that the target gives them, such as `helm:shop/web`: they had what this
    /// unit is to have. [`Adoption::Never`] refuses their objects all the same.
    pub former_owners: Vec<Text>,
    /// The time between two passes of [`Engine::run`](crate::Engine::run) when all is well.
    pub interval: Duration,
    /// How far a wait between two passes may be off, in percent to both sides, so that many units do not all pass at once.
    pub jitter_percent: u8,
    /// A hook that failed runs again in the next pass, though nothing else is wanted. It does where somebody asks for each
    /// pass; where passes come by themselves it waits until something else is wanted.
    pub repeat_failed_hooks: bool,
    /// Runs the hooks around the deletion of the unit. Without them a deletion never asks the source.
    pub deletion_hooks: bool,
    /// The wait after a first failure; it doubles with each further one, up to the interval.
    pub retry_min: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            prune: Prune::default(),
            wait: Wait::default(),
            adoption: Adoption::default(),
            former_owners: Vec::new(),
            interval: Duration::from_secs(60),
            jitter_percent: 5,
            repeat_failed_hooks: true,
            deletion_hooks: true,
            retry_min: Duration::from_secs(2),
        }
    }
}
