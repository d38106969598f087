//! What the targets share: how an input becomes several, and things that are the same in each run.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use windlass_archive::{Gathering, Tree};
use windlass_core::{Context, Error, Limits, TreePath};
use windlass_diff::Schemas;
use windlass_helm::template;
use windlass_testkit::TestClock;

/// A secret that targets plant, which no error may show.
pub const CANARY: &str = "canary-7c1f9e";

/// What stands between the parts of an input: no YAML, JSON or PEM has a form feed.
const BETWEEN: u8 = 0x0c;

/// Splits an input into its parts; what lacks is empty, and the last has the rest.
#[must_use]
pub fn parts<const N: usize>(bytes: &[u8]) -> [&[u8]; N] {
    let mut parts = bytes.splitn(N, |byte| *byte == BETWEEN);
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

/// As [`parts`], if all of it is text.
#[must_use]
pub fn texts<const N: usize>(bytes: &[u8]) -> Option<[&str; N]> {
    let mut parts = std::str::from_utf8(bytes).ok()?.splitn(N, char::from(BETWEEN));
    Some(std::array::from_fn(|_| parts.next().unwrap_or_default()))
}

/// Takes the first byte as a number below `count`: `0` for the first, so that seeds are text.
#[must_use]
pub fn choice(bytes: &[u8], count: u8) -> Option<(u8, &[u8])> {
    bytes.split_first().map(|(first, rest)| (first.wrapping_sub(b'0') % count, rest))
}

/// A context with a clock that stands still.
#[must_use]
pub fn context() -> Context {
    Context::new(TestClock::new()).with_limits(limits())
}

/// Limits that a render of some kilobytes should never need.
#[must_use]
pub fn limits() -> Limits {
    let mut limits = Limits::default();
    (limits.file_bytes_max, limits.artifact_bytes_max) = (4 << 20, 16 << 20);
    (limits.files_max, limits.documents_max) = (1_000, 1_000);
    limits
}

/// Limits of templates, small enough that each run is short.
#[must_use]
pub fn template_limits() -> template::Limits {
    template::Limits { steps_max: 20_000, output_bytes_max: 4 << 20, ..template::Limits::default() }
}

/// Files of an artifact; those that cannot be together are left out.
#[must_use]
pub fn tree<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Tree {
    let mut gathering = Gathering::new(&limits());
    for (path, bytes) in files {
        let path = TreePath::new(path).expect("the path of a target is one");
        let _ = gathering.put_file(&path, bytes.to_vec().into());
    }
    gathering.done(16)
}

/// Numbers that look random and are the same in each run.
#[derive(Debug, Default)]
pub struct Chance(AtomicU64);

impl template::Random for Chance {
    fn fill(&self, buffer: &mut [u8]) {
        for byte in buffer {
            let next = self.0.load(Ordering::Relaxed).wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            self.0.store(next, Ordering::Relaxed);
            *byte = (next >> 56) as u8;
        }
    }
}

/// The merge schemas of some kinds.
pub fn schemas() -> &'static Schemas {
    static SCHEMAS: OnceLock<Schemas> = OnceLock::new();
    SCHEMAS.get_or_init(|| {
        serde_json::from_str(include_str!("../../crates/windlass-diff/tests/it/kubernetes.json"))
            .expect("the table reads")
    })
}

/// All that an error tells to anybody.
#[must_use]
pub fn told(error: &Error) -> String {
    format!("{error} {error:?} {}", error.explain())
}

/// Puts right the checksum of each header of a tar, which no chance would find.
#[must_use]
pub fn with_checksums(tar: &[u8]) -> Vec<u8> {
    let mut tar = tar.to_vec();
    tar.resize(tar.len().next_multiple_of(512), 0);
    for header in tar.chunks_exact_mut(512).filter(|header| &header[257..262] == b"ustar") {
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    tar
}

/// Packs bytes with gzip, without pressing them.
#[must_use]
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut into = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    into.write_all(bytes).and_then(|()| into.finish()).expect("memory takes it")
}
