//! Revisions that must be signed: the repository of `signed/make.sh`.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use support::*;
use windlass_git::{GitSource, Reference, SignedPart, TagRange, Verification};
use windlass_verify::Keys;

const FLEET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/signed/fleet.git");

fn keys() -> Keys {
    Keys::new().with_authorized_keys(include_str!("signed/team.pub")).unwrap()
}

fn branch(name: &str) -> Reference {
    Reference::Branch(name.into())
}

fn tag(name: &str) -> Reference {
    Reference::Tag(name.into())
}

#[track_caller]
fn check(reference: Reference, part: SignedPart, expected: &str) {
    let source = GitSource::new(FLEET).reference(reference);
    let source = source.with_verification(Verification::new(keys()).of(part));
    let shown = match bring(&source) {
        Ok(artifact) => {
            assert_eq!(artifact.revision().signer.as_deref(), Some(keys().fingerprints()[0].as_str()));
            "signed by the team".to_owned()
        }
        Err(error) => {
            let context = error.context("why").map(|why| format!(": {why}"));
            format!("{} {}{}", error.kind().name(), error.message(), context.unwrap_or_default())
        }
    };
    assert_eq!(shown, expected);
}

#[test]
fn a_commit_needs_a_signature_by_a_trusted_key() {
    check(branch("main"), SignedPart::Head, "signed by the team");
    let nobody = "denied no trusted signature: nobody signed it";
    check(branch("unsigned"), SignedPart::Head, nobody);
    let other = "denied no trusted signature: none of the given keys made the signature";
    check(branch("other"), SignedPart::Head, other);
    check(tag("v1.2.0"), SignedPart::Head, other);
    check(Reference::Head, SignedPart::Head, "signed by the team");
}

#[test]
fn a_tag_needs_a_signature_by_a_trusted_key_under_its_own_name() {
    check(tag("v1.2.0"), SignedPart::Tag, "signed by the team");
    let other = "denied no trusted signature: none of the given keys made the signature";
    check(tag("v1.0.0"), SignedPart::Tag, other);
    check(tag("v1.1.0"), SignedPart::Tag, "denied there is no signed tag to verify");
    check(tag("v9.0.0"), SignedPart::Tag, "denied the tag was signed as another");
    check(branch("main"), SignedPart::Tag, "denied there is no signed tag to verify");
    let range = Reference::Semver(TagRange::new("~1.3"));
    check(range, SignedPart::Tag, "signed by the team");
}

#[test]
fn both_may_be_needed() {
    check(tag("v1.3.0"), SignedPart::TagAndHead, "signed by the team");
    let other = "denied no trusted signature: none of the given keys made the signature";
    check(tag("v1.2.0"), SignedPart::TagAndHead, other);
}
