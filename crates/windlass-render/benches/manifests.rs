//! How fast folders are rendered: `cargo bench -p windlass-render`.

#![allow(missing_docs, clippy::print_stdout, clippy::expect_used)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use windlass_core::{
    Artifact, Bytes, Clock, Context, Digest, Entry, EntryKind, Error, ErrorKind, Files, Now, RenderInput,
    Renderer, Result, Revision, TreePath, async_trait,
};
use windlass_render::Manifests;

/// A folder of `files` files with `objects` objects each.
#[derive(Debug)]
struct Folder {
    files: usize,
    objects: usize,
}

impl Files for Folder {
    fn list(&self, _: &TreePath) -> Result<Vec<Entry>> {
        Ok((0..self.files).map(|file| Entry::new(format!("{file:05}.yaml"), EntryKind::File)).collect())
    }

    fn read(&self, path: &TreePath) -> Result<Bytes> {
        let Some(file) = path.as_str().strip_suffix(".yaml") else {
            return Err(Error::new(ErrorKind::NotFound, "no such file"));
        };
        let object = |number| {
            format!(
                "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c-{file}-{number}\n  namespace: shop\n  labels:\n    \
                 app.kubernetes.io/name: web\ndata:\n  a: \"1\"\n  b: some words of text\n  c: |\n    one\n    two\n"
            )
        };
        Ok((0..self.objects).map(object).collect::<String>().into())
    }
}

#[derive(Debug)]
struct Still;

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Now {
        Now::default()
    }
    async fn sleep(&self, _: Duration) {}
}

fn measure(files: usize, objects: usize) {
    let folder = Folder { files, objects };
    let bytes: usize = (0..files)
        .map(|file| {
            folder.read(&TreePath::new(&format!("{file:05}.yaml")).expect("a path")).expect("a file").len()
        })
        .sum();
    let artifact = Artifact::new(Revision::new("sha1:1"), Digest::of(b""), Arc::new(folder));
    let best = (0..5).map(|_| {
        let began = Instant::now();
        let rendered =
            Manifests::new().render(&Context::new(Still), &RenderInput::new(&artifact, &TreePath::root()));
        assert_eq!(rendered.expect("it renders").items.len(), files * objects);
        began.elapsed().as_secs_f64()
    });
    let seconds = best.fold(f64::INFINITY, f64::min);
    let megabytes = bytes as f64 / 1e6;
    println!(
        "{files} files of {objects} objects, {megabytes:.1} MB: {:.0} ms, {:.1} MB/s",
        seconds * 1e3,
        megabytes / seconds
    );
}

fn main() {
    measure(1000, 1);
    measure(10, 1000);
    measure(1, 9999);
}
