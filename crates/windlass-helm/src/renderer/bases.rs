//! Charts and facts that a render needs from elsewhere.

use std::collections::BTreeMap;

use windlass_core::{
    Address, Artifact, Context, Digest, Entry, EntryKind, Error, ErrorKind, Files, Need, Provided,
    RenderInput, Result, Text, TreePath,
};

use crate::chart::{Chart, Missing};

/// Adds the dependencies that are not in a chart, from the artifact or from what was brought, and gives what of that was
/// read.
pub(super) fn with_dependencies(
    cx: &Context,
    chart: Chart,
    input: &RenderInput<'_>,
) -> Result<(Chart, BTreeMap<Need, Digest>)> {
    let (mut found, mut reads, mut missing) = (Vec::new(), BTreeMap::new(), Vec::new());
    for need in chart.missing() {
        cx.check()?;
        if let Some(path) = need.repository.strip_prefix("file://") {
            let path = input.path.join(path.trim_end_matches('/'))?;
            found.push(Chart::load(cx, &**input.artifact.files(), &path)?);
            continue;
        }
        let address = Address::new(need.address());
        match input.provided.bases.get(&address) {
            Some(base) => {
                let chart = chart_of(cx, base).map_err(|error| error.with_each("base", &address))?;
                found.push(chart);
                reads.insert(Need::Base(address), base.digest());
            }
            None => missing.push(not_there(&chart, &need, input.path).needing([Need::Base(address)])),
        }
    }
    Error::all(missing).map_or_else(|| Ok((chart.with_dependencies(found), reads)), Err)
}

fn not_there(chart: &Chart, need: &Missing, path: &TreePath) -> Error {
    let message = format!("a dependency of the chart {} is not in it", chart.name());
    let file = path.join("Chart.yaml").unwrap_or_else(|_| path.clone());
    Error::new(ErrorKind::Unfetched, message).with("dependency", &need.name).with("path", file)
}

/// Reads the chart that an artifact is: its root, the one archive in it, or, as in a registry, the one folder in it.
fn chart_of(cx: &Context, base: &Artifact) -> Result<Chart> {
    let files: &dyn Files = &**base.files();
    let entries = files.list(&TreePath::root())?;
    if entries.iter().any(|entry| entry.name == "Chart.yaml") {
        return Chart::load(cx, files, &TreePath::root());
    }
    let is_chart = |entry: &&Entry| match entry.kind {
        EntryKind::File => entry.name.ends_with(".tgz"),
        kind => kind == EntryKind::Folder,
    };
    let mut charts = entries.iter().filter(is_chart);
    match (charts.next(), charts.next()) {
        (Some(chart), None) => Chart::load(cx, files, &TreePath::new(&chart.name)?),
        _ => Chart::load(cx, files, &TreePath::root()),
    }
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
