//! Sources at several places.

use std::sync::Arc;
use std::time::Duration;

use windlass_core::{Error, Source as Origin};
use windlass_wrap::{MirroredSource, TimedSource};

use crate::sources::of_server;
use crate::spec::{Source, Unit};
use crate::words::advised;

/// How long a place with another behind it may take to say what it is now.
const PATIENCE: Duration = Duration::from_secs(15);

/// Joins the places of a source. The first that answers counts.
pub(crate) fn joined(first: Arc<dyn Origin>, mut mirrors: Vec<Arc<dyn Origin>>) -> Arc<dyn Origin> {
    let Some(last) = mirrors.pop() else { return first };
    let timed = |place| Arc::new(TimedSource::of(place).with_resolve_timeout(PATIENCE)) as Arc<dyn Origin>;
    let mirrors = mirrors.into_iter().map(timed).chain([last]).collect();
    Arc::new(MirroredSource::of(timed(first)).with_mirrors(mirrors))
}

/// Blames of each problem the place that it is of: `first` does for the first. Whether another try may help is as it was.
pub(crate) fn blame(unit: &Unit, error: Error, first: impl Fn(Error) -> Error) -> Error {
    if !error.problems().iter().any(|problem| problem.context("mirror").is_some()) {
        return first(error);
    }
    let retry = error.retry();
    let problems = error.clone().into_problems().into_iter().map(|problem| {
        let place = problem.context("mirror").and_then(|text| text.split(' ').next()?.parse::<usize>().ok());
        match place.and_then(|place| place.checked_sub(2)) {
            Some(at) => blame_mirror(unit, at, problem),
            None => first(problem),
        }
    });
    Error::all(problems).unwrap_or(error).retrying(retry)
}

fn blame_mirror(unit: &Unit, at: usize, error: Error) -> Error {
    let error = advised(error);
    let files = ["credentialsFile", "knownHostsFile", "keysFile", "trustedRootFile"];
    let file = of_server(&error).or_else(|| files.into_iter().find(|file| error.context(file).is_some()));
    let (kind, place) = match &unit.source {
        Source::Oci(_) => ("oci", "url"),
        Source::Bucket(_) => ("bucket", "endpoint"),
        Source::Archive(_) => ("archive", "url"),
        Source::Chart(_) => ("helm", "url"),
        _ => ("git", "url"),
    };
    // Keys are those of the source, wherever it lies.
    if let Some(file @ ("keysFile" | "trustedRootFile")) = file {
        return unit.blame(&["spec", "source", kind, "verify", file], error);
    }
    unit.blame(&["spec", "source", kind, "mirrors", &at.to_string(), file.unwrap_or(place)], error)
}
