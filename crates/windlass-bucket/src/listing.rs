//! What is in a bucket: pages of a listing, and the revision that they make together.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use windlass_archive::path;
use windlass_core::{Digest, Error, ErrorKind, Limits, Result, TreePath};

/// One page, as [ListObjectsV2](https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html) gives it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Page {
    #[serde(default)]
    is_truncated: bool,
    next_continuation_token: Option<String>,
    encoding_type: Option<String>,
    #[serde(default)]
    contents: Vec<Content>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    key: String,
    #[serde(rename = "ETag", default)]
    etag: String,
    #[serde(default)]
    size: u64,
}

/// An object, as a listing tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) key: String,
    pub(crate) path: TreePath,
    /// Without quotes.
    pub(crate) etag: String,
    pub(crate) size: u64,
}

/// All objects of a bucket below a prefix at one moment, in the order of their keys.
///
/// Invariant: no two have one path, none lies below another, and there are no more than the limits allow.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Listing {
    pub(crate) objects: Vec<Object>,
    pub(crate) digest: Digest,
}

/// A listing while its pages come.
#[derive(Debug, Default)]
pub(crate) struct Listed(BTreeMap<String, (String, u64)>);

impl Page {
    /// Reads a page.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self> {
        let odd = |error: &dyn ToString| {
            Error::new(ErrorKind::Invalid, "the server gives a listing that is none")
                .with("because", error.to_string().escape_debug().take(200).collect::<String>())
        };
        let text = std::str::from_utf8(bytes).map_err(|error| odd(&error))?;
        let mut page: Self = quick_xml::de::from_str(text).map_err(|error| odd(&error))?;
        if page.encoding_type.as_deref() == Some("url") {
            for content in &mut page.contents {
                content.key = unescaped(&content.key).ok_or_else(|| odd(&"a key is not UTF-8"))?;
            }
        }
        Ok(page)
    }

    /// What to ask for the next page, if there is one.
    pub(crate) fn next(&self) -> Result<Option<String>> {
        match (self.is_truncated, &self.next_continuation_token) {
            (false, _) => Ok(None),
            (true, Some(token)) => Ok(Some(token.clone())),
            (true, None) => Err(Error::new(
                ErrorKind::Invalid,
                "the server gives a part of a listing and not what comes next",
            )),
        }
    }
}

impl Listed {
    /// Adds the objects of a page. Keys that end with a slash stand for folders and hold nothing.
    pub(crate) fn add(&mut self, page: Page, limits: &Limits) -> Result<()> {
        for content in page.contents.into_iter().filter(|content| !content.key.ends_with('/')) {
            let etag = content.etag.trim_matches('"').to_owned();
            self.0.insert(content.key, (etag, content.size));
        }
        if self.0.len() > limits.files_max {
            return Err(Error::new(ErrorKind::Limit, "the bucket has too many objects")
                .with("files_max", limits.files_max)
                .with_help("name a prefix"));
        }
        Ok(())
    }

    /// Ends the listing.
    ///
    /// The digest is over one line for each object, its key and its ETag with a space between, in the order of the keys: as
    /// Flux makes the revision of a bucket.
    pub(crate) fn done(self, limits: &Limits) -> Result<Listing> {
        let lines: String = self.0.iter().map(|(key, (etag, _))| format!("{key} {etag}\n")).collect();
        let (mut objects, mut problems) = (Vec::with_capacity(self.0.len()), Vec::new());
        for (key, (etag, size)) in self.0 {
            match place(&key) {
                Ok(path) => objects.push(Object { key, path, etag, size }),
                Err(error) => problems.push(error),
            }
            if problems.len() >= limits.problems_max {
                break;
            }
        }
        problems.extend(collisions(&objects).into_iter().take(limits.problems_max));
        let of_tree = objects.iter().map(|object| object.size).filter(|size| *size <= limits.file_bytes_max);
        if of_tree.fold(0, u64::saturating_add) > limits.artifact_bytes_max {
            problems.push(
                Error::new(ErrorKind::Limit, "the objects of the bucket are too large together")
                    .with("artifact_bytes_max", limits.artifact_bytes_max)
                    .with_help("name a prefix"),
            );
        }
        match Error::all(problems) {
            Some(error) => Err(error),
            None => Ok(Listing { objects, digest: Digest::of(lines.as_bytes()) }),
        }
    }
}

/// Where an object lies in the tree. A key that is not written as a path is, could be two or lead elsewhere.
fn place(key: &str) -> Result<TreePath> {
    let refused = || {
        Error::new(ErrorKind::Invalid, "the key of an object is not the path of a file")
            .with("key", key.escape_debug().take(200).collect::<String>())
            .with_help("rename the object, or name a prefix that leaves it out")
    };
    match path(key.as_bytes()) {
        Ok(Some(path)) if path.as_str() == key => Ok(path),
        Err(error) if error.kind() == ErrorKind::Limit => Err(error),
        _ => Err(refused()),
    }
}

/// The objects whose key leads through the key of another.
fn collisions(objects: &[Object]) -> Vec<Error> {
    let files: BTreeSet<&str> = objects.iter().map(|object| object.key.as_str()).collect();
    let through = |key: &str| {
        key.match_indices('/')
            .map(|(at, _)| at)
            .find(|at| files.contains(&key[..*at]))
            .map(|at| key[..at].to_owned())
    };
    let problem = |object: &Object| {
        let other = through(&object.key)?;
        Some(
            Error::new(ErrorKind::Invalid, "an object has the name of a folder that others are in")
                .with("key", other.escape_debug())
                .with("inside", object.key.escape_debug()),
        )
    };
    objects.iter().filter_map(problem).collect()
}

/// Reads what is escaped as in a form: `%2F`, and `+` for a space.
fn unescaped(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let escape = (*byte == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match escape.filter(|hex| hex.bytes().all(|c| c.is_ascii_hexdigit())) {
            Some(hex) => {
                out.push(u8::from_str_radix(hex, 16).ok()?);
                at += 3;
            }
            None => {
                out.push(if *byte == b'+' { b' ' } else { *byte });
                at += 1;
            }
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by it")]

    use super::*;

    fn listed(objects: &[(&str, &str, u64)], limits: &Limits) -> Result<Listing> {
        let content = |(key, etag, size): &(&str, &str, u64)| {
            format!("<Contents><Key>{key}</Key><ETag>&quot;{etag}&quot;</ETag><Size>{size}</Size></Contents>")
        };
        let page: String = objects.iter().map(content).collect();
        let mut listed = Listed::default();
        listed.add(Page::read(format!("<ListBucketResult>{page}</ListBucketResult>").as_bytes())?, limits)?;
        listed.done(limits)
    }

    #[track_caller]
    fn check(objects: &[(&str, &str, u64)], expected: &str) {
        let mut limits = Limits::default();
        (limits.files_max, limits.file_bytes_max, limits.artifact_bytes_max) = (3, 10, 15);
        let shown = match listed(objects, &limits) {
            Ok(listing) => listing.objects.iter().map(|object| format!("{} ", object.path)).collect(),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown.trim_end(), expected);
    }

    /// What `internal/index` of Flux's source-controller 1.10.1 says of the same keys and ETags.
    #[test]
    fn the_revision_is_that_of_flux() {
        let limits = Limits::default();
        let objects = [("b/web.yaml", "etag-2", 1), ("a b.yaml", "etag-1", 1), ("b.yaml", "etag-3", 1)];
        let expected = "sha256:f183fa7778e3e1cc8acba7be2a7ac7570eea5de8d887b9b2e988cb0aefe1d995";
        assert_eq!(listed(&objects, &limits).unwrap().digest.to_string(), expected);
        let nothing = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(listed(&[], &limits).unwrap().digest.to_string(), nothing);
    }

    #[test]
    fn objects_are_files_and_keys_that_end_with_a_slash_are_none() {
        check(&[("b/", "e", 0), ("b/c", "e", 1), ("a", "e", 1)], "a b/c");
        check(&[("A", "e", 0), ("a", "e", 1)], "A a");
        check(&[], "");
    }

    #[test]
    fn a_key_that_is_no_path_is_refused_and_named() {
        for odd in ["/etc/passwd", "../a", "a/../b", "./a", "a//b", "a\\b", ".."] {
            let shown = odd.escape_debug();
            check(&[(odd, "e", 1)], &format!("the key of an object is not the path of a file (key={shown})"));
        }
    }

    #[test]
    fn a_file_that_is_a_folder_too_is_refused() {
        check(
            &[("a/b", "e", 1), ("a/b/c/d", "e", 1), ("a/b.c", "e", 1)],
            "an object has the name of a folder that others are in (key=a/b, inside=a/b/c/d)",
        );
    }

    #[test]
    fn limits_are_named() {
        check(
            &[("a", "e", 1), ("b", "e", 1), ("c", "e", 1), ("d", "e", 1)],
            "the bucket has too many objects (files_max=3)",
        );
        check(
            &[("a", "e", 8), ("b", "e", 8), ("large", "e", 1 << 40)],
            "the objects of the bucket are too large together (artifact_bytes_max=15)",
        );
        check(&[("a", "e", 8), ("large", "e", 1 << 40)], "a large");
    }

    #[test]
    fn a_page_is_read_as_servers_write_it() {
        let page = Page::read(
            br#"<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>fleet</Name><Prefix></Prefix>
<KeyCount>1</KeyCount><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>
<NextContinuationToken>a+b/c=</NextContinuationToken><Contents><Key>a+b%2B%C3%BC%26.yaml</Key>
<LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>"etag"</ETag><Size>3</Size>
<Owner><ID>1</ID></Owner><StorageClass>STANDARD</StorageClass></Contents></ListBucketResult>"#,
        )
        .unwrap();
        assert_eq!(page.next().unwrap().as_deref(), Some("a+b/c="));
        assert_eq!(page.contents[0].key, "a b+ü&.yaml");
        let plain =
            b"<ListBucketResult><Contents><Key>a%2Bb+&#xfc;&amp;&lt;</Key></Contents></ListBucketResult>";
        assert_eq!(Page::read(plain).unwrap().contents[0].key, "a%2Bb+ü&<");
    }

    #[test]
    fn what_is_no_listing_is_refused() {
        let broken: [&[u8]; 6] = [
            b"",
            b"<html>",
            b"\xff",
            b"<ListBucketResult><Contents><Size>x</Size></Contents></ListBucketResult>",
            b"<ListBucketResult><Contents><Key>a",
            b"<!DOCTYPE a [<!ENTITY b \"c\">]><ListBucketResult><Contents><Key>&b;</Key></Contents></ListBucketResult>",
        ];
        for bytes in broken {
            let shown = Page::read(bytes).map(|_| ()).unwrap_err().message().to_owned();
            assert_eq!(
                shown,
                "the server gives a listing that is none",
                "{}",
                String::from_utf8_lossy(bytes)
            );
        }
        let endless = b"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>";
        assert!(Page::read(endless).unwrap().next().is_err());
    }
}
