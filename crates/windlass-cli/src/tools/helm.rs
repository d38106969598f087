//! `windlass helm template`: what `helm template` does.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use windlass_core::{Context, Error, ErrorKind, Limits, Result};
use windlass_helm::template::{HelmVersion, Random, Time};
use windlass_helm::{Chart, TemplateCommand};

use super::disk::{Disk, bounded, fault};
use super::{Written, namespace};
use crate::args::HelmTemplate;

/// The flag that says whose output is wanted. It is this command's own.
const VERSION: &str = "--helm-version";

/// Renders.
///
/// # Errors
/// As [`TemplateCommand::run`], and what the disk says.
pub(super) fn template(cx: &Context, asked: &HelmTemplate) -> Result<Written> {
    let (args, version) = version(&asked.args)?;
    let chance = Arc::new(Chance::default());
    let command = TemplateCommand::parse(args)?
        .with_version(version)
        .with_chance(now(cx), Arc::clone(&chance) as _)
        .or_namespace(|cluster| namespace::of(cluster, cx.limits()));
    let chart = chart(cx, command.chart().trim())?;
    let output = command.run(cx, &chart, &|path| read(path, cx.limits()))?;
    if chance.has_failed() {
        return Err(Error::new(ErrorKind::Unavailable, "the system gives no random bytes"));
    }
    write(&output.files)?;
    let notes = output.warnings.iter().map(|warning| format!("warning: {warning}")).collect();
    Ok(Written { text: output.text, notes })
}

/// The time that templates see.
pub(super) fn now(cx: &Context) -> Time {
    Time { seconds: i64::try_from(cx.now().wall.unix()).unwrap_or(i64::MAX), ..Time::default() }
}

/// Takes the flag of this command's own out of the arguments. The last one counts.
fn version(args: &[String]) -> Result<(Vec<String>, HelmVersion)> {
    let (mut rest, mut version) = (Vec::with_capacity(args.len()), HelmVersion::V4);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let value = match arg.strip_prefix(VERSION) {
            Some("") => args.next().map(String::as_str),
            Some(value) if value.starts_with('=') => Some(&value[1..]),
            _ => {
                rest.push(arg.clone());
                continue;
            }
        };
        version = match value {
            Some("3") => HelmVersion::V3,
            Some("4") => HelmVersion::V4,
            _ => {
                let error = Error::new(ErrorKind::Invalid, format!("{VERSION} takes 3 or 4"));
                return Err(error.with("value", value.unwrap_or_default()));
            }
        };
    }
    Ok((rest, version))
}

/// Reads the chart that is asked for.
fn chart(cx: &Context, name: &str) -> Result<Chart> {
    let path = Path::new(name);
    let about = fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Error::new(ErrorKind::NotFound, "no such chart on the disk")
            .with("chart", name)
            .with_help("nothing is fetched: get it with `helm pull`, and name the folder or the archive"),
        _ => fault(path, &error),
    })?;
    if about.is_dir() {
        let (disk, place) = Disk::at(path, cx.limits())?;
        return Chart::load(cx, &disk, &place);
    }
    let file = File::open(path).map_err(|error| fault(path, &error))?;
    let archive = bounded(file, cx.limits().artifact_bytes_max, path)?;
    Chart::from_archive(&archive, cx.limits()).map_err(|error| error.with_each("path", name))
}

/// Reads what `--values` and `--set-file` name.
fn read(path: &str, limits: &Limits) -> Result<Vec<u8>> {
    if path.trim() == "-" {
        return bounded(io::stdin().lock(), limits.file_bytes_max, Path::new("-"));
    }
    let place = Path::new(path);
    if ["http://", "https://", "oci://"].iter().any(|scheme| path.starts_with(scheme)) {
        let error = Error::new(ErrorKind::Unsupported, "values are not fetched").with("path", path);
        return Err(error.with_help("fetch the file, and name it"));
    }
    let file = File::open(place).map_err(|error| fault(place, &error))?;
    bounded(file, limits.file_bytes_max, place)
}

/// Writes files; of one path the texts follow one another.
fn write(files: &[(String, String)]) -> Result<()> {
    let mut begun = BTreeSet::new();
    for (path, text) in files {
        let place = Path::new(path);
        let is_first = begun.insert(path);
        let put = || {
            place.parent().map_or(Ok(()), fs::create_dir_all)?;
            let mut options = OpenOptions::new();
            options.create(true).write(true).truncate(is_first).append(!is_first);
            options.open(place)?.write_all(text.as_bytes())
        };
        put().map_err(|error| fault(place, &error))?;
    }
    Ok(())
}

/// Randomness of the system. Where it has none, the output is withheld.
#[derive(Debug, Default)]
pub(super) struct Chance {
    failed: AtomicBool,
}

impl Chance {
    /// Says whether the system had none.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }
}

impl Random for Chance {
    fn fill(&self, buffer: &mut [u8]) {
        if getrandom::fill(buffer).is_err() {
            self.failed.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(args: &[&str]) -> Result<(String, HelmVersion)> {
        let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
        version(&args).map(|(args, version)| (args.join(" "), version))
    }

    #[test]
    fn the_version_of_helm_is_taken_out_of_the_arguments() {
        assert_eq!(check(&["a", "-f", "b"]).unwrap(), ("a -f b".into(), HelmVersion::V4));
        assert_eq!(check(&["a", "--helm-version=3", "b"]).unwrap(), ("a b".into(), HelmVersion::V3));
        assert_eq!(check(&["a", "--helm-version", "3", "b"]).unwrap(), ("a b".into(), HelmVersion::V3));
        assert!(check(&["a", "--helm-version", "5"]).is_err());
        assert!(check(&["a", "--helm-version"]).is_err());
    }
}
