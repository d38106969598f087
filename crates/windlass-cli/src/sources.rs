//! From a unit to its source, and from an error of a source to the field that is to blame.

use std::sync::Arc;

use windlass_bucket::{BucketSource, Style};
use windlass_core::{Error, ErrorKind, Source as Origin};
use windlass_engine::SharedSource;
use windlass_fs::{DirSource, Notifier};
use windlass_git::{GitSource, Reference, TagRange};
use windlass_oci::{LayerSelector, OciSource, Operation};
use windlass_web::{ArchiveSource, ChartSource};

use crate::mirrors;
use crate::private::{
    PrivateFiles, private_archive, private_artifact, private_bucket, private_chart, private_git,
};
use crate::spec::{
    Archive, Bucket, BucketStyle, Chart, Git, GitReference, Oci, OciReference, ServerFiles, Source, Unit,
};
use crate::words::advised;

/// Makes the source of a unit. Nothing is asked yet.
pub(crate) fn source(unit: &Unit, notifier: &Notifier) -> Arc<dyn Origin> {
    let first = at_place(&unit.source, notifier);
    let mirrors = unit.source.mirrored();
    let mirrors = mirrors.iter().map(|mirror| at_place(mirror, notifier)).collect();
    Arc::new(SharedSource::new(mirrors::joined(first, mirrors)))
}

/// Makes a source at its first place.
fn at_place(source: &Source, notifier: &Notifier) -> Arc<dyn Origin> {
    match source {
        Source::Dir(folder) => Arc::new(DirSource::new(folder).with_notifier(notifier)),
        Source::Git(git) => {
            let source = GitSource::new(&git.url);
            let source = match &git.at {
                GitReference::Default => source,
                GitReference::Branch(name) => source.branch(name),
                GitReference::Tag(name) => source.tag(name),
                GitReference::Semver { range, prefix } => {
                    source.reference(Reference::Semver(TagRange::new(range).with_prefix(prefix)))
                }
                GitReference::Commit(name) => source.commit(name),
            };
            let part = git.verify.as_ref().map(|verify| verify.part).unwrap_or_default();
            let keys = git.verify.as_ref().map(|verify| verify.keys.clone());
            let known_hosts = git.known_hosts.clone();
            let files = PrivateFiles { keys, known_hosts, ..files(&git.server) };
            Arc::new(private_git(source, files, part))
        }
        Source::Oci(oci) => {
            let files = files(&oci.server);
            let verify = oci.verify.clone().unwrap_or_default();
            let files = PrivateFiles { keys: verify.keys, root: verify.root, ..files };
            Arc::new(private_artifact(artifact(oci), &oci.url, files, verify.identities))
        }
        Source::Bucket(of) => Arc::new(private_bucket(bucket(of), files(&of.server))),
        Source::Archive(of) => Arc::new(private_archive(archive(of), files(&of.server))),
        Source::Chart(of) => Arc::new(private_chart(chart(of), files(&of.server))),
    }
}

/// The files that say how a server is reached, and no others.
pub(crate) fn files(server: &ServerFiles) -> PrivateFiles {
    PrivateFiles { server: server.clone(), ..PrivateFiles::default() }
}

pub(crate) fn artifact(oci: &Oci) -> OciSource {
    let source = OciSource::new(&oci.url);
    let source = match &oci.at {
        OciReference::Tag(tag) => source.tag(tag),
        OciReference::Semver(range) => source.semver(range),
        OciReference::Digest(digest) => source.digest(digest),
    };
    let selector = oci.media_type.as_ref().map_or_else(LayerSelector::default, LayerSelector::media_type);
    let operation = if oci.copy { Operation::Copy } else { Operation::Extract };
    let source = source.with_layer(selector.with_operation(operation));
    if oci.insecure { source.with_plain_http() } else { source }
}

fn bucket(of: &Bucket) -> BucketSource {
    let style = match of.style {
        BucketStyle::Auto => Style::Auto,
        BucketStyle::Path => Style::Path,
        BucketStyle::Host => Style::Host,
    };
    let source = BucketSource::new(&of.endpoint, &of.name).with_style(style);
    let source = of.region.iter().fold(source, BucketSource::with_region);
    let source = of.prefix.iter().fold(source, BucketSource::with_prefix);
    if of.insecure { source.with_plain_http() } else { source }
}

fn archive(of: &Archive) -> ArchiveSource {
    let source = of.digest.iter().fold(ArchiveSource::new(&of.url), ArchiveSource::with_digest);
    if of.insecure { source.with_plain_http() } else { source }
}

pub(crate) fn chart(of: &Chart) -> ChartSource {
    let source = ChartSource::new(&of.url, &of.name, &of.range);
    let source = if of.pass_credentials { source.with_passed_credentials() } else { source };
    if of.insecure { source.with_plain_http() } else { source }
}

/// What units of one source have in common: all but the path.
pub(crate) fn shared(unit: &Unit) -> String {
    match &unit.source {
        Source::Dir(folder) => format!("dir {}", folder.display()),
        Source::Git(git) => {
            let root = windlass_core::TreePath::root();
            format!("git {:?}", Git { path: root, ..Git::clone(git) })
        }
        Source::Oci(oci) => {
            let root = windlass_core::TreePath::root();
            format!("oci {:?}", Oci { path: root, ..Oci::clone(oci) })
        }
        Source::Bucket(of) => {
            let root = windlass_core::TreePath::root();
            format!("bucket {:?}", Bucket { path: root, ..Bucket::clone(of) })
        }
        Source::Archive(of) => {
            let root = windlass_core::TreePath::root();
            format!("archive {:?}", Archive { path: root, ..Archive::clone(of) })
        }
        Source::Chart(of) => format!("chart {of:?}"),
    }
}

/// Names a source, so that units of one source know one another.
pub(crate) fn name(unit: &Unit) -> String {
    let at = match &unit.source {
        Source::Dir(_) => String::new(),
        Source::Git(git) => match &git.at {
            GitReference::Default => String::new(),
            GitReference::Branch(name) => format!(" branch {name}"),
            GitReference::Tag(name) => format!(" tag {name}"),
            GitReference::Semver { range, prefix } => format!(" tags {prefix}{range}"),
            GitReference::Commit(name) => format!(" commit {name}"),
        },
        Source::Oci(oci) => {
            let at = match &oci.at {
                OciReference::Tag(tag) => format!(" tag {tag}"),
                OciReference::Semver(range) => format!(" tags {range}"),
                OciReference::Digest(digest) => format!(" digest {digest}"),
            };
            let layer = oci.media_type.as_ref().map_or_else(String::new, |layer| format!(" layer {layer}"));
            format!("{at}{layer}{}", if oci.copy { " copied" } else { "" })
        }
        Source::Bucket(of) => {
            of.prefix.as_ref().map_or_else(String::new, |prefix| format!(" prefix {prefix}"))
        }
        Source::Archive(of) => {
            of.digest.as_ref().map_or_else(String::new, |digest| format!(" digest {digest}"))
        }
        Source::Chart(of) if of.range.is_empty() => String::new(),
        Source::Chart(of) => format!(" version {}", of.range),
    };
    format!("{}{at}", unit.source)
}

/// The field that is to blame when there is nothing at the path.
pub(crate) fn path_field(unit: &Unit) -> [&'static str; 4] {
    let (kind, field) = match unit.source {
        Source::Oci(_) => ("oci", "path"),
        Source::Bucket(_) => ("bucket", "path"),
        Source::Archive(_) => ("archive", "path"),
        Source::Chart(_) => ("helm", "chart"),
        _ => ("git", "path"),
    };
    ["spec", "source", kind, field]
}

/// Blames the field that says what the source could not do.
pub(crate) fn blame(unit: &Unit, error: Error) -> Error {
    mirrors::blame(unit, error, |error| blame_first(unit, advised(error)))
}

/// Blames a field of the first place.
fn blame_first(unit: &Unit, error: Error) -> Error {
    if let Some(field) = of_server(&error) {
        return unit.blame(&["spec", "source", path_field(unit)[2], field], error);
    }
    match &unit.source {
        Source::Dir(_) => unit.blame(&["spec", "source", "dir"], error),
        Source::Git(git) => blame_git(unit, git, error),
        Source::Oci(oci) => blame_oci(unit, oci, error),
        Source::Bucket(of) => blame_bucket(unit, of, error),
        Source::Archive(of) => blame_web(unit, "archive", of.server.credentials.is_some(), error),
        Source::Chart(of) => blame_web(unit, "helm", of.server.credentials.is_some(), error),
    }
}

/// The field to blame of those that say how a server is reached.
pub(crate) fn of_server(error: &Error) -> Option<&'static str> {
    let problems = error.problems();
    let fields =
        [("authorityFile", "authorities"), ("certificateFile", "client_certificate"), ("proxyFile", "proxy")];
    let says = |problem: &Error, (field, option): (&str, &str)| {
        problem.context(field).is_some() || problem.context("option") == Some(option)
    };
    let field = fields.into_iter().find(|field| problems.iter().all(|problem| says(problem, *field)))?;
    Some(field.0)
}

fn blame_git(unit: &Unit, git: &Git, mut error: Error) -> Error {
    if error.problems().len() > 1 {
        let problems = error.clone().into_problems().into_iter().map(|problem| blame_git(unit, git, problem));
        return Error::all(problems).unwrap_or(error);
    }
    let has_credentials = git.server.credentials.is_some();
    let says = |key| error.context(key).is_some();
    let option = error.context("option");
    let is_refused = error.kind() == ErrorKind::Denied && says("status") && !says("asked");
    let is_unsigned = error.kind() == ErrorKind::Denied && !says("status") && git.verify.is_some();
    let has_hosts = git.known_hosts.is_some();
    let of_host = says("shown") || option == Some("known_hosts");
    let of_key = says("key") || option == Some("credentials");
    let field = match &git.at {
        _ if says("knownHostsFile") || of_host && has_hosts => "knownHostsFile",
        _ if (of_host || of_key) && has_credentials => "credentialsFile",
        _ if of_host || of_key => "url",
        _ if says("keysFile") || is_unsigned => "verify",
        _ if says("credentialsFile") || is_refused && has_credentials => "credentialsFile",
        GitReference::Branch(_) if says("reference") => "branch",
        GitReference::Tag(_) if says("reference") => "tag",
        GitReference::Semver { .. } if says("range") => "semver",
        GitReference::Semver { .. } if says("prefix") => "tagPrefix",
        GitReference::Commit(_) if says("reference") || says("commit") => "commit",
        _ => "url",
    };
    let help = match option {
        Some("credentials") if !has_credentials => Some(
            "name a file with a private key: spec.source.git.credentialsFile, or --source-git-credentials-file",
        ),
        Some("known_hosts") if !says("line") => Some(
            "name a file with the keys of the host, as ssh-keyscan prints them: spec.source.git.knownHostsFile, or \
             --source-git-known-hosts-file; or put known_hosts beside the private key",
        ),
        _ if is_refused && !has_credentials => Some(
            "for a private repository, name a file of credentials: spec.source.git.credentialsFile, or \
             --source-git-credentials-file",
        ),
        _ => None,
    };
    if let Some(help) = help {
        error = error.with_help(help);
    }
    unit.blame(&["spec", "source", "git", field], error)
}

fn blame_oci(unit: &Unit, oci: &Oci, mut error: Error) -> Error {
    let says = |key| error.context(key).is_some();
    let is_refused = error.kind() == ErrorKind::Denied && says("status");
    let is_missing = error.kind() == ErrorKind::NotFound;
    let field: &[&str] = match &oci.at {
        _ if says("credentialsFile") || is_refused && oci.server.credentials.is_some() => {
            &["credentialsFile"]
        }
        _ if says("keysFile") => &["verify", "keysFile"],
        _ if says("trustedRootFile") => &["verify", "trustedRootFile"],
        _ if says("why") && oci.verify.is_some() => &["verify"],
        _ if says("mediaType") => &["layerSelector", "mediaType"],
        OciReference::Tag(_) if is_missing && says("tag") && unit.says(&["spec", "source", "oci", "tag"]) => {
            &["tag"]
        }
        OciReference::Semver(_) if says("range") => &["semver"],
        OciReference::Digest(_) if says("digest") => &["digest"],
        _ => &["url"],
    };
    if is_refused && oci.server.credentials.is_none() {
        error = error.with_help(
            "for a private repository, name a file of credentials: spec.source.oci.credentialsFile, or \
             --source-oci-credentials-file; some registries say the same of one that is not there",
        );
    }
    let path: Vec<&str> = ["spec", "source", "oci"].into_iter().chain(field.iter().copied()).collect();
    unit.blame(&path, error)
}

fn blame_bucket(unit: &Unit, of: &Bucket, mut error: Error) -> Error {
    let says = |key| error.context(key).is_some();
    let is_refused = error.kind() == ErrorKind::Denied && says("status");
    let is_missing = error.kind() == ErrorKind::NotFound && says("status");
    let is_odd = error.kind() == ErrorKind::Invalid;
    let has_key = error.problems().iter().any(|problem| problem.context("key").is_some());
    let field = match has_key {
        _ if says("credentialsFile") || is_refused && of.server.credentials.is_some() => "credentialsFile",
        false if is_odd && says("region") => "region",
        false if is_missing || is_odd && says("bucket") && !says("endpoint") => "bucketName",
        true if is_odd && of.prefix.is_some() => "prefix",
        true if is_odd => "bucketName",
        _ => "endpoint",
    };
    if is_refused && of.server.credentials.is_none() {
        error = error.with_help(
            "for a private bucket, name a file of credentials: spec.source.bucket.credentialsFile, or \
             --source-bucket-credentials-file",
        );
    }
    unit.blame(&["spec", "source", "bucket", field], error)
}

fn blame_web(unit: &Unit, kind: &'static str, has_credentials: bool, mut error: Error) -> Error {
    let says = |key| error.context(key).is_some();
    let is_refused = error.kind() == ErrorKind::Denied && says("status");
    let is_wrong = matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound) && !says("status");
    let field = match kind {
        _ if says("credentialsFile") || is_refused && has_credentials => "credentialsFile",
        "archive" if says("digest") || says("found") => "digest",
        "helm" if is_wrong && says("version") => "version",
        "helm" if error.kind() == ErrorKind::NotFound && is_wrong && !says("revision") => "chart",
        _ => "url",
    };
    if is_refused && !has_credentials {
        error = error.with_help(format!(
            "name a file of credentials: spec.source.{kind}.credentialsFile, or --source-{kind}-credentials-file"
        ));
    }
    unit.blame(&["spec", "source", kind, field], error)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use windlass_core::Context;
    use windlass_engine::TokioClock;

    use super::*;

    /// Reads a unit with this source from a file in a folder.
    fn unit(folder: &Path, source: &str) -> Unit {
        let text = format!(
            "{{apiVersion: windlass.dev/v1alpha1, kind: Unit, metadata: {{name: a}}, spec: {{source: {{{source}}}, target: {{dir: live}}}}}}"
        );
        let text: Arc<[u8]> = text.as_bytes().into();
        let mut read = windlass_yaml::read(&text, &windlass_yaml::Options::default()).unwrap();
        Unit::read(crate::spec::Draft::of_file(&folder.join("unit.yaml"), text, read.remove(0))).unwrap()
    }

    #[tokio::test]
    async fn whom_to_trust_what_to_show_and_through_whom_to_ask_is_read_for_every_server_and_blamed_by_its_field()
     {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("broken"), "secret").unwrap();
        let cx = Context::new(TokioClock::new());
        for (kind, fields) in [
            ("git", "url: https://nowhere.invalid/fleet.git"),
            ("oci", "url: oci://nowhere.invalid/fleet"),
            ("bucket", "bucketName: fleet, endpoint: https://nowhere.invalid"),
            ("archive", "url: https://nowhere.invalid/fleet.tar.gz"),
            ("helm", "url: https://nowhere.invalid, chart: shop"),
        ] {
            for field in ["authorityFile", "certificateFile", "proxyFile"] {
                for file in ["broken", "missing"] {
                    let unit = unit(folder.path(), &format!("{kind}: {{{fields}, {field}: {file}}}"));
                    let error = source(&unit, &Notifier::polling()).resolve(&cx).await.unwrap_err();
                    let error = blame(&unit, error);
                    let blamed = error.problems()[0].context("field").map(str::to_owned);
                    assert_eq!(blamed, Some(format!("spec.source.{kind}.{field}")), "{file}: {error:?}");
                    assert!(!format!("{error:?} {}", error.explain()).contains("secret"), "{error:?}");
                }
            }
        }
    }
}
