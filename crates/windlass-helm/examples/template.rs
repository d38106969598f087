//! `helm template` over a folder or an archive of the machine:
//!
//! ```console
//! $ cargo run -p windlass-helm --example template -- web ./chart --set replicas=2
//! ```

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use windlass_core::{
    Bytes, Clock, Context, Entry, EntryKind, Error, ErrorKind, Files, Now, Result, TreePath, async_trait,
};
use windlass_helm::template::{HelmVersion, Random, Time};
use windlass_helm::{Chart, TemplateCommand};

#[allow(clippy::print_stdout, clippy::print_stderr)]
fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            error.problems().iter().for_each(|problem| eprintln!("Error: {}", problem.message()));
            ExitCode::FAILURE
        }
    }
}

fn run(args: impl Iterator<Item = String>) -> Result<String> {
    let version = if std::env::var_os("HELM3").is_some() { HelmVersion::V3 } else { HelmVersion::V4 };
    let command = TemplateCommand::parse(args)?.with_version(version).with_chance(now(), Arc::new(Urandom));
    let cx = Context::new(Wall);
    let path = PathBuf::from(command.chart());
    let chart = if path.is_dir() {
        Chart::load(&cx, &Folder(path), &TreePath::root())?
    } else {
        Chart::from_archive(&read(&path)?, cx.limits())?
    };
    Ok(command.run(&cx, &chart, &|path| read(&PathBuf::from(path)))?.text)
}

fn now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time {
        seconds: i64::try_from(since.as_secs()).unwrap_or_default(),
        nanos: since.subsec_nanos(),
        ..Time::default()
    }
}

fn read(path: &PathBuf) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| failed(&error).with("path", path.display()))
}

fn failed(error: &std::io::Error) -> Error {
    let missing = error.kind() == std::io::ErrorKind::NotFound;
    Error::new(if missing { ErrorKind::NotFound } else { ErrorKind::Invalid }, error.to_string())
}

/// A folder of the machine.
#[derive(Debug)]
struct Folder(PathBuf);

impl Files for Folder {
    fn list(&self, folder: &TreePath) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(self.0.join(folder.as_str())).map_err(|error| failed(&error))? {
            let entry = entry.map_err(|error| failed(&error))?;
            let kind = if entry.path().is_dir() { EntryKind::Folder } else { EntryKind::File };
            entries.push(Entry::new(entry.file_name().to_string_lossy().into_owned(), kind));
        }
        entries.sort();
        Ok(entries)
    }

    fn read(&self, path: &TreePath) -> Result<Bytes> {
        read(&self.0.join(path.as_str())).map(Bytes::from)
    }
}

/// The randomness of the machine.
struct Urandom;

impl Random for Urandom {
    fn fill(&self, buffer: &mut [u8]) {
        use std::io::Read;
        let filled = std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(buffer));
        filled.expect("the machine gives randomness");
    }
}

/// The clock of the machine; nothing waits here.
#[derive(Debug)]
struct Wall;

#[async_trait]
impl Clock for Wall {
    fn now(&self) -> Now {
        Now::default()
    }
    async fn sleep(&self, _: Duration) {}
}
