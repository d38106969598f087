//! From files and flags to units.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind as Io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use windlass_core::{Error, ErrorKind, Limits, Result, UnitId};
use windlass_yaml::{Document, Options};

use super::draft::{Draft, Setting};
use super::receiver::Receiver;
use super::unit::Unit;

const NAME: [&str; 2] = ["metadata", "name"];

/// What the command line says about units.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    /// Files and folders.
    pub(crate) files: Vec<PathBuf>,
    /// What flags set, in every unit.
    pub(crate) settings: Vec<Setting>,
    /// The units that are meant; all where none is named.
    pub(crate) only: Vec<String>,
}

/// What the files hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Loaded {
    /// The units that are meant.
    pub(crate) units: Vec<Unit>,
    pub(crate) receivers: Vec<Receiver>,
}

/// Reads all units and receivers. All problems of all files are reported at once.
///
/// # Errors
/// [`ErrorKind::Invalid`] and [`ErrorKind::NotFound`], with file, line and field.
pub(crate) fn load(asked: &Asked, limits: &Limits) -> Result<Loaded> {
    let (mut units, mut receivers) = (Vec::new(), Vec::new());
    let (mut meant, mut problems) = (BTreeSet::new(), Vec::new());
    for result in drafts(asked, limits) {
        let read = result.and_then(|draft| {
            if Receiver::is_one(&draft) {
                receivers.push(Receiver::read(draft)?);
                return Ok(());
            }
            let is_meant = asked.means(&draft);
            let unit = flagged(draft, is_meant, &asked.settings).and_then(Unit::read)?;
            meant.extend(is_meant.then(|| unit.id.clone()));
            units.push(unit);
            Ok(())
        });
        problems.extend(read.err());
    }
    problems.extend(twins(&units));
    problems.extend(Receiver::twins(&receivers));
    if problems.is_empty() {
        problems.extend(asked.unknown(&units));
        problems.extend(receivers.iter().flat_map(|receiver| receiver.unknown(&units)));
        keep(&mut units, &meant);
    }
    Error::all(problems).map_or(Ok(Loaded { units, receivers }), Err)
}

impl Asked {
    /// Says whether a unit is meant, by the name that its file gives it.
    fn means(&self, draft: &Draft) -> bool {
        let named = draft.value.text_at(&NAME);
        let flag = || self.settings.iter().find(|setting| setting.path == NAME)?.value.as_text();
        let name = named.or_else(flag);
        self.only.is_empty() || name.is_some_and(|name| self.only.iter().any(|only| only == name))
    }

    /// Lists the names that no unit has.
    fn unknown(&self, units: &[Unit]) -> Vec<Error> {
        let named = |unit: &Unit| unit.draft.name_in_file().unwrap_or_else(|| unit.id.to_string());
        let names: Vec<String> = units.iter().map(named).collect();
        let unknown = self.only.iter().filter(|name| !names.contains(name)).map(|name| {
            Error::new(ErrorKind::NotFound, format!("no unit is called `{name}`"))
                .with("flag", "--unit")
                .with_help(format!("the units here are {}", names.join(", ")))
        });
        unknown.collect()
    }
}

/// Lets flags change a unit, if it is meant.
fn flagged(mut draft: Draft, is_meant: bool, settings: &[Setting]) -> Result<Draft> {
    let problems = if is_meant { draft.set(settings) } else { Vec::new() };
    Error::all(problems).map_or(Ok(draft), Err)
}

/// Keeps the units that are meant. What is left out on purpose is taken for done.
fn keep(units: &mut Vec<Unit>, meant: &BTreeSet<UnitId>) {
    let all: BTreeSet<UnitId> = units.iter().map(|unit| unit.id.clone()).collect();
    units.retain(|unit| meant.contains(&unit.id));
    for unit in units {
        unit.depends_on.retain(|id| meant.contains(id) || !all.contains(id));
    }
}

fn drafts(asked: &Asked, limits: &Limits) -> Vec<Result<Draft>> {
    if asked.files.is_empty() {
        if asked.settings.is_empty() {
            return vec![Err(Error::new(ErrorKind::Invalid, "no unit is named").with_help(
                "name a unit file with -f unit.yaml, or say the unit in flags: --name, --source-dir, --target-dir, …",
            ))];
        }
        return vec![Ok(Draft::of_flags())];
    }
    let mut drafts = Vec::new();
    for path in &asked.files {
        match files(path) {
            Ok(files) => files.iter().for_each(|file| drafts.extend(documents(file, limits))),
            Err(error) => drafts.push(Err(error)),
        }
    }
    drafts
}

/// A file stands for itself, a folder for the YAML and JSON files in it.
fn files(path: &Path) -> Result<Vec<PathBuf>> {
    let meta = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if !meta.is_dir() {
        return Ok(vec![path.into()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| unreadable(path, &error))? {
        let entry = entry.map_err(|error| unreadable(path, &error))?;
        let file = entry.path();
        let known = file.extension().is_some_and(|name| name == "yaml" || name == "yml" || name == "json");
        if known && file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(Error::new(ErrorKind::NotFound, "no unit file in this folder")
            .with("path", path.display())
            .with_help("name the file itself, or a folder that holds unit files: *.yaml, *.yml, *.json"));
    }
    Ok(files)
}

fn documents(file: &Path, limits: &Limits) -> Vec<Result<Draft>> {
    let read = || -> Result<(Arc<[u8]>, Vec<Document>)> {
        let text: Arc<[u8]> = bytes(file, limits)?.into();
        let documents = windlass_yaml::read(&text, &Options::from(limits))
            .map_err(|error| error.with_each("path", file.display()))?;
        Ok((text, documents))
    };
    match read() {
        Err(error) => vec![Err(error)],
        Ok((_, documents)) if documents.is_empty() => {
            vec![Err(Error::new(ErrorKind::Invalid, "the unit file is empty")
                .with("path", file.display())
                .with_help("`windlass help plan` shows a unit file"))]
        }
        Ok((text, documents)) => documents
            .into_iter()
            .map(|document| Ok(Draft::of_file(file, Arc::clone(&text), document)))
            .collect(),
    }
}

fn bytes(file: &Path, limits: &Limits) -> Result<Vec<u8>> {
    let size = fs::metadata(file).map_err(|error| unreadable(file, &error))?.len();
    if size > limits.file_bytes_max {
        return Err(Error::new(ErrorKind::Limit, "the unit file is too large")
            .with("path", file.display())
            .with("limit", "file_bytes_max")
            .with("max", limits.file_bytes_max));
    }
    fs::read(file).map_err(|error| unreadable(file, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    let (kind, message, help) = match error.kind() {
        Io::NotFound => (ErrorKind::NotFound, "unit file not found".to_owned(), "check the path behind -f"),
        Io::PermissionDenied => {
            (ErrorKind::Denied, "the unit file may not be read".to_owned(), "check the rights of the file")
        }
        _ => (
            ErrorKind::Unavailable,
            format!("the unit file cannot be read: {error}"),
            "check the path behind -f",
        ),
    };
    Error::new(kind, message).with("path", path.display()).with_help(help)
}

fn twins(units: &[Unit]) -> Vec<Error> {
    let mut problems = Vec::new();
    for (at, unit) in units.iter().enumerate() {
        if let Some(first) = units[..at].iter().find(|first| first.id == unit.id) {
            let error = unit.draft.wrong(&NAME, format!("two units are called `{}`", unit.id));
            problems
                .push(error.with("first", first.draft.shown()).with_help("give each unit a name of its own"));
        }
    }
    problems
}
