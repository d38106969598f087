//! The index of a repository of charts: which versions there are, where each lies, and its digest.

use windlass_core::{Digest, Error, ErrorKind, Result, Value};
use windlass_http::{Origin, shown};
use windlass_semver::{Constraint, Version};
use windlass_yaml::Options;

/// The most versions of one chart.
const VERSIONS_MAX: usize = 100_000;

/// A version of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Release {
    pub(crate) version: String,
    /// As the index says it: an address, or relative to that of the repository.
    pub(crate) url: Option<String>,
    pub(crate) digest: Option<Digest>,
}

/// All versions of one chart, in the order of the index.
#[derive(Debug, Default)]
pub(crate) struct Releases(Vec<Release>);

impl Releases {
    /// Reads the versions of a chart. Of an index in the usual form only the lines of that chart are parsed, since indexes
    /// hold many others.
    pub(crate) fn read(index: &[u8], chart: &str) -> Result<Self> {
        let of_chart = lines_of(index, chart).and_then(|lines| {
            let text = [b"entries:\n", lines].concat();
            Self::parse(&text, chart).ok()
        });
        match of_chart {
            Some(releases) => Ok(releases),
            None => Self::parse(index, chart),
        }
    }

    fn parse(text: &[u8], chart: &str) -> Result<Self> {
        let odd = |message: &'static str| Error::new(ErrorKind::Invalid, message);
        let mut options = Options::default();
        options.file_bytes_max = text.len() as u64;
        let documents = windlass_yaml::read(text, &options)
            .map_err(|error| odd("the index of the repository is not YAML").caused_by(error))?;
        let entries = documents.first().and_then(|document| document.value.get("entries"));
        let entries = entries.ok_or_else(|| odd("the repository has an index without entries"))?;
        let of_chart = entries.get(chart).and_then(Value::as_list).ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "the repository has no such chart")
                .with("chart", chart.escape_debug())
        })?;
        // As Helm does, what is no version of a chart is passed over.
        let releases: Vec<Release> = of_chart.iter().filter_map(release).take(VERSIONS_MAX).collect();
        Ok(Self(releases))
    }

    /// Chooses as Helm does: the version that is written exactly like this, or else the highest that a range allows; without
    /// one the highest that is no prerelease.
    pub(crate) fn choose(&self, range: &str) -> Result<&Release> {
        let wrong = |_| {
            Error::new(ErrorKind::Invalid, "not a range of versions").with("version", range.escape_debug())
        };
        let wanted = if range.is_empty() { "*" } else { range };
        let constraint = Constraint::parse(wanted).map_err(wrong)?;
        if let Some(exact) = self.0.iter().find(|release| !range.is_empty() && release.version == range) {
            return Ok(exact);
        }
        let mut best: Option<(Version, &Release)> = None;
        for release in &self.0 {
            let Ok(version) = Version::parse(&release.version) else { continue };
            let is_higher = best.as_ref().is_none_or(|(than, _)| version.compare(than).is_gt());
            if is_higher && constraint.allows(&version) {
                best = Some((version, release));
            }
        }
        best.map(|(_, release)| release).ok_or_else(|| self.none(wanted, &constraint))
    }

    /// Finds a version by the digest of its archive.
    pub(crate) fn of_digest(&self, digest: Digest) -> Option<&Release> {
        self.0.iter().find(|release| release.digest == Some(digest))
    }

    fn none(&self, range: &str, constraint: &Constraint) -> Error {
        let error =
            Error::new(ErrorKind::NotFound, "no version of the chart is in the range").with("version", range);
        match constraint.highest(self.0.iter().map(|release| release.version.as_str())) {
            Err(near) if !near.is_empty() => error.with("highest", near),
            _ => error,
        }
    }
}

fn release(entry: &Value) -> Option<Release> {
    let text = |name: &str| entry.get(name).and_then(Value::as_text).filter(|text| !text.is_empty());
    let digest = text("digest").and_then(|digest| {
        let digest = digest.strip_prefix("sha256:").unwrap_or(digest);
        format!("sha256:{digest}").parse().ok()
    });
    let urls = entry.get("urls").and_then(Value::as_list);
    let url = urls.and_then(|urls| urls.first()?.as_text()).map(str::to_owned);
    let version = text("version").filter(|version| Version::parse(version).is_ok())?;
    text("name")?;
    Some(Release { version: version.to_owned(), url, digest })
}

/// The lines that say the versions of a chart, where the index is written in blocks as Helm writes it.
///
/// What belongs to a key is indented deeper than the key, but for the dashes of a list. So the lines are those up to the next
/// that is neither.
fn lines_of<'i>(index: &'i [u8], chart: &str) -> Option<&'i [u8]> {
    let (mut inside, mut depth, mut from, mut at) = (false, None, None, 0);
    for line in index.split_inclusive(|byte| *byte == b'\n') {
        let start = at;
        at += line.len();
        let indent = line.iter().take_while(|byte| **byte == b' ').count();
        let text = line[indent..].trim_ascii_end();
        if text.is_empty() || text.starts_with(b"#") {
            continue;
        }
        if indent == 0 && !text.starts_with(b"- ") {
            match from {
                Some(from) => return Some(&index[from..start]),
                None => inside = text == b"entries:",
            }
            continue;
        }
        let is_key = inside && indent <= *depth.get_or_insert(indent) && !text.starts_with(b"-");
        match (is_key, from) {
            (true, Some(from)) => return Some(&index[from..start]),
            (true, None) if text.strip_suffix(b":") == Some(chart.as_bytes()) => from = Some(start),
            _ => {}
        }
    }
    from.map(|from| &index[from..])
}

/// Where the index of a repository lies. What is asked for beside the path, such as a token, is kept.
pub(crate) fn index_of(repository: &str) -> String {
    let (place, query) = parts(repository);
    format!("{}/index.yaml{query}", place.trim_end_matches('/'))
}

/// Where an archive lies that an index names, by the rules of Helm: an address, or a path from the repository, with the
/// query of that.
pub(crate) fn resolved(repository: &str, url: &str) -> Result<String> {
    let refused = |kind, message: &'static str| {
        Err(Error::new(kind, message)
            .with("chartUrl", shown(url).escape_debug().take(200).collect::<String>()))
    };
    if let Some((scheme, _)) = url.split_once("://") {
        return match scheme {
            "http" | "https" => Ok(url.to_owned()),
            "oci" => refused(ErrorKind::Unsupported, "the index names a chart in a registry"),
            _ => refused(ErrorKind::Invalid, "the index names a chart at no address"),
        };
    }
    let (place, query) = parts(repository);
    let origin = Origin::of(place).filter(|_| !url.starts_with("//") && !url.is_empty());
    let Some(origin) = origin else {
        return refused(ErrorKind::Invalid, "the index names a chart at no address");
    };
    let base =
        place.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
    let base = if url.starts_with('/') { "" } else { base };
    let mut names: Vec<&str> = base.split('/').filter(|name| !name.is_empty()).collect();
    for name in shown(url).split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    Ok(format!("{origin}/{}{query}", names.join("/")))
}

/// An address and its query, with the mark before it.
fn parts(address: &str) -> (&str, &str) {
    address.find('?').map_or((address, ""), |at| address.split_at(at))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by it")]

    use super::*;

    const INDEX: &str = r#"apiVersion: v1
entries:
  alpine:
  - name: alpine
    description: |
      shop:
        version: 9.9.9
    urls: [alpine-1.0.0.tgz]
    version: 1.0.0

  # The shop.
  shop:
  - version: 1.2.0
    name: shop
    urls:
    - charts/shop-1.2.0.tgz
    digest: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  - version: 1.10.0
    name: shop
    urls: ["https://charts.example/shop-1.10.0.tgz"]
    digest: sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
  - version: 2.0.0-rc.1
    name: shop
    urls: [shop-2.0.0-rc.1.tgz]
  - version: 3.0.0
    name: shop
  - null
  - version: odd
    name: shop
    urls: [odd.tgz]
  - version: 4.0.0
    urls: [nameless.tgz]
  shopping:
  - version: 8.0.0
    name: shopping
    urls: [shopping-8.0.0.tgz]
generated: "2026-01-01T00:00:00Z"
"#;

    #[track_caller]
    fn check(range: &str, expected: &str) {
        let releases = Releases::read(INDEX.as_bytes(), "shop").unwrap();
        let shown = match releases.choose(range) {
            Ok(release) => release.version.clone(),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected, "{range}");
    }

    /// What `pkg/repo` of Helm 4.3.2 chooses of the same index.
    #[test]
    fn a_version_is_chosen_as_helm_chooses() {
        check("", "3.0.0");
        check("1.2", "1.2.0");
        check("^1", "1.10.0");
        check("~1", "1.10.0");
        check("v1.2.0", "1.2.0");
        check(">0-0", "3.0.0");
        check("<3-0", "2.0.0-rc.1");
        check("2.0.0-rc.1", "2.0.0-rc.1");
        check("odd", "not a range of versions (version=odd)");
        check(
            "4.x",
            "no version of the chart is in the range (version=4.x, highest=3.0.0 2.0.0-rc.1 1.10.0 1.2.0)",
        );
    }

    #[test]
    fn the_lines_of_a_chart_are_all_that_is_parsed() {
        let lines =
            |chart: &str| lines_of(INDEX.as_bytes(), chart).map(|lines| std::str::from_utf8(lines).unwrap());
        assert!(lines("shop").unwrap().starts_with("  shop:\n  - version: 1.2.0\n"));
        assert!(lines("shop").unwrap().ends_with("    urls: [nameless.tgz]\n"));
        assert!(lines("shopping").unwrap().ends_with("shopping-8.0.0.tgz]\n"));
        assert_eq!(lines("sho"), None);
        assert_eq!(lines("version"), None);
    }

    #[test]
    fn an_index_of_another_form_is_read_as_a_whole() {
        let json = br#"{"apiVersion": "v1", "entries": {"shop": [{"name": "shop", "version": "1.0.0", "urls": ["a.tgz"]}]}}"#;
        assert_eq!(Releases::read(json, "shop").unwrap().choose("").unwrap().url.as_deref(), Some("a.tgz"));
        let quoted = b"entries:\n    \"shop\":\n        - version: 1.0.0\n          name: shop\n          urls: [a.tgz]\n";
        assert_eq!(Releases::read(quoted, "shop").unwrap().choose("").unwrap().url.as_deref(), Some("a.tgz"));
        let alias = b"a: &a [a.tgz]\nentries:\n  shop:\n  - version: 1.0.0\n    name: shop\n    urls: *a\n";
        assert_eq!(Releases::read(alias, "shop").unwrap().choose("").unwrap().url.as_deref(), Some("a.tgz"));
        let message = |text: &[u8]| Releases::read(text, "shop").unwrap_err().message().to_owned();
        assert_eq!(message(b"entries: {}"), "the repository has no such chart");
        assert_eq!(message(b"<html>"), "the repository has an index without entries");
        assert_eq!(message(b"a: ["), "the index of the repository is not YAML");
    }

    #[test]
    fn an_archive_is_found_from_the_repository() {
        let check = |repository, url, expected: &str| {
            let shown = resolved(repository, url).unwrap_or_else(|error| error.message().to_owned());
            assert_eq!(shown, expected);
        };
        let repository = "https://charts.example/stable/";
        check(repository, "shop-1.tgz", "https://charts.example/stable/shop-1.tgz");
        check(repository, "./a/../shop-1.tgz", "https://charts.example/stable/shop-1.tgz");
        check(repository, "../../../shop-1.tgz", "https://charts.example/shop-1.tgz");
        check(repository, "/shop-1.tgz", "https://charts.example/shop-1.tgz");
        check("https://charts.example/a?sig=x", "shop-1.tgz", "https://charts.example/a/shop-1.tgz?sig=x");
        check(repository, "https://other.example/shop-1.tgz?a", "https://other.example/shop-1.tgz?a");
        check(repository, "oci://registry.example/shop", "the index names a chart in a registry");
        check(repository, "//other.example/shop-1.tgz", "the index names a chart at no address");
        check(repository, "file:///etc/passwd", "the index names a chart at no address");
        assert_eq!(index_of("https://charts.example/a/?sig=x"), "https://charts.example/a/index.yaml?sig=x");
    }
}
