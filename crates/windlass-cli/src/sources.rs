//! From a unit to its source, and from an error of a source to the field that is to blame.

use std::sync::Arc;

use windlass_core::{Error, ErrorKind, Source as Origin};
use windlass_engine::SharedSource;
use windlass_fs::{DirSource, Notifier};
use windlass_git::{GitSource, Reference, TagRange};
use windlass_oci::{LayerSelector, OciSource, Operation};

use crate::credentials::{PrivateArtifact, PrivateSource};
use crate::parts::advised;
use crate::spec::{GitReference, Oci, OciReference, Source, Unit};

/// Makes the source of a unit. Nothing is asked yet.
pub(crate) fn source(unit: &Unit, notifier: &Notifier) -> Arc<dyn Origin> {
    let inner: Arc<dyn Origin> = match &unit.source {
        Source::Dir(folder) => Arc::new(DirSource::new(folder).with_notifier(notifier)),
        Source::Git { url, at, credentials, .. } => {
            let source = GitSource::new(url);
            let source = match at {
                GitReference::Default => source,
                GitReference::Branch(name) => source.branch(name),
                GitReference::Tag(name) => source.tag(name),
                GitReference::Semver { range, prefix } => {
                    source.reference(Reference::Semver(TagRange::new(range).with_prefix(prefix)))
                }
                GitReference::Commit(name) => source.commit(name),
            };
            match credentials {
                Some(file) => Arc::new(PrivateSource::new(source, file)),
                None => Arc::new(source),
            }
        }
        Source::Oci(oci) => Arc::new(PrivateArtifact::new(artifact(oci), oci)),
    };
    Arc::new(SharedSource::new(inner))
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

/// What units of one source have in common: all but the path.
pub(crate) fn shared(unit: &Unit) -> String {
    match &unit.source {
        Source::Dir(folder) => format!("dir {}", folder.display()),
        Source::Git { url, at, credentials, .. } => format!("git {url:?} {at:?} {credentials:?}"),
        Source::Oci(oci) => {
            let root = windlass_core::TreePath::root();
            format!("oci {:?}", Oci { path: root, ..Oci::clone(oci) })
        }
    }
}

/// Names a source, so that units of one source know one another.
pub(crate) fn name(unit: &Unit) -> String {
    let at = match &unit.source {
        Source::Dir(_) => String::new(),
        Source::Git { at, .. } => match at {
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
    };
    format!("{}{at}", unit.source)
}

/// The field that is to blame when there is nothing at the path.
pub(crate) fn path_field(unit: &Unit) -> [&'static str; 4] {
    let kind = if matches!(unit.source, Source::Oci(_)) { "oci" } else { "git" };
    ["spec", "source", kind, "path"]
}

/// Blames the field that says what the source could not do.
pub(crate) fn blame(unit: &Unit, error: Error) -> Error {
    let error = advised(error);
    match &unit.source {
        Source::Dir(_) => unit.blame(&["spec", "source", "dir"], error),
        Source::Git { at, credentials, .. } => blame_git(unit, at, credentials.is_some(), error),
        Source::Oci(oci) => blame_oci(unit, oci, error),
    }
}

fn blame_git(unit: &Unit, at: &GitReference, has_credentials: bool, mut error: Error) -> Error {
    let says = |key| error.context(key).is_some();
    let is_refused = error.kind() == ErrorKind::Denied && says("status") && !says("asked");
    let field = match at {
        _ if says("credentialsFile") || is_refused && has_credentials => "credentialsFile",
        GitReference::Branch(_) if says("reference") => "branch",
        GitReference::Tag(_) if says("reference") => "tag",
        GitReference::Semver { .. } if says("range") => "semver",
        GitReference::Semver { .. } if says("prefix") => "tagPrefix",
        GitReference::Commit(_) if says("reference") || says("commit") => "commit",
        _ => "url",
    };
    if is_refused && !has_credentials {
        error = error.with_help(
            "for a private repository, name a file of credentials: spec.source.git.credentialsFile, or \
             --source-git-credentials-file",
        );
    }
    unit.blame(&["spec", "source", "git", field], error)
}

fn blame_oci(unit: &Unit, oci: &Oci, mut error: Error) -> Error {
    let says = |key| error.context(key).is_some();
    let is_refused = error.kind() == ErrorKind::Denied && says("status");
    let is_missing = error.kind() == ErrorKind::NotFound;
    let option = error.context("option");
    let field: &[&str] = match &oci.at {
        _ if says("authorityFile") || option == Some("authorities") => &["authorityFile"],
        _ if says("certificateFile") || option == Some("client_certificate") => &["certificateFile"],
        _ if says("credentialsFile") || is_refused && oci.credentials.is_some() => &["credentialsFile"],
        _ if says("mediaType") => &["layerSelector", "mediaType"],
        OciReference::Tag(_) if is_missing && says("tag") && unit.says(&["spec", "source", "oci", "tag"]) => {
            &["tag"]
        }
        OciReference::Semver(_) if says("range") => &["semver"],
        OciReference::Digest(_) if says("digest") => &["digest"],
        _ => &["url"],
    };
    if is_refused && oci.credentials.is_none() {
        error = error.with_help(
            "for a private repository, name a file of credentials: spec.source.oci.credentialsFile, or \
             --source-oci-credentials-file; some registries say the same of one that is not there",
        );
    }
    let path: Vec<&str> = ["spec", "source", "oci"].into_iter().chain(field.iter().copied()).collect();
    unit.blame(&path, error)
}
