//! From the files of a chart to the chart.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use windlass_core::{Error, ErrorKind, Limits, Result, Value};

use super::{ChartData, ChartFile, Metadata, archive, folder, invalid};
use crate::values::read;

/// Charts inside one another.
const CHART_DEPTH_MAX: usize = 32;

/// Puts a chart together from its files. `place` is where it lies in the chart that was asked for.
pub(super) fn chart(files: Vec<ChartFile>, place: &str, depth: usize, limits: &Limits) -> Result<ChartData> {
    if depth > CHART_DEPTH_MAX {
        return Err(folder::limit(
            "charts lie too deep inside one another",
            "chart_depth_max",
            CHART_DEPTH_MAX,
        ));
    }
    let mut chart = ChartData {
        metadata: Metadata::default(),
        templates: Vec::new(),
        files: Vec::new(),
        values: Vec::new(),
        schema: None,
        dependencies: Vec::new(),
        engines: Default::default(),
        place: place.to_owned(),
    };
    let mut inner = BTreeMap::new();
    // Chart.yaml comes first, whatever its place: what the other files mean depends on it.
    let has_metadata = read_metadata(&mut chart, &files, limits)?;
    for file in files {
        sort(&mut chart, &mut inner, file, limits)?;
    }
    if !has_metadata {
        return Err(invalid("Chart.yaml file is missing"));
    }
    chart.metadata.check().map_err(|wrong| {
        invalid(format!("validation: {wrong}")).with_help("mend `Chart.yaml`; `helm lint` says the same")
    })?;
    for (name, files) in inner {
        let subchart = subchart(&chart, &name, files, depth, limits);
        if let Some(subchart) = subchart.map_err(|error| unpacking(&name, &chart, &error))? {
            chart.dependencies.push(Arc::new(subchart));
        }
    }
    Ok(chart)
}

fn read_metadata(chart: &mut ChartData, files: &[ChartFile], limits: &Limits) -> Result<bool> {
    let mut found = false;
    for file in files {
        match file.name.as_str() {
            "Chart.yaml" => {
                found = true;
                decode(&mut chart.metadata, file, limits)?;
                if chart.metadata.api_version.is_empty() {
                    chart.metadata.api_version = "v1".into();
                }
            }
            // Dependencies of charts of the first apiVersion; Helm reads any other field of it too.
            "requirements.yaml" => {
                found = true;
            }
            _ => {}
        }
    }
    Ok(found)
}

fn decode(metadata: &mut Metadata, file: &ChartFile, limits: &Limits) -> Result<()> {
    let document =
        read::first_document(&file.bytes, limits).map_err(|error| cannot_load(&file.name, &error))?;
    metadata.read(&document).map_err(|wrong| {
        invalid(format!(
            "cannot load {}: error unmarshaling JSON: while decoding JSON: {}",
            file.name, wrong.0
        ))
    })
}

fn cannot_load(name: &str, error: &Error) -> Error {
    Error::new(error.kind(), format!("cannot load {name}: {error}"))
}

/// Puts a file where it belongs.
fn sort(
    chart: &mut ChartData,
    inner: &mut BTreeMap<String, Vec<ChartFile>>,
    file: ChartFile,
    limits: &Limits,
) -> Result<()> {
    match file.name.as_str() {
        "Chart.yaml" => {}
        "Chart.lock" => lock(&file, limits)?,
        "values.yaml" => {
            chart.values =
                read::documents(&file.bytes, limits).map_err(|error| cannot_load(&file.name, &error))?;
        }
        "values.schema.json" => chart.schema = Some((file.bytes, Arc::default())),
        "requirements.yaml" => {
            decode(&mut chart.metadata, &file, limits)?;
            keep_if_first(chart, file);
        }
        "requirements.lock" => {
            lock(&file, limits)?;
            keep_if_first(chart, file);
        }
        name if name.starts_with("templates/") => chart.templates.push(file),
        name if name.starts_with("charts/") && !name.ends_with(".prov") => {
            let name = file.name["charts/".len()..].to_owned();
            let folder = name.split('/').next().unwrap_or_default().to_owned();
            inner.entry(folder).or_default().push(ChartFile { name, bytes: file.bytes });
        }
        _ => chart.files.push(file),
    }
    Ok(())
}

/// A lock file says what a tool would fetch; here it only has to be one.
fn lock(file: &ChartFile, limits: &Limits) -> Result<()> {
    let document =
        read::first_document(&file.bytes, limits).map_err(|error| cannot_load(&file.name, &error))?;
    if document.is_null() || document.as_map().is_some() {
        return Ok(());
    }
    Err(invalid(format!("cannot load {}: not a map", file.name)))
}

/// A chart of the first apiVersion finds these files among `.Files`, a later one does not.
fn keep_if_first(chart: &mut ChartData, file: ChartFile) {
    if chart.metadata.api_version == "v1" {
        chart.files.push(file);
    }
}

/// Reads what lies under one name in `charts/`; `None` where that is no chart.
fn subchart(
    parent: &ChartData,
    name: &str,
    files: Vec<ChartFile>,
    depth: usize,
    limits: &Limits,
) -> Result<Option<ChartData>> {
    if name.starts_with(['_', '.']) {
        return Ok(None);
    }
    let place = parent.placed(&format!("charts/{name}"));
    if name.ends_with(".tgz") {
        let archive =
            files.into_iter().find(|file| file.name == name).map_or_else(Bytes::new, |file| file.bytes);
        return chart(archive::read(&archive, limits)?, &place, depth + 1, limits).map(Some);
    }
    let inside = |file: ChartFile| {
        let name = file.name.split_once('/')?.1.to_owned();
        Some(ChartFile { name, bytes: file.bytes })
    };
    chart(files.into_iter().filter_map(inside).collect(), &place, depth + 1, limits).map(Some)
}

fn unpacking(name: &str, parent: &ChartData, error: &Error) -> Error {
    let message = format!("error unpacking subchart {name} in {}: {}", parent.metadata.name, error);
    Error::new(if error.kind() == ErrorKind::Limit { ErrorKind::Limit } else { ErrorKind::Invalid }, message)
}

impl ChartData {
    /// Gives the default values as Helm 4 reads them, all documents merged, or as Helm 3, the first alone.
    pub(crate) fn defaults(&self, all: bool) -> Result<windlass_core::Map> {
        let documents = if all { self.values.as_slice() } else { self.values.get(..1).unwrap_or_default() };
        let mut merged = windlass_core::Map::new();
        for document in documents {
            match document {
                Value::Null => {}
                Value::Map(map) => merged = read::merged(merged, map.clone()),
                other => return Err(invalid(format!("cannot load values.yaml: {}", read::not_a_map(other)))),
            }
        }
        Ok(merged)
    }
}
