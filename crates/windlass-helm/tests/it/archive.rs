//! Archives: the same chart as a folder, and nothing worse.

use flate2::Compression;
use flate2::write::GzEncoder;
use windlass_core::{ErrorKind, Limits};
use windlass_helm::{Chart, Print, ReleaseOptions, Values, render};

use crate::command::context;

/// Packs files, each under the whole of its path.
fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, bytes) in files {
        let mut header = tar::Header::new_gnu();
        // The path is written as it is: what the library would refuse is what is tried here.
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append(&header, *bytes).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

const CHART: &[u8] = b"{apiVersion: v2, name: web, version: 1.0.0}";

fn printed(chart: &Chart) -> String {
    let options = ReleaseOptions::new("rel", "ns").unwrap();
    render(&context(), chart, &Values::new(), &options).unwrap().print(&Print::default()).unwrap()
}

#[test]
fn an_archive_renders_as_its_folder_does() {
    let template = b"name: {{ .Chart.Name }} {{ .Files.Get \"a.txt\" }}\n";
    let files: [(&str, &[u8]); 4] = [
        ("Chart.yaml", CHART),
        ("templates/a.yaml", template),
        ("a.txt", b"\xef\xbb\xbftext"),
        (".helmignore", b"a.txt"),
    ];
    let archive =
        packed(&files.map(|(path, bytes)| (&*Box::leak(format!("web/{path}").into_boxed_str()), bytes)));
    let chart = Chart::from_archive(&archive, &Limits::default()).unwrap();
    assert_eq!(printed(&chart), "---\n# Source: web/templates/a.yaml\nname: web text\n");
}

#[test]
fn a_chart_may_have_archives_in_its_charts_folder() {
    let inner = packed(&[
        ("db/Chart.yaml", b"{apiVersion: v2, name: db, version: 1.0.0}"),
        ("db/templates/d.yaml", b"d: 1"),
    ]);
    let archive = packed(&[("web/Chart.yaml", CHART), ("web/charts/db-1.0.0.tgz", &inner)]);
    let chart = Chart::from_archive(&archive, &Limits::default()).unwrap();
    assert_eq!(printed(&chart), "---\n# Source: web/charts/db/templates/d.yaml\nd: 1\n");
}

#[test]
fn paths_that_leave_the_chart_are_refused() {
    for path in ["web/../../x", "web//x", "web/c:/x", "x", "web/..x"] {
        let archive = packed(&[("web/Chart.yaml", CHART), (path, b"x")]);
        let error = Chart::from_archive(&archive, &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{path}: {error}");
    }
}

#[test]
fn what_inflates_beyond_the_limit_is_refused_while_it_is_read() {
    let mut limits = Limits::default();
    limits.artifact_bytes_max = 1 << 20;
    let zeros = vec![0; 64 << 20];
    let archive = packed(&[("web/Chart.yaml", CHART), ("web/zeros", &zeros)]);
    assert!(archive.len() < 1 << 20, "the archive itself is small");
    let error = Chart::from_archive(&archive, &limits).unwrap_err();
    assert_eq!(error.context("limit"), Some("artifact_bytes_max"));
}

#[test]
fn charts_inside_charts_without_end_are_refused() {
    let mut archive = packed(&[("web/Chart.yaml", CHART)]);
    for _ in 0..40 {
        archive = packed(&[("web/Chart.yaml", CHART), ("web/charts/web.tgz", &archive)]);
    }
    let error = Chart::from_archive(&archive, &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
}

#[test]
fn bytes_that_are_no_archive_are_an_error() {
    for bytes in [&b""[..], b"text", b"\x1f\x8b\x08", &packed(&[])] {
        assert_eq!(Chart::from_archive(bytes, &Limits::default()).unwrap_err().kind(), ErrorKind::Invalid);
    }
    let archive = packed(&[("web/Chart.yaml", CHART)]);
    for end in 0..archive.len() {
        let _ = Chart::from_archive(&archive[..end], &Limits::default());
    }
}
