//! How fast a tree is built: `cargo bench -p windlass-kustomize -- FOLDER [PATH]`.
//!
//! Without a folder it makes trees itself, of overlays over shared bases, and prints the time for each object: it must not
//! grow with their number.

#![allow(missing_docs, clippy::print_stdout, clippy::expect_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use windlass_core::{
    Bytes, Clock, Context, Entry, EntryKind, Error, ErrorKind, Files, Limits, Now, Result, TreePath,
    async_trait,
};
use windlass_kustomize::{Options, build};

#[derive(Debug)]
struct Still;

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Now {
        Now::default()
    }

    async fn sleep(&self, _: Duration) {}
}

/// Files in memory, found as fast as on a disk.
#[derive(Debug, Default)]
struct Memory(BTreeMap<String, Bytes>);

impl Memory {
    fn with(mut self, path: &str, text: String) -> Self {
        self.0.insert(path.to_owned(), text.into());
        self
    }
}

impl Files for Memory {
    fn list(&self, folder: &TreePath) -> Result<Vec<Entry>> {
        let prefix = format!("{folder}/");
        let below = self.0.range(prefix.clone()..).take_while(|(path, _)| path.starts_with(&prefix));
        let names = below.filter_map(|(path, _)| path[prefix.len()..].split('/').next());
        let names: Vec<Entry> = names.map(|name| Entry::new(name, EntryKind::File)).collect();
        if names.is_empty() { Err(Error::new(ErrorKind::NotFound, "no such folder")) } else { Ok(names) }
    }

    fn read(&self, path: &TreePath) -> Result<Bytes> {
        self.0.get(path.as_str()).cloned().ok_or_else(|| Error::new(ErrorKind::NotFound, "no such file"))
    }
}

/// A folder of the disk.
#[derive(Debug)]
struct Disk(PathBuf);

impl Files for Disk {
    fn list(&self, folder: &TreePath) -> Result<Vec<Entry>> {
        let entries = std::fs::read_dir(self.0.join(folder.as_str())).map_err(|error| failed(&error))?;
        let names = entries.flatten().map(|entry| {
            let kind = if entry.path().is_dir() { EntryKind::Folder } else { EntryKind::File };
            Entry::new(entry.file_name().to_string_lossy().into_owned(), kind)
        });
        let mut names: Vec<Entry> = names.collect();
        names.sort();
        Ok(names)
    }

    fn read(&self, path: &TreePath) -> Result<Bytes> {
        std::fs::read(self.0.join(path.as_str())).map(Bytes::from).map_err(|error| failed(&error))
    }
}

fn failed(error: &std::io::Error) -> Error {
    let kind = match error.kind() {
        std::io::ErrorKind::NotFound => ErrorKind::NotFound,
        _ => ErrorKind::Invalid,
    };
    Error::new(kind, "cannot be read")
}

/// Builds several times and prints the shortest.
fn measure(name: &str, files: &dyn Files, path: &str) {
    let mut limits = Limits::default();
    limits.objects_max = usize::MAX;
    let cx = Context::shared(Arc::new(Still)).with_limits(limits);
    let path = TreePath::new(path).expect("a path");
    let options = Options::default().with_text_only();
    let run = || {
        let begin = Instant::now();
        let built = build(&cx, files, &path, &options).expect("it builds");
        (begin.elapsed(), built.objects.len(), built.text.len())
    };
    let (time, objects, bytes) = (0..5).map(|_| run()).min().expect("five runs");
    let each = time.as_secs_f64() * 1e6 / objects as f64;
    println!(
        "{name}: {objects} objects, {bytes} bytes: {:.1} ms, {each:.1} µs each",
        time.as_secs_f64() * 1e3
    );
}

/// Makes a base and two overlays for each application.
fn tree(applications: usize) -> Memory {
    let mut files = Memory::default();
    let mut all = "resources:\n".to_owned();
    for number in 0..applications {
        let base = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app{number}}}\nspec:\n  template:\n    spec:\n      \
             containers:\n      - name: main\n        image: nginx:1\n        envFrom:\n        - configMapRef: {{name: \
             settings{number}}}\n"
        );
        let kustomization = format!(
            "resources: [app.yaml]\nconfigMapGenerator:\n- name: settings{number}\n  literals: [a=1]\ncommonLabels: {{app: \
             app{number}}}\n"
        );
        files = files
            .with(&format!("{number}/base/app.yaml"), base)
            .with(&format!("{number}/base/kustomization.yaml"), kustomization);
        for stage in ["test", "prod"] {
            let overlay = format!(
                "resources: [../base]\nnamePrefix: {stage}-\nnamespace: {stage}\nimages:\n- name: nginx\n  newTag: \
                 \"2\"\npatches:\n- target: {{kind: Deployment}}\n  patch: |-\n    - {{op: add, path: /spec/replicas, \
                 value: 2}}\n"
            );
            files = files.with(&format!("{number}/{stage}/kustomization.yaml"), overlay);
            all.push_str(&format!("- ../{number}/{stage}\n"));
        }
    }
    files.with("all/kustomization.yaml", all)
}

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if let Some(folder) = arguments.first() {
        let path = arguments.get(1).map_or("all", String::as_str);
        return measure(folder, &Disk(Path::new(folder).to_owned()), path);
    }
    for applications in [1, 100, 1000, 4000] {
        measure(&format!("{applications} applications"), &tree(applications), "all");
    }
}
