//! Documents as `helm template` prints them.

use std::fmt::Write;

use super::render::{Manifest, Manifests};
use super::{HookEvent, split};
use crate::chart::glob::Glob;
use crate::chart::invalid;
use crate::template::HelmVersion;
use windlass_core::Result;

/// What of a release is printed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Print {
    /// The files of `crds/` too (`--include-crds`).
    pub crds: bool,
    /// No hooks (`--no-hooks`).
    pub no_hooks: bool,
    /// No tests (`--skip-tests`).
    pub skip_tests: bool,
    /// Only what comes from templates with these paths (`--show-only`), which are patterns.
    pub show_only: Vec<String>,
    /// The version of Helm whose output it is.
    pub version: HelmVersion,
}

impl Manifests {
    /// Writes the documents as `helm template` prints them.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](windlass_core::ErrorKind::Invalid) where a path of `show_only` names no document.
    pub fn print(&self, print: &Print) -> Result<String> {
        let text = self.all(print);
        if print.show_only.is_empty() { Ok(text) } else { shown(&text, print) }
    }

    fn all(&self, print: &Print) -> String {
        let mut text = String::new();
        let crds = if print.crds { self.crds.as_slice() } else { &[] };
        crds.iter().chain(&self.documents).for_each(|manifest| text.push_str(&manifest.printed()));
        let mut text = format!("{}\n", text.trim());
        print.hooks(self).for_each(|hook| text.push_str(&hook.printed()));
        text
    }
}

impl Print {
    /// Gives the hooks that are printed.
    pub(crate) fn hooks<'m>(&self, manifests: &'m Manifests) -> impl Iterator<Item = &'m Manifest> {
        let (none, skip_tests) = (self.no_hooks, self.skip_tests);
        manifests.hooks.iter().filter(move |hook| !none && (!skip_tests || !is_test(hook)))
    }
}

impl Manifest {
    /// Writes the document behind its separator and its source.
    pub(crate) fn printed(&self) -> String {
        format!("---\n# Source: {}\n{}\n", self.source, self.text)
    }
}

fn is_test(manifest: &Manifest) -> bool {
    manifest.hook.as_ref().is_some_and(|hook| hook.events.contains(&HookEvent::Test))
}

/// Finds the documents of some templates. Helm looks for them in the text that it would print.
fn shown(text: &str, print: &Print) -> Result<String> {
    let documents = split::documents(text, print.version);
    let mut out = String::new();
    for pattern in &print.show_only {
        let before = out.len();
        for (document, _) in documents.iter().filter(|(document, _)| path_is_shown(pattern, document)) {
            let _ = writeln!(out, "---\n{document}");
        }
        if out.len() == before {
            return Err(invalid(format!("could not find template {pattern} in chart")));
        }
    }
    Ok(out)
}

/// Says whether the path that a printed document names, seen from its chart, matches a pattern.
fn path_is_shown(pattern: &str, document: &str) -> bool {
    let Some((_, source)) = document.split_once("# Source: ") else { return false };
    let line = source.lines().next().unwrap_or_default();
    let Some((_, path)) = line.split_once('/') else { return false };
    Glob::parse(pattern).is_ok_and(|glob| glob.matches(path))
}
