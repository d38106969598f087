//! Ten thousand units of one object, from one folder into another. No cluster is needed.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use windlass_core::{Context, Report, TreePath, UnitId};
use windlass_engine::{Engine, Fleet, SharedSource, TokioClock};
use windlass_fs::{DirSource, DirTarget};
use windlass_render::Manifests;

use super::rows::{Rows, milliseconds};
use super::{machine, runtime};

const SIZES: [(usize, &str); 2] = [(300, "300 units on folders"), (10_000, "10,000 units on folders")];

pub(crate) fn measure(rows: &mut Rows) {
    for (size, scenario) in SIZES {
        let root = tempfile::tempdir().expect("a temporary folder");
        for number in 0..size {
            let folder = root.path().join("source").join(name(number));
            std::fs::create_dir_all(&folder).expect("a folder");
            let text = format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {}, namespace: units}}\ndata: {{a: b}}\n",
                name(number)
            );
            std::fs::write(folder.join("map.yaml"), text).expect("a file");
        }
        let path = root.path().to_str().expect("a path in UTF-8");
        super::child(&["folders", path], &mut |measure, value| rows.add(scenario, 1, measure, &value));
    }
}

pub(crate) fn child(root: &Path) {
    let size = std::fs::read_dir(root.join("source")).expect("a folder").count();
    runtime().block_on(async {
        for pass in ["apply", "again"] {
            let began = Instant::now();
            let source = Arc::new(SharedSource::new(Arc::new(DirSource::new(root.join("source")))));
            let target = Arc::new(DirTarget::open(root.join("target")).expect("a folder"));
            let engine = |number: usize| {
                let unit = UnitId::new(&name(number)).expect("the name of a unit");
                Engine::of(unit, source.clone(), Arc::new(Manifests::new()), target.clone())
                    .with_source_name("the folder")
                    .with_path(TreePath::new(&name(number)).expect("a path"))
            };
            let fleet = Fleet::of((0..size).map(engine)).expect("names that differ");
            let reports = fleet.apply(&Context::new(TokioClock::new())).await.expect("a pass of each unit");
            assert!(reports.values().all(|report| report.as_ref().is_ok_and(Report::is_success)));
            println!("{pass}, ms={}", milliseconds(began.elapsed()));
            println!("{pass}: peak memory, KB={}", machine::peak_kb());
        }
    });
}

fn name(number: usize) -> String {
    format!("unit-{number:05}")
}
