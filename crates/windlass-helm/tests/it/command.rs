//! `helm template` as the cases run it.

use std::path::Path;
use std::sync::Arc;

use windlass_core::{Context, Error, ErrorKind, Now, Result, TreePath, async_trait};
use windlass_helm::template::{HelmVersion, Random, Time};
use windlass_helm::{Chart, TemplateCommand};

use crate::folder::Folder;

/// Runs the command; the chart is seen from `charts`, other files from `folder`. An error is what Helm would print.
pub(crate) fn run(
    args: &[String],
    charts: &Path,
    folder: &Path,
    version: HelmVersion,
) -> Result<String, String> {
    let run = || -> Result<String> {
        let command = TemplateCommand::parse(args.iter().map(String::as_str))?
            .with_version(version)
            .with_chance(Time::default(), Arc::new(Chance));
        let read = |path: &str| {
            std::fs::read(folder.join(path))
                .map_err(|error| Error::new(ErrorKind::NotFound, error.to_string()))
        };
        let path = TreePath::new(command.chart())?;
        let chart = Chart::load(&context(), &Folder(charts.to_owned()), &path)?;
        Ok(command.run(&context(), &chart, &read)?.text)
    };
    run().map_err(|error| error.problems()[0].message().to_owned())
}

#[derive(Debug)]
struct Still;

#[async_trait]
impl windlass_core::Clock for Still {
    fn now(&self) -> Now {
        Now::default()
    }
    async fn sleep(&self, _: std::time::Duration) {}
}

pub(crate) fn context() -> Context {
    Context::new(Still)
}

/// Bytes that are the same every time: no case prints what is random.
struct Chance;

impl Random for Chance {
    fn fill(&self, buffer: &mut [u8]) {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        for byte in buffer {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *byte = state.to_le_bytes()[0];
        }
    }
}

#[test]
fn files_are_written_where_helm_writes_them() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("c/Chart.yaml", "{apiVersion: v2, name: c, version: 1.0.0}");
    write("c/crds/x.yaml", "kind: CRD\n");
    write("c/templates/a.yaml", "a: 1\n---\na: 2\n");
    write("c/templates/h.yaml", "kind: Job\nmetadata: {annotations: {helm.sh/hook: test}}\n");
    let args = ["rel", "c", "--output-dir", "out", "--release-name", "--include-crds"];
    let command = TemplateCommand::parse(args).unwrap();
    let chart =
        Chart::load(&context(), &Folder(folder.path().to_owned()), &TreePath::new("c").unwrap()).unwrap();
    let output = command.run(&context(), &chart, &|_| unreachable!()).unwrap();
    // Recorded from Helm 4.3.2.
    assert_eq!(
        output.text,
        "wrote out/c/crds/x.yaml\nwrote out/rel/c/templates/a.yaml\nwrote out/rel/c/templates/a.yaml\n\
         wrote out/rel/c/templates/h.yaml\n\n"
    );
    assert_eq!(output.files[1].1, "---\n# Source: c/templates/a.yaml\na: 1\n\n");
}
