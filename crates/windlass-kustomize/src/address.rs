//! Addresses of repositories and of files elsewhere, as kustomize reads them.

use windlass_core::Address;

/// A repository, what of it is meant, and the folder of a kustomization in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Repository {
    /// What `git clone` would be given.
    pub(crate) clone: String,
    /// The folder inside, as it was written.
    pub(crate) folder: String,
    /// The branch, tag or commit; empty for the default branch.
    pub(crate) reference: String,
    pub(crate) submodules: bool,
    /// It was written with `git::` in front, of which kustomize warns.
    pub(crate) forced: bool,
}

const FILE: &str = "file://";
const SCHEMES: [&str; 4] = ["ssh://", "https://", "http://", FILE];
/// How a folder begins that holds repositories, on servers that have one.
const REPOSITORIES: &str = "_git/";

impl Repository {
    /// Reads an entry; `None` for one that means a file or a folder beside the kustomization.
    pub(crate) fn read(entry: &str) -> Option<Self> {
        if entry.starts_with('/') {
            return None;
        }
        let (place, query) = entry.split_once('?').unwrap_or((entry, ""));
        let (forced, place) = without(place, "git::").map_or((false, place), |rest| (true, rest));
        let (host, path) = host(place)?;
        let (name, folder) = split(path, host.eq_ignore_ascii_case(FILE))?;
        if name.is_empty() || leaves(folder.strip_prefix('/').unwrap_or(&folder)) {
            return None;
        }
        let (reference, submodules) = words(query).unwrap_or((String::new(), true));
        let folder = folder.strip_prefix('/').unwrap_or(&folder).to_owned();
        Some(Self { clone: host + &name, folder, reference, submodules, forced })
    }

    /// Gives the address by which the repository is needed.
    pub(crate) fn address(&self) -> Address {
        let reference = (!self.reference.is_empty()).then(|| format!("ref={}", escaped(&self.reference)));
        let submodules = (!self.submodules).then(|| "submodules=false".to_owned());
        let words: Vec<String> = reference.into_iter().chain(submodules).collect();
        let query = if words.is_empty() { String::new() } else { format!("?{}", words.join("&")) };
        Address::new(format!("git::{}{query}", self.clone))
    }
}

/// Says whether an entry is asked for over HTTP before anything else.
pub(crate) fn is_http(entry: &str) -> bool {
    without(entry, "http://").or_else(|| without(entry, "https://")).is_some()
}

/// Says whether an entry that is asked for over HTTP is meant as a file: by its name, or since it names no repository.
pub(crate) fn is_http_file(entry: &str) -> bool {
    let place = entry.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    is_http(entry)
        && ([".yaml", ".yml", ".json"].iter().any(|ending| place.ends_with(ending))
            || Repository::read(entry).is_none())
}

/// Cuts an address behind its host, which is spelled as it goes to `git clone`.
fn host(place: &str) -> Option<(String, &str)> {
    let scheme = SCHEMES.into_iter().find(|scheme| without(place, scheme).is_some()).unwrap_or_default();
    let rest = &place[scheme.len()..];
    if scheme == FILE {
        return Some((FILE.to_owned(), rest));
    }
    let (user, rest) = rest.split_at(user(rest));
    let lower = rest.to_ascii_lowercase();
    let is_github = lower.starts_with("github.com/") || lower.starts_with("github.com:");
    let by_colon = scheme.is_empty() && (!user.is_empty() || is_github);
    if scheme.is_empty() && !by_colon {
        return None;
    }
    let slash = rest.find('/');
    let colon = rest.find(':').filter(|at| by_colon && (slash.is_none() || *at > 0 && Some(*at) < slash));
    let (host, path) = rest.split_at(colon.or(slash)? + 1);
    let whole = match is_github {
        true if scheme == "ssh://" || !user.is_empty() => format!("{user}github.com:"),
        true => "https://github.com/".to_owned(),
        false => format!("{scheme}{user}{host}"),
    };
    Some((whole, path))
}

/// Counts the bytes of a user in front of a host, with the `@`.
fn user(text: &str) -> usize {
    let Some(at) = text.find('@') else { return 0 };
    let mut bytes = text[..at].bytes();
    let fits = bytes.next().is_some_and(|first| first.is_ascii_alphabetic());
    if fits && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') { at + 1 } else { 0 }
}

/// Cuts the path of a repository from that of a folder inside.
fn split(path: &str, whole: bool) -> Option<(String, String)> {
    if let Some(at) = path.find(REPOSITORIES) {
        let (front, rest) = path.split_at(at + REPOSITORIES.len());
        let (name, folder) = rest.split_once('/').unwrap_or((rest, ""));
        return Some((format!("{front}{name}"), folder.to_owned()));
    }
    if let Some((name, folder)) = path.split_once("//") {
        return Some((name.to_owned(), folder.to_owned()));
    }
    if let Some(at) = path.find(".git") {
        let (name, folder) = path.split_at(at + 4);
        return Some((name.to_owned(), folder.to_owned()));
    }
    if whole {
        return Some((path.to_owned(), String::new()));
    }
    let second = path.find('/').map(|at| at + 1)?;
    let end = path[second..].find('/').map(|at| at + second);
    let (name, folder) = path.split_at(end.unwrap_or(path.len()));
    Some((name.to_owned(), folder.strip_prefix('/').unwrap_or(folder).to_owned()))
}

/// Says whether a path leads out of where it begins.
fn leaves(path: &str) -> bool {
    if path.starts_with('/') {
        // There is nothing above. That it leads out of the repository is seen when that is there.
        return false;
    }
    let mut depth = 0_i64;
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => depth -= 1,
            _ => depth += 1,
        }
        if depth < 0 {
            return true;
        }
    }
    false
}

/// Reads the reference and whether submodules are wanted; `None` for a query that Go does not read.
fn words(query: &str) -> Option<(String, bool)> {
    let (mut reference, mut version, mut submodules) = (None, None, None);
    for word in query.split('&').filter(|word| !word.is_empty()) {
        if word.contains(';') {
            return None;
        }
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        let value = unescaped(value)?;
        match unescaped(name)?.as_str() {
            "ref" => drop(reference.get_or_insert(value)),
            "version" => drop(version.get_or_insert(value)),
            "submodules" => drop(submodules.get_or_insert(value)),
            _ => {}
        }
    }
    let reference = reference.filter(|reference| !reference.is_empty()).or(version).unwrap_or_default();
    let without = ["0", "f", "F", "false", "FALSE", "False"];
    Some((reference, !submodules.is_some_and(|value| without.contains(&value.as_str()))))
}

fn without<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let begins = text.get(..prefix.len())?.eq_ignore_ascii_case(prefix);
    begins.then(|| &text[prefix.len()..])
}

fn unescaped(text: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let hex = rest.get(..2).filter(|hex| hex.iter().all(u8::is_ascii_hexdigit))?;
                bytes.push(u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?);
                rest = &rest[2..];
            }
            byte => bytes.push(*byte),
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |out, byte| match byte {
        b'-' | b'.' | b'_' | b'~' | b'/' => out + char::from(byte).encode_utf8(&mut [0; 4]),
        byte if byte.is_ascii_alphanumeric() => out + char::from(byte).encode_utf8(&mut [0; 4]),
        byte => format!("{out}%{byte:02X}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `expected`: the address that is needed, and the folder inside. As kustomize 5.8.2 reads them (`git.NewRepoSpecFromURL`).
    fn check(entry: &str, expected: &str) {
        let read = Repository::read(entry);
        let shown = read.map(|read| format!("{} {}", read.address().expose(), read.folder));
        assert_eq!(shown.as_deref().unwrap_or("local").trim_end(), expected, "{entry}");
    }

    #[test]
    fn repositories_are_told_from_folders_inside() {
        check("https://github.com/org/repo", "git::https://github.com/org/repo");
        check("https://github.com/org/repo/a/b?ref=v1", "git::https://github.com/org/repo?ref=v1 a/b");
        check("https://github.com/org/repo//a/b?ref=v1", "git::https://github.com/org/repo?ref=v1 a/b");
        check("https://example.org/x/y/repo.git/a", "git::https://example.org/x/y/repo.git a");
        check("https://example.org/x/y/repo.git//a", "git::https://example.org/x/y/repo.git a");
        check("https://example.org/x/y//a", "git::https://example.org/x/y a");
        check("https://example.org/x/y////..", "git::https://example.org/x/y /..");
        check("https://dev.azure.com/org/p/_git/repo/a/b", "git::https://dev.azure.com/org/p/_git/repo a/b");
        check("https://me@dev.azure.com/org/p/_git/repo", "git::https://me@dev.azure.com/org/p/_git/repo");
        check("HTTPS://example.org/org/repo", "git::https://example.org/org/repo");
    }

    #[test]
    fn github_is_known_by_its_name() {
        check("github.com/org/repo/a?ref=v1", "git::https://github.com/org/repo?ref=v1 a");
        check("GitHub.com/org/repo", "git::https://github.com/org/repo");
        check("github.com:org/repo", "git::https://github.com/org/repo");
        check("git@github.com:org/repo//a", "git::git@github.com:org/repo a");
        check("ssh://git@github.com/org/repo", "git::git@github.com:org/repo");
        check("git::https://github.com/org/repo", "git::https://github.com/org/repo");
    }

    #[test]
    fn servers_by_ssh_and_folders_are_repositories() {
        check("git@example.org:org/repo.git//a?ref=v1", "git::git@example.org:org/repo.git?ref=v1 a");
        check("ssh://git@example.org:22/org/repo.git/a", "git::ssh://git@example.org:22/org/repo.git a");
        check("ssh://example.org/org/repo", "git::ssh://example.org/org/repo");
        check("file:///srv/base//a?ref=v1", "git::file:///srv/base?ref=v1 a");
        check("file:///srv/base.git/a", "git::file:///srv/base.git a");
        check("file:///srv/base/a", "git::file:///srv/base/a");
    }

    #[test]
    fn what_names_no_repository_is_beside_the_kustomization() {
        for entry in [
            "../base",
            "base",
            "/srv/base",
            "example.org/org/repo",
            "https://example.org/repo",
            "https://example.org",
            "https://",
            "git://example.org/org/repo",
            "https://example.org/org/repo//../x",
            "file:///srv/base//a/../../x",
            "@example.org:org/repo",
        ] {
            check(entry, "local");
        }
    }

    #[test]
    fn a_query_says_what_of_a_repository_is_meant() {
        let query = |query: &str, expected: &str| {
            check(
                &format!("https://example.org/org/repo?{query}"),
                &format!("git::https://example.org/org/repo{expected}"),
            );
        };
        query("version=v1", "?ref=v1");
        query("version=v1&ref=v2", "?ref=v2");
        query("ref=&version=v1", "?ref=v1");
        query("ref=a%2Fb&ref=c", "?ref=a/b");
        query("ref=a%26b", "?ref=a%26b");
        query("ref=v1&timeout=90&submodules=0", "?ref=v1&submodules=false");
        query("submodules=no", "");
        query("ref=v1;x", "");
        query("ref=%zz", "");
    }

    #[test]
    fn files_are_told_from_repositories_by_their_names() {
        for (entry, file) in [
            ("https://example.org/releases/v1/all.yaml", true),
            ("https://example.org/all.YML?x=y", true),
            ("https://example.org/all", true),
            ("https://example.org/org/repo", false),
            ("git@example.org:org/repo/a.yaml", false),
        ] {
            assert_eq!(is_http_file(entry), file, "{entry}");
        }
    }
}
