//! What the API server says that it was asked for, by its own metrics.

use std::collections::BTreeMap;

/// Requests by verb, kind and scope.
pub(crate) type Counts = BTreeMap<String, u64>;

/// Reads the counts of the kinds that the bench uses. Watches are left out: they are the server's own.
pub(crate) fn counts(metrics: &str) -> Counts {
    let mut counts = Counts::new();
    for line in metrics.lines().filter_map(|line| line.strip_prefix("apiserver_request_total{")) {
        let Some((labels, value)) = line.split_once("} ") else { continue };
        let label = |name: &str| {
            let found = labels.split(',').find_map(|pair| pair.strip_prefix(name)?.strip_prefix("=\""));
            found.map_or("", |value| value.trim_end_matches('"'))
        };
        let (verb, kind) = (label("verb"), label("resource"));
        if matches!(kind, "configmaps" | "namespaces") && verb != "WATCH" {
            let value = value.parse::<f64>().map_or(0, |value| value as u64);
            *counts.entry(format!("{verb} {kind} ({})", label("scope"))).or_default() += value;
        }
    }
    counts
}

/// Gives what was added.
pub(crate) fn since(before: &Counts, after: &Counts) -> Counts {
    let added = |(what, count): (&String, &u64)| {
        let added = count.saturating_sub(before.get(what).copied().unwrap_or(0));
        (added > 0).then(|| (what.clone(), added))
    };
    after.iter().filter_map(added).collect()
}
