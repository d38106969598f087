//! Any bytes are a chart, values, arguments or an archive, or are refused; what renders renders twice the same.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use windlass_core::{Error, ErrorKind, Result};
use windlass_fuzz::{Chance, choice, context, gzip, limits, parts, template_limits, texts, with_checksums};
use windlass_helm::template::HelmVersion;
use windlass_helm::{Chart, Print, ReleaseOptions, TemplateCommand, Values, render};

/// The files of a chart, in the order of the parts of an input.
const FILES: [&str; 9] = [
    "Chart.yaml",
    "values.yaml",
    "templates/a.yaml",
    "templates/_helpers.tpl",
    "values.schema.json",
    ".helmignore",
    "charts/sub/Chart.yaml",
    "charts/sub/values.yaml",
    "charts/sub/templates/b.yaml",
];

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = choice(bytes, 5) else { return };
    match kind {
        0 => settings(bytes),
        1 => files(bytes),
        2 => archive(&gzip(&with_checksums(bytes))),
        3 => archive(bytes),
        _ => arguments(bytes),
    }
});

/// The grammar of `--set` and its relatives, one line for each.
fn settings(bytes: &[u8]) {
    let Some((form, bytes)) = choice(bytes, 5) else { return };
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for version in [HelmVersion::V4, HelmVersion::V3] {
        let mut values = Values::new().with_version(version);
        for line in text.lines() {
            let read = |name: &str| Ok(name.as_bytes().to_vec());
            let set = match form {
                0 => values.with_set(line),
                1 => values.with_set_string(line),
                2 => values.with_set_literal(line),
                3 => values.with_set_json(line),
                _ => values.with_set_file(line, &read),
            };
            let Ok(set) = set else { return };
            values = set;
        }
        let Ok(text) = printed(chart(), &values, version) else { continue };
        let json = text.split_once("json: ").and_then(|(_, json)| json.lines().next());
        let json = json.expect("the values are printed");
        serde_json::from_str::<serde_json::Value>(json).expect("values are written as JSON");
    }
}

fn files(bytes: &[u8]) {
    let Some((has_child, bytes)) = choice(bytes, 2) else { return };
    let parts: [&[u8]; FILES.len() + 1] = parts(bytes);
    let count = if has_child == 1 { FILES.len() } else { 6 };
    let files = FILES[..count].iter().zip(parts).filter(|(_, part)| !part.is_empty());
    let Ok(chart) = Chart::from_files(files.map(|(name, part)| (*name, part.to_vec())), &limits()) else {
        return;
    };
    for version in [HelmVersion::V4, HelmVersion::V3] {
        let values = Values::new().with_version(version);
        let values = values.with_file("user.yaml", parts[FILES.len()], &limits()).unwrap_or_default();
        let first = printed(&chart, &values, version);
        assert!(first == printed(&chart, &values, version), "a chart renders to the same again");
    }
}

fn archive(bytes: &[u8]) {
    if let Ok(chart) = Chart::from_archive(bytes, &limits()) {
        let _ = (chart.missing(), printed(&chart, &Values::new(), HelmVersion::V4));
    }
}

/// What stands behind `helm template`, an argument a line.
fn arguments(bytes: &[u8]) {
    let Some([text]) = texts(bytes) else { return };
    let Ok(command) = TemplateCommand::parse(text.lines()) else { return };
    let read = |_: &str| -> Result<Vec<u8>> { Err(Error::new(ErrorKind::NotFound, "no such file")) };
    let _ = command.run(&context(), chart(), &read);
}

/// A chart that prints its values.
fn chart() -> &'static Chart {
    static CHART: OnceLock<Chart> = OnceLock::new();
    CHART.get_or_init(|| {
        let files = [
            ("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}"),
            ("values.yaml", "a: {b: [1, {c: d}], e: null}\nf: text\n"),
            ("templates/a.yaml", "kind: A\njson: {{ toJson .Values }}\n"),
        ];
        Chart::from_files(files, &limits()).expect("it is a chart")
    })
}

fn printed(chart: &Chart, values: &Values, version: HelmVersion) -> std::result::Result<String, String> {
    let options = ReleaseOptions::new("shop", "default").expect("it is a name");
    let options = options
        .with_version(version)
        .with_limits(template_limits())
        .with_random(std::sync::Arc::new(Chance::default()));
    let manifests = render(&context(), chart, values, &options).map_err(|error| error.to_string())?;
    manifests.print(&Print::default()).map_err(|error| error.to_string())
}
