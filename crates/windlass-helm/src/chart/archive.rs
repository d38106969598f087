//! Charts that are archives: `.tgz`.

use std::io::Read;

use bytes::Bytes;
use flate2::read::GzDecoder;
use tar::{Archive, EntryType};
use windlass_core::{Error, ErrorKind, Limits, Result};

use super::ChartFile;
use super::folder::{limit, without_bom};

/// Reads all files of an archive. The first folder of each path, which is that of the chart, falls away.
pub(super) fn read(archive: &[u8], limits: &Limits) -> Result<Vec<ChartFile>> {
    let max = limits.artifact_bytes_max;
    // What is unpacked may be as large as the limit, and the headers of the archive beside it.
    let unpacked = GzDecoder::new(archive).take(max.saturating_mul(2));
    let mut found = Vec::new();
    let mut room = max;
    for entry in Archive::new(unpacked).entries().map_err(|error| damaged(&error))? {
        let mut entry = entry.map_err(|error| damaged(&error))?;
        let kind = entry.header().entry_type();
        if kind == EntryType::Directory || kind == EntryType::XGlobalHeader {
            continue;
        }
        let Some(name) = chart_path(&String::from_utf8_lossy(&entry.path_bytes()))? else { continue };
        if found.len() >= limits.files_max {
            return Err(limit("a chart has too many files", "files_max", limits.files_max));
        }
        let mut bytes = Vec::new();
        entry
            .by_ref()
            .take(room.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|error| damaged(&error))?;
        room = room
            .checked_sub(bytes.len() as u64)
            .ok_or_else(|| limit("a chart is too large", "artifact_bytes_max", max))?;
        found.push(ChartFile { name, bytes: without_bom(Bytes::from(bytes)) });
    }
    if found.is_empty() {
        return Err(Error::new(ErrorKind::Invalid, "no files in chart archive"));
    }
    Ok(found)
}

fn damaged(error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Invalid, format!("not a chart archive: {error}"))
}

/// Takes the folder of the chart off a path. `None` for a name that stands for a folder.
fn chart_path(path: &str) -> Result<Option<String>> {
    let wrong = |message: &str| Err(Error::new(ErrorKind::Invalid, message).with("path", path));
    // An archive that was made on Windows may have backslashes.
    let path = if path.contains('\\') { path.replace('\\', "/") } else { path.to_owned() };
    if path.ends_with('/') {
        return Ok(None);
    }
    let Some((first, rest)) = path.split_once('/') else {
        return match path.as_str() {
            "Chart.yaml" => wrong("chart yaml not in base directory"),
            _ => wrong("chart illegally contains content outside the base directory"),
        };
    };
    if rest.starts_with('/') {
        return wrong("chart illegally contains absolute paths");
    }
    let mut names: Vec<&str> = Vec::new();
    for name in rest.split('/') {
        match name {
            "" | "." => {}
            ".." if names.pop().is_some() => {}
            ".." => return wrong("chart illegally references parent directory"),
            name => names.push(name),
        }
    }
    let drive =
        |name: &&str| name.len() == 2 && name.ends_with(':') && name.as_bytes()[0].is_ascii_alphabetic();
    match names.first() {
        None => wrong("chart illegally contains content outside the base directory"),
        Some(name) if drive(name) => wrong("chart contains illegally named files"),
        Some(name) if name.starts_with("..") => wrong("chart illegally references parent directory"),
        Some(_) if first == "Chart.yaml" => wrong("chart yaml not in base directory"),
        Some(_) => Ok(Some(names.join("/"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str) -> String {
        match chart_path(path) {
            Ok(Some(name)) => name,
            Ok(None) => "-".into(),
            Err(error) => format!("error: {}", error.message()),
        }
    }

    #[test]
    fn no_path_leaves_the_chart() {
        for (path, expected) in [
            ("web/Chart.yaml", "Chart.yaml"),
            ("web/templates/./a.yaml", "templates/a.yaml"),
            ("web\\templates\\a.yaml", "templates/a.yaml"),
            ("./web/Chart.yaml", "web/Chart.yaml"),
            ("web/", "-"),
            ("web/a/../../b", "error: chart illegally references parent directory"),
            ("web//etc/passwd", "error: chart illegally contains absolute paths"),
            ("web/c:/x", "error: chart contains illegally named files"),
            ("Chart.yaml", "error: chart yaml not in base directory"),
            ("README", "error: chart illegally contains content outside the base directory"),
        ] {
            assert_eq!(check(path), expected, "{path}");
        }
    }
}
