//! Charts and facts that a render needs from elsewhere.

use std::collections::BTreeMap;

use windlass_core::{
    Artifact, Context, Digest, Error, ErrorKind, Files, Need, Provided, RenderInput, Result, Text, TreePath,
};

use crate::chart::{Chart, Missing};

/// Adds the dependencies that are not in a chart: from the artifact, or from what was brought.
pub(super) fn with_dependencies(cx: &Context, chart: Chart, input: &RenderInput<'_>) -> Result<Chart> {
    let mut found = Vec::new();
    let mut needs = Vec::new();
    for missing in chart.missing() {
        cx.check()?;
        if let Some(path) = missing.repository.strip_prefix("file://") {
            let path = input.path.join(path.trim_end_matches('/'))?;
            found.push(Chart::load(cx, &**input.artifact.files(), &path)?);
            continue;
        }
        match input.provided.bases.get(missing.address().as_str()) {
            Some(base) => found.push(chart_of(cx, base)?),
            None => needs.push(missing),
        }
    }
    if needs.is_empty() {
        return Ok(chart.with_dependencies(found));
    }
    let names: Vec<&str> = needs.iter().map(|need| need.name.as_str()).collect();
    let message = format!("dependencies of the chart {} are not in it: {}", chart.name(), names.join(", "));
    let error = Error::new(ErrorKind::Unfetched, message).with("path", input.path);
    Err(error.needing(needs.iter().map(|need| Need::Base(need.address().into()))))
}

/// Reads the chart that an artifact is: its root, or the one archive in it.
fn chart_of(cx: &Context, base: &Artifact) -> Result<Chart> {
    let files: &dyn Files = &**base.files();
    let entries = files.list(&TreePath::root())?;
    let mut archives = entries.iter().filter(|entry| entry.name.ends_with(".tgz"));
    match (archives.next(), archives.next()) {
        (Some(archive), None) if !entries.iter().any(|entry| entry.name == "Chart.yaml") => {
            Chart::load(cx, files, &TreePath::new(&archive.name)?)
        }
        _ => Chart::load(cx, files, &TreePath::root()),
    }
}

/// Gives what was brought beside objects, with its digest.
pub(super) fn reads(provided: &Provided) -> BTreeMap<Need, Digest> {
    provided.bases.iter().map(|(address, base)| (Need::Base(address.clone()), base.digest())).collect()
}

/// Gives what the target serves, with its digest.
pub(super) fn capabilities(provided: &Provided) -> Option<(Need, Digest)> {
    let served = provided.capabilities.as_ref()?;
    let parts = std::iter::once(&served.version).chain(&served.apis);
    let parts: Vec<&[u8]> = parts.map(|text: &Text| text.as_bytes()).collect();
    Some((Need::Capabilities, Digest::of_parts(parts)))
}

impl Missing {
    /// Tells the address under which a renderer needs it: `oci://registry/charts/db:1.2.x`,
    /// `https://charts.example.com#db@1.2.x`.
    #[must_use]
    pub fn address(&self) -> String {
        let repository = self.repository.trim_end_matches('/');
        if repository.starts_with("oci://") {
            format!("{repository}/{}:{}", self.name, self.version)
        } else {
            format!("{repository}#{}@{}", self.name, self.version)
        }
    }
}
