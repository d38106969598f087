//! The names of the files in which objects lie.

use std::path::PathBuf;

use windlass_core::{Error, ErrorKind, ObjectId, Result};

/// Stands for no namespace; a namespace of this name is written `%5f`.
const NO_NAMESPACE: &str = "_";

/// What file systems commonly take for one name.
const NAME_BYTES_MAX: usize = 255;

/// Gives the path of an object's file inside its folder: `shop/Deployment.apps/web` and the extension.
///
/// - One object has one path and one path one object, also where the file system ignores case, with one exception:
///   kinds that differ by nothing but case. Who opens the file has to look whether it holds the right object.
/// - Every part is a plain name: no `/`, no leading or trailing `.`, nothing that Windows keeps for itself.
pub(crate) fn path_of(id: &ObjectId, extension: &str) -> Result<PathBuf> {
    if id.kind.is_empty() || id.name.is_empty() {
        return Err(wrong(id, "an object without a kind or a name has no file"));
    }
    let parts = [namespace(&id.namespace), group_kind(id), format!("{}.{extension}", stem(&id.name))];
    if parts.iter().any(|part| part.len() > NAME_BYTES_MAX) {
        return Err(wrong(id, "the name is too long for a file").with("bytes_max", NAME_BYTES_MAX));
    }
    Ok(parts.iter().collect())
}

/// Gives the object of a path, where `path_of` gives this very path for it.
pub(crate) fn id_of(folders: [&str; 2], file: &str, extension: &str) -> Option<ObjectId> {
    let name = decode(file.strip_suffix(extension)?.strip_suffix('.')?)?;
    let namespace = if folders[0] == NO_NAMESPACE { String::new() } else { decode(folders[0])? };
    let (kind, group) = folders[1].split_once('.').unwrap_or((folders[1], ""));
    let id = ObjectId::new(decode(group)?, decode(kind)?, namespace, name);
    let path = path_of(&id, extension).ok()?;
    (path == [folders[0], folders[1], file].iter().collect::<PathBuf>()).then_some(id)
}

/// Writes a name so that it can be a file's name before its extension.
pub(crate) fn stem(name: &str) -> String {
    safe(encode(name, is_plain))
}

/// Reads what [`stem`] wrote.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = if *first == b'%' {
            let hex = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            after.get(2..)?
        } else {
            bytes.push(*first);
            after
        };
    }
    String::from_utf8(bytes).ok()
}

fn wrong(id: &ObjectId, message: &str) -> Error {
    Error::new(ErrorKind::Invalid, message).with("object", id)
}

fn namespace(name: &str) -> String {
    match name {
        "" => NO_NAMESPACE.into(),
        NO_NAMESPACE => "%5f".into(),
        name => stem(name),
    }
}

/// Kinds keep their capitals, or nobody would know them again.
fn group_kind(id: &ObjectId) -> String {
    let kind = encode(&id.kind, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if id.group.is_empty() { safe(kind) } else { safe(format!("{kind}.{}", encode(&id.group, is_plain))) }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.')
}

fn encode(text: &str, keeps: impl Fn(u8) -> bool) -> String {
    text.bytes().map(|byte| if keeps(byte) { char::from(byte).to_string() } else { escape(byte) }).collect()
}

fn escape(byte: u8) -> String {
    format!("%{byte:02x}")
}

/// Takes a meaning away that the whole name would have: hidden, ended by a dot, or the name of a device.
fn safe(name: String) -> String {
    let mut name = name;
    if name.ends_with('.') {
        name.pop();
        name.push_str("%2e");
    }
    match name.bytes().next() {
        Some(first) if first == b'.' || is_device(&name) => format!("{}{}", escape(first), &name[1..]),
        _ => name,
    }
}

/// Windows takes these for devices, whatever the extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered =
        |device: &str| stem.strip_prefix(device).is_some_and(|at| matches!(at.as_bytes(), [b'0'..=b'9']));
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(id: &ObjectId) -> String {
        path_of(id, "yaml").unwrap().to_str().unwrap().replace('\\', "/")
    }

    #[track_caller]
    fn check(group: &str, kind: &str, namespace: &str, name: &str, expected: &str) {
        let id = ObjectId::new(group, kind, namespace, name);
        assert_eq!(path(&id), expected);
        assert_eq!(back(expected), Some(id), "the path must read back");
    }

    fn back(path: &str) -> Option<ObjectId> {
        let parts: Vec<&str> = path.split('/').collect();
        id_of([parts[0], parts[1]], parts[2], "yaml")
    }

    #[test]
    fn usual_names_are_themselves() {
        check("apps", "Deployment", "shop", "web", "shop/Deployment.apps/web.yaml");
        check("", "Namespace", "", "shop", "_/Namespace/shop.yaml");
        check("example.org", "Widget", "a", "b.example.org", "a/Widget.example.org/b.example.org.yaml");
    }

    #[test]
    fn odd_names_cannot_leave_hide_or_meet() {
        check("", "Role", "", "system:node", "_/Role/system%3anode.yaml");
        check("", "Role", "..", "..", "%2e%2e/Role/%2e%2e.yaml");
        check("", "Role", ".windlass", "../../etc/passwd", "%2ewindlass/Role/%2e.%2f..%2fetc%2fpasswd.yaml");
        check("", "Role", "_", "_", "%5f/Role/_.yaml");
        check("", "Role", "a", "Web", "a/Role/%57eb.yaml");
        check("", "Role", "a", "é%\0", "a/Role/%c3%a9%25%00.yaml");
        check("x.", "A.B", "a", "a.", "a/A%2eB.x%2e/a%2e.yaml");
        check("", "Con", "aux", "nul.x", "%61ux/%43on/%6eul.x.yaml");
        check("", "CONFIG", "com1", "com10", "%63om1/CONFIG/com10.yaml");
    }

    #[test]
    fn a_path_that_is_spelled_otherwise_is_no_objects() {
        for path in
            ["%61/Role/x.yaml", "A/Role/x.yaml", "a/Role/x.yml", "a/Role/.yaml", "a/Role/%zz.yaml", "a/R/%"]
        {
            assert_eq!(back(path), None, "{path}");
        }
    }

    #[test]
    fn what_has_no_file_is_said_to_have_none() {
        let long = "a".repeat(251);
        for (kind, name) in [("", "a"), ("A", ""), ("A", long.as_str())] {
            let error = path_of(&ObjectId::new("", kind, "", name), "yaml").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
            assert!(error.context("object").is_some());
        }
        assert!(path_of(&ObjectId::new("", "A", "", &long[1..]), "yaml").is_ok());
    }

    fn any_name() -> impl Strategy<Value = String> {
        prop_oneof!["[aA.%_/]{1,4}", "(con|COM1|lpt9|nul)(\\.[a-z])?", "\\PC{1,6}", "[a-z0-9.-]{1,12}"]
    }

    fn any_id() -> impl Strategy<Value = ObjectId> {
        let maybe = || prop_oneof![Just(String::new()), any_name()];
        (maybe(), any_name(), maybe(), any_name())
            .prop_map(|(group, kind, namespace, name)| ObjectId::new(group, kind, namespace, name))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1024))]

        #[test]
        fn a_path_reads_back_to_its_object(id in any_id()) {
            prop_assert_eq!(back(&path(&id)), Some(id));
        }

        #[test]
        fn two_objects_have_two_paths_also_where_case_is_ignored(one in any_id(), other in any_id()) {
            let (a, b) = (path(&one).to_lowercase(), path(&other).to_lowercase());
            let same_but_for_the_kinds_case = one.kind.to_lowercase() == other.kind.to_lowercase()
                && (&one.group, &one.namespace, &one.name) == (&other.group, &other.namespace, &other.name);
            prop_assert_eq!(a == b, one == other || same_but_for_the_kinds_case);
        }

        #[test]
        fn every_part_is_a_plain_name(id in any_id()) {
            let path = path(&id);
            prop_assert_eq!(path.split('/').count(), 3);
            for part in path.split('/') {
                prop_assert!(!part.starts_with('.') && !part.ends_with('.') && !is_device(part), "{}", part);
                prop_assert!(part.is_ascii() && !part.contains([':', '\\', '\0', ' ']), "{}", part);
            }
        }
    }
}
