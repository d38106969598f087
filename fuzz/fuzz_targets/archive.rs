//! Any bytes are unpacked or refused: as they are, and as a tar whose checksums are right, packed with gzip or not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_archive::{Form, Gathering, Room, Tree, path, unpack};
use windlass_core::{EntryKind, Files, TreePath};
use windlass_fuzz::{choice, gzip, limits, told, with_checksums};

/// The most bytes that may be unpacked.
const ROOM: u64 = 4 << 20;

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = choice(bytes, 4) else { return };
    let tar = with_checksums(bytes);
    let archive = match kind {
        0 => bytes.to_vec(),
        1 => tar,
        2 => gzip(&tar),
        // Two tars behind one another, as gzip allows.
        _ => [gzip(&tar), gzip(bytes)].concat(),
    };
    let Some(tree) = unpacked(&archive) else { return };
    let again = unpacked(&archive).expect("what was unpacked is unpacked again");
    assert_eq!(tree.digest(), again.digest());
    walk(&tree, &TreePath::root(), 0);
    if let Ok(Some(path)) = path(bytes) {
        assert!(path.names().all(|name| !matches!(name, "" | "." | "..")), "a path stays inside");
    }
});

fn unpacked(archive: &[u8]) -> Option<Tree> {
    let mut files = Gathering::new(&limits()).telling_case();
    let done = unpack(&mut &*archive, Form::of(archive), &mut Room::new(ROOM), &mut files);
    done.map_err(|error| told(&error)).ok()?;
    Some(files.done(16))
}

/// Reads all that is listed. A link may lead to a folder above it, so the depth is bounded.
fn walk(tree: &Tree, at: &TreePath, depth: usize) {
    if depth > 4 {
        return;
    }
    for entry in tree.list(at).into_iter().flatten() {
        let path = at.join(&entry.name).expect("a name is a path");
        match entry.kind {
            EntryKind::File => drop(tree.read(&path).map_err(|error| told(&error))),
            EntryKind::Folder => walk(tree, &path, depth + 1),
            _ => assert!(tree.read(&path).is_err(), "what is no file has no bytes"),
        }
    }
}
