//! The laws of the files of an artifact.

use std::collections::BTreeSet;

use windlass_core::{Artifact, EntryKind, ErrorKind, Limits, Paths};

use super::{SourceHarness, artifact, fetched_in, newest, read, resolved, tree_path};
use crate::suite::{Check, ensure, fails, not_applicable, ok};

const TREE: &[(&str, &[u8])] = &[("folder/a.yaml", b"a"), ("folder/inner/b.yaml", b"b"), ("top.yaml", b"t")];

/// A path that does not exist is `NotFound`, listed or read, and never `Unfetched`.
///
/// # Errors
/// Where it does not hold.
pub fn a_missing_path_is_not_found(harness: &dyn SourceHarness) -> Check {
    let got = artifact(harness, TREE)?;
    for path in ["missing.yaml", "folder/missing", "missing/a.yaml"] {
        fails(got.files().read(&tree_path(path)), &[ErrorKind::NotFound], &format!("reading {path}"))?;
        fails(got.files().list(&tree_path(path)), &[ErrorKind::NotFound], &format!("listing {path}"))?;
    }
    Ok(())
}

/// A listing gives each entry once, sorted by the bytes of its name.
///
/// # Errors
/// Where it does not hold.
pub fn a_listing_is_sorted_and_has_each_entry_once(harness: &dyn SourceHarness) -> Check {
    let names = ["C", "a", "a-b", "a.b", "a0", "b", "\u{e9}"];
    let files: Vec<(String, &[u8])> =
        names.iter().flat_map(|name| ["1", "2"].map(|file| (format!("x/{name}/{file}"), &b""[..]))).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, content)| (path.as_str(), *content)).collect();
    let got = artifact(harness, &files)?;
    let listed = ok(got.files().list(&tree_path("x")), "listing a folder")?;
    let listed: Vec<&str> = listed.iter().map(|entry| entry.name.as_str()).collect();
    ensure!(listed == names, "listed {listed:?}, not {names:?}");
    Ok(())
}

/// Two names that differ in nothing but upper and lower case are two files.
///
/// # Errors
/// Where it does not hold.
pub fn names_that_differ_in_case_are_two(harness: &dyn SourceHarness) -> Check {
    harness.tells_case()?;
    let files: &[(&str, &[u8])] = &[("x/Readme", b"upper"), ("x/readme", b"lower")];
    let got = artifact(harness, files)?;
    let listed = ok(got.files().list(&tree_path("x")), "listing a folder")?;
    let listed: BTreeSet<&str> = listed.iter().map(|entry| entry.name.as_str()).collect();
    ensure!(listed == BTreeSet::from(["Readme", "readme"]), "of Readme and readme, {listed:?} is listed");
    for (path, content) in files {
        ensure!(read(&got, path)? == *content, "{path} is read as the other");
    }
    Ok(())
}

/// A listing says of each entry whether it is a file or a folder.
///
/// # Errors
/// Where it does not hold.
pub fn a_listing_tells_files_from_folders(harness: &dyn SourceHarness) -> Check {
    let got = artifact(harness, TREE)?;
    for (folder, name, kind) in [
        ("", "folder", EntryKind::Folder),
        ("", "top.yaml", EntryKind::File),
        ("folder", "inner", EntryKind::Folder),
    ] {
        let entries = ok(got.files().list(&tree_path(folder)), "listing a folder")?;
        let found = entries.iter().find(|entry| entry.name == name).map(|entry| entry.kind);
        ensure!(found == Some(kind), "{name} is listed as {found:?}, not as {kind:?}");
    }
    Ok(())
}

/// A read gives the whole file, byte for byte: line ends, NULs, no last line end, nothing at all.
///
/// # Errors
/// Where it does not hold.
pub fn content_comes_as_it_is(harness: &dyn SourceHarness) -> Check {
    let odd: &[(&str, &[u8])] =
        &[("crlf", b"a\r\nb\r\n"), ("empty", b""), ("binary", b"\x00\xff\xfe\n"), ("no-end", b"a\nb")];
    let got = artifact(harness, odd)?;
    for (path, content) in odd {
        ensure!(read(&got, path)? == *content, "the content of {path} was touched");
    }
    Ok(())
}

/// Reading twice gives the same bytes.
///
/// # Errors
/// Where it does not hold.
pub fn reading_twice_gives_the_same_bytes(harness: &dyn SourceHarness) -> Check {
    let got = artifact(harness, TREE)?;
    let (first, second) = (read(&got, "top.yaml")?, read(&got, "top.yaml")?);
    ensure!(first == second, "the second read gives other bytes");
    Ok(())
}

/// Where files have digests, those of two contents differ, and what is no file has none.
///
/// # Errors
/// Where it does not hold; not applicable where files have none.
pub fn files_of_one_digest_have_the_same_bytes(harness: &dyn SourceHarness) -> Check {
    let one = artifact(harness, &[("a", b"one"), ("folder/b", b"two")])?;
    let two = artifact(harness, &[("a", b"two"), ("folder/b", b"two")])?;
    let digest = |artifact: &Artifact, path| artifact.files().digest(&tree_path(path));
    for path in ["folder", "", "missing", "a/below"] {
        ensure!(digest(&one, path).is_none(), "{path:?} is no file and has a digest");
    }
    let Some(before) = digest(&one, "a") else { return not_applicable("the files have no digests") };
    ensure!(digest(&two, "a") != Some(before), "two contents have one digest");
    ensure!(digest(&one, "folder/b") != Some(before), "two files that differ have one digest");
    ensure!(digest(&one, "a") == Some(before), "asked twice, a file has another digest");
    Ok(())
}

/// Listing a file is `Invalid`.
///
/// # Errors
/// Where it does not hold.
pub fn listing_a_file_is_invalid(harness: &dyn SourceHarness) -> Check {
    let got = artifact(harness, TREE)?;
    fails(got.files().list(&tree_path("top.yaml")), &[ErrorKind::Invalid], "listing a file")?;
    Ok(())
}

/// Reading a folder, also the root, is `Invalid`.
///
/// # Errors
/// Where it does not hold.
pub fn reading_a_folder_is_invalid(harness: &dyn SourceHarness) -> Check {
    let got = artifact(harness, TREE)?;
    fails(got.files().read(&tree_path("folder")), &[ErrorKind::Invalid], "reading a folder")?;
    fails(got.files().read(&tree_path("")), &[ErrorKind::Invalid], "reading the root")?;
    Ok(())
}

/// A link that stays inside the root is followed.
///
/// # Errors
/// Where it does not hold.
pub fn a_link_inside_the_root_is_followed(harness: &dyn SourceHarness) -> Check {
    harness.commit_links(TREE, &[("folder/link-in", "../top.yaml"), ("link-in", "folder")])?;
    let got = newest(harness)?;
    for (path, content) in [("folder/link-in", "t"), ("link-in/inner/b.yaml", "b")] {
        let read = got.files().read(&tree_path(path));
        ensure!(read.as_ref().is_ok_and(|bytes| bytes == content), "{path} leads through a link: {read:?}");
    }
    Ok(())
}

/// Nothing outside the root can be read or listed, by any link; and a link to itself ends in an error.
///
/// # Errors
/// Where it does not hold.
pub fn no_path_escapes_the_root(harness: &dyn SourceHarness) -> Check {
    let up = "../".repeat(40);
    for (target, path) in [
        ("/etc/passwd".to_owned(), "link-out"),
        (format!("{up}etc/passwd"), "link-out"),
        ("/etc".to_owned(), "link-out/passwd"),
        (format!("{up}etc"), "link-out/passwd"),
        ("link-out".to_owned(), "link-out"),
    ] {
        harness.commit_links(TREE, &[("link-out", &target)])?;
        // A source may refuse such a tree altogether.
        let Ok(got) = newest(harness) else { continue };
        ensure!(got.files().read(&tree_path(path)).is_err(), "a link to {target} can be read");
        ensure!(got.files().list(&tree_path("link-out")).is_err(), "a link to {target} can be listed");
        let root = ok(got.files().list(&tree_path("")), "listing the root")?;
        let kind = root.iter().find(|entry| entry.name == "link-out").map(|entry| entry.kind);
        ensure!(kind.is_none_or(|kind| kind == EntryKind::Other), "a link to {target} is listed as {kind:?}");
    }
    Ok(())
}

/// A file over the limit of the context is `Limit`, when it is fetched or when it is read.
///
/// # Errors
/// Where it does not hold.
pub fn a_file_over_the_limit_is_refused(harness: &dyn SourceHarness) -> Check {
    harness.commit(&[("large.yaml", b"123456789")]);
    let revision = resolved(harness)?;
    let mut limits = Limits::default();
    limits.file_bytes_max = 8;
    let cx = harness.context().with_limits(limits);
    let read = fetched_in(harness, &cx, &revision, &Paths::All)
        .and_then(|got| got.files().read(&tree_path("large.yaml")));
    fails(read, &[ErrorKind::Limit], "a file of 9 bytes where 8 are allowed")?;
    Ok(())
}
