//! Hostile archives, each refused with one error.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use windlass_core::{Files, Limits};

use super::*;
use crate::tree::Tree;

/// One entry: its kind, its path, and its content or the target of its link.
type Made<'a> = (EntryType, &'a str, &'a str);

fn archive(entries: &[Made<'_>]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (kind, path, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_mode(0o644);
        // The library refuses to write what is hostile.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        let content = match kind {
            EntryType::Symlink | EntryType::Link => {
                header.as_old_mut().linkname[..content.len()].copy_from_slice(content.as_bytes());
                ""
            }
            _ => content,
        };
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append(&header, content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

fn unpacked(bytes: &[u8], limits: &Limits) -> Result<Tree> {
    let mut into = Gathering::new(limits);
    let mut room = Room::new(1 << 20);
    unpack(&mut &bytes[..], Form::of(bytes), &mut room, &mut into)?;
    Ok(into.done(16))
}

#[track_caller]
fn check(entries: &[Made<'_>], expected: &str) {
    let mut limits = Limits::default();
    (limits.files_max, limits.folder_depth_max) = (4, 3);
    (limits.file_bytes_max, limits.artifact_bytes_max) = (20, 30);
    let shown = match unpacked(&archive(entries), &limits) {
        Ok(tree) => format!("{tree:?}"),
        Err(error) => error.to_string(),
    };
    assert_eq!(shown, expected);
}

const FILE: EntryType = EntryType::Regular;
const LINK: EntryType = EntryType::Symlink;

#[test]
fn what_leads_out_of_the_archive_is_refused() {
    check(&[(FILE, "/etc/passwd", "")], "the archive has an absolute path (path=/etc/passwd)");
    check(&[(FILE, "../a", "")], "the archive has a path that leads upwards (path=../a)");
    check(&[(FILE, "a/../b", "")], "the archive has a path that leads upwards (path=a/../b)");
    check(&[(FILE, "a/..", "")], "the archive has a path that leads upwards (path=a/..)");
    check(&[(FILE, "a\\b", "")], "the archive has a path with a NUL or a backslash (path=a\\\\b)");
    check(&[(FILE, "./", "")], "the archive has an entry without a name (path=./)");
}

#[test]
fn what_is_written_through_a_link_is_refused() {
    check(
        &[(LINK, "a", "/etc"), (FILE, "a/passwd", "")],
        "the artifact writes through a link (path=a/passwd)",
    );
    check(&[(LINK, "a", "/etc/passwd"), (FILE, "a", "")], "the artifact writes through a link (path=a)");
    check(
        &[(LINK, "a", "b"), (EntryType::Directory, "a/c", "")],
        "the artifact writes through a link (path=a/c)",
    );
}

#[test]
fn what_is_no_file_is_refused() {
    check(&[(EntryType::Link, "a", "/etc/passwd")], "the archive has a hard link (path=a)");
    check(&[(EntryType::Char, "a", "")], "the archive has a device (path=a)");
    check(&[(EntryType::Block, "a", "")], "the archive has a device (path=a)");
    check(&[(EntryType::Fifo, "a", "")], "the archive has a pipe (path=a)");
    check(
        &[(EntryType::GNUSparse, "a", "")],
        "the archive has an entry that is neither file nor folder (path=a)",
    );
}

#[test]
fn paths_that_stand_in_one_another_s_way_are_refused() {
    let both = "the artifact has a path that is a folder and something else (path=a)";
    check(&[(FILE, "a", ""), (FILE, "a/b", "")], both);
    check(&[(FILE, "a/b", ""), (FILE, "a", "")], both);
    check(
        &[(FILE, "a/B", ""), (FILE, "A/b", "")],
        "the artifact has two paths that differ in upper and lower case alone (path=A, other=a)",
    );
}

#[test]
fn too_much_is_refused_by_the_name_of_the_limit() {
    let many: Vec<Made<'_>> = ["a", "b", "c", "d", "e"].map(|path| (FILE, path, "")).into();
    check(&many, "the artifact has too many files (files_max=4)");
    check(
        &[(FILE, "a/b/c/d", "")],
        "the artifact has folders too deep inside one another (folder_depth_max=3)",
    );
    let half = "x".repeat(16);
    check(&[(FILE, "a", &half), (FILE, "b", &half)], "the artifact is too large (artifact_bytes_max=30)");
    let folders: Vec<String> = (0..20).map(|at| format!("f{at}/")).collect();
    let folders: Vec<Made<'_>> =
        folders.iter().map(|path| (EntryType::Directory, path.as_str(), "")).collect();
    check(&folders, "the artifact has too many files (files_max=4)");
}

#[test]
fn a_file_that_is_too_large_is_refused_when_it_is_read_and_hides_no_other() {
    let mut limits = Limits::default();
    limits.file_bytes_max = 3;
    let tree = unpacked(&archive(&[(FILE, "large", "1234"), (FILE, "small", "123")]), &limits).unwrap();
    let read = |path: &str| tree.read(&TreePath::new(path).unwrap());
    assert_eq!(read("small").unwrap(), "123");
    assert_eq!(read("large").unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn a_bomb_ends_at_the_limit() {
    let zeros = vec![0; 2 << 20];
    let mut builder =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best()));
    let mut header = tar::Header::new_gnu();
    header.set_size(zeros.len() as u64);
    builder.append_data(&mut header, "zeros", &zeros[..]).unwrap();
    let bytes = builder.into_inner().unwrap().finish().unwrap();
    let mut limits = Limits::default();
    limits.file_bytes_max = 10;
    let error = unpacked(&bytes, &limits).unwrap_err();
    assert_eq!(error.to_string(), "the archive unpacks to too much (unpacked_bytes_max=1048576)");
}

#[test]
fn a_header_that_says_more_than_is_kept_is_refused() {
    let long = "x".repeat(100);
    let long: String = std::iter::repeat_n(long.as_str(), 11_000).collect();
    let mut limits = Limits::default();
    limits.file_bytes_max = 1 << 20;
    for kind in [EntryType::GNULongName, EntryType::XHeader] {
        let mut into = Gathering::new(&limits);
        let bytes = archive(&[(kind, "a", &long), (FILE, "b", "")]);
        let mut room = Room { left: 1 << 30, max: 1 << 30 };
        let error = unpack(&mut &bytes[..], Form::Tar, &mut room, &mut into).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    }
}

#[test]
fn names_that_headers_in_front_say_are_the_names() {
    let long = format!("{}/{}", "d".repeat(120), "f".repeat(120));
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(1);
    builder.append_data(&mut header, &long, &b"1"[..]).unwrap();
    builder.append_pax_extensions([("path", "päx/a".as_bytes())]).unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_size(1);
    builder.append_data(&mut header, "other", &b"2"[..]).unwrap();
    builder.append_pax_extensions([("path", "../a".as_bytes())]).unwrap();
    let good = unpacked(&builder.get_ref().clone(), &Limits::default());
    // The last header is about nothing.
    let good = good.unwrap();
    assert_eq!(good.read(&TreePath::new(&long).unwrap()).unwrap(), "1");
    assert_eq!(good.read(&TreePath::new("päx/a").unwrap()).unwrap(), "2");
    builder.append_data(&mut header, "other", &b"2"[..]).unwrap();
    let error = unpacked(&builder.into_inner().unwrap(), &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "the archive has a path that leads upwards (path=../a)");
}

#[test]
fn a_damaged_archive_is_corrupt_wherever_it_ends() {
    let whole = archive(&[(FILE, "a", "content"), (FILE, "b", "content")]);
    for end in [1, 300, 513, 600, 1025] {
        let mut into = Gathering::new(&Limits::default());
        let mut room = Room::new(1 << 20);
        let result = unpack(&mut &whole[..end], Form::Tar, &mut room, &mut into);
        assert!(result.is_err(), "cut at {end}");
    }
}

/// Bytes of an archive are changed at random, by a generator that always begins alike.
#[test]
fn an_archive_with_any_bytes_changed_is_read_or_refused() {
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("path", "long/name".as_bytes())]).unwrap();
    let whole = [
        builder.into_inner().unwrap()[..1024].to_vec(),
        archive(&[(FILE, "a/b.yaml", "content"), (LINK, "link", "a"), (EntryType::GNULongName, "x", "b/c")]),
    ]
    .concat();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let mut limits = Limits::default();
    (limits.files_max, limits.artifact_bytes_max, limits.file_bytes_max) = (50, 10_000, 5_000);
    let (mut read, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let mut bytes = whole.clone();
        for _ in 0..=next(4) {
            let at = next(bytes.len());
            bytes[at] = u8::try_from(next(256)).unwrap();
            // A header without its sum is refused at once, and nothing behind it is tried.
            let block = at / 512 * 512;
            if let Some(header) = bytes.get_mut(block..block + 512) {
                header[148..156].fill(b' ');
                let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
                header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
            }
        }
        let mut into = Gathering::new(&limits);
        let mut room = Room { left: 1 << 16, max: 1 << 16 };
        match unpack(&mut &bytes[..], Form::Tar, &mut room, &mut into) {
            Ok(()) => read += 1,
            Err(_) => refused += 1,
        }
    }
    assert!(read > 100 && refused > 100, "{read} were read and {refused} refused");
}
