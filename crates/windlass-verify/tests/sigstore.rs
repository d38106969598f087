//! Bundles that the Sigstore project and cosign publish, signed by certificates of real authorities, with logs of theirs.
//!
//! From cosign 3.1.3 (`pkg/cosign/testdata`): `oci-attestation.json`, with its root. From sigstore-go 1.2.2 (`pkg/testing/data`):
//! `othername.json`, with its root. From the crates sigstore-verify and sigstore-trust-root 0.15.1: `cosign-v3-blob.json`,
//! `public-good.root.json`, `rekor2.json` and its root. All are licensed under Apache-2.0. Beside them what the Sigstore of the tests makes, in `authority`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by it")]

mod authority;

use std::path::Path;

use authority::{BEGIN, Signing, Sigstore};
use serde_json::{Value, json};
use windlass_verify::sigstore::{Identity, Refusal, Signer, Signers, SimpleSignature, Subject, TrustedRoot};

fn text(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sigstore").join(name)).unwrap()
}

fn json(name: &str) -> Value {
    serde_json::from_str(&text(name)).unwrap()
}

fn subject(hex: &str) -> Subject {
    let byte = |place: usize| u8::from_str_radix(&hex[2 * place..2 * place + 2], 16).unwrap();
    Subject::new(std::array::from_fn(byte))
}

/// A published bundle: its root, what it is of, and who signed.
struct Case {
    bundle: &'static str,
    root: &'static str,
    digest: &'static str,
    subject: &'static str,
    issuer: &'static str,
}

const CASES: [Case; 4] = [
    Case {
        bundle: "oci-attestation.json",
        root: "oci-attestation.root.json",
        digest: "732112270d7e59418a8c080b134b24cabd67d250d0d0147a97ed95ba5c280aa4",
        subject: "cody@soyland.com",
        issuer: "https://github.com/login/oauth",
    },
    Case {
        bundle: "othername.json",
        root: "othername.root.json",
        digest: "bc103b4a84971ef6459b294a2b98568a2bfb72cded09d4acd1e16366a401f95b",
        subject: "foo!oidc.local",
        issuer: "http://oidc.local:8080",
    },
    Case {
        bundle: "cosign-v3-blob.json",
        root: "public-good.root.json",
        digest: "e194b99df6639501325c5f44da79fe3a8efae6f239bd79443a19787e06fb1764",
        subject: "w.vollprecht@gmail.com",
        issuer: "https://github.com/login/oauth",
    },
    // Of Rekor 2, which says no time: that is the word of an authority for timestamps.
    Case {
        bundle: "rekor2.json",
        root: "rekor2.root.json",
        digest: "a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf",
        subject: "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/\
                  extremely-dangerous-oidc-beacon.yml@refs/heads/main",
        issuer: "https://token.actions.githubusercontent.com",
    },
];

impl Case {
    fn check(&self, bundle: &str, root: &str, (issuer, subject): (&str, &str)) -> Result<Signer, Refusal> {
        let root = TrustedRoot::read(root.as_bytes())?;
        let signers = Signers::identities(root, vec![Identity::matching(issuer, subject)?]);
        signers.verify_bundle(bundle.as_bytes(), &self::subject(self.digest))
    }
}

#[test]
fn a_bundle_of_a_trusted_identity_verifies_and_names_it() {
    for case in &CASES {
        let (bundle, root) = (text(case.bundle), text(case.root));
        let exactly = |text: &str| format!("^{}$", text.replace('.', "\\.").replace('+', "\\+"));
        let of = (&exactly(case.issuer)[..], &exactly(case.subject)[..]);
        let by = Signer::Identity { subject: case.subject.to_owned(), issuer: case.issuer.to_owned() };
        assert_eq!(case.check(&bundle, &root, of), Ok(by), "{}", case.bundle);
        assert_eq!(
            case.check(&bundle, &root, (".", "@|/|!")).map(|_| ()),
            Ok(()),
            "an expression matches anywhere"
        );
    }
}

const HEX: &str = "5e0fcf1ebd3b4d7c1a8e30d9c1b9b6c57f7d3f7a0c7f9e1f2b3a4c5d6e7f8091";

/// Verifies what the Sigstore of the tests made, with a root and an identity that fit unless they are changed.
fn check(root: &Value, bundle: &Value, hex: &str) -> Result<Signer, Refusal> {
    let identity =
        Identity::matching("^https://tokens\\.example\\.org$", "^https://example\\.org/fleet/").unwrap();
    let root = TrustedRoot::read(root.to_string().as_bytes()).unwrap();
    let signers = Signers::identities(root, vec![identity]);
    signers.verify_bundle(bundle.to_string().as_bytes(), &subject(hex))
}

fn said(result: Result<Signer, Refusal>) -> String {
    result.map_or_else(|why| why.to_string(), |signer| signer.to_string())
}

#[test]
fn what_a_certificate_must_be_is_looked_at_one_by_one() {
    let sigstore = Sigstore::new();
    let (root, how) = (sigstore.root(), Signing::of(HEX));
    let made = |change: &dyn Fn(&mut Signing)| {
        let mut how = how.clone();
        change(&mut how);
        said(check(&root, &sigstore.bundle(&how), HEX))
    };
    assert_eq!(made(&|_| {}), "https://example.org/fleet/release (https://tokens.example.org)");
    let expired = "the certificate was not valid when the signature was made";
    assert_eq!(made(&|how| how.time = BEGIN + 601), expired);
    assert_eq!(made(&|how| how.time = BEGIN - 1), expired);
    assert_eq!(made(&|how| how.time = 0), "nothing that is trusted says when the signature was made");
    assert_eq!(
        made(&|how| how.is_for_code = false),
        "the certificate is not trusted (it is not for signing code)"
    );
    assert_eq!(made(&|how| how.is_promised = false), "no trusted log of certificates has the certificate");
    assert_eq!(
        made(&|how| how.subject = "https://example.org/other".to_owned()),
        "signed by an identity that is not trusted (subject=https://example.org/other, issuer=https://tokens.example.org)"
    );
    assert_eq!(
        made(&|how| how.issuer = "https://tokens.example.org.evil".to_owned()),
        "signed by an identity that is not trusted (subject=https://example.org/fleet/release, \
         issuer=https://tokens.example.org.evil)"
    );
    let other = HEX.replace('5', "6");
    assert_eq!(
        said(check(&root, &sigstore.bundle(&how), &other)),
        format!("the signature is of another artifact (signed=sha256:{HEX})")
    );
    let nobody = Signers::identities(TrustedRoot::read(root.to_string().as_bytes()).unwrap(), Vec::new());
    let refused = nobody.verify_bundle(sigstore.bundle(&how).to_string().as_bytes(), &subject(HEX));
    assert!(matches!(refused, Err(Refusal::OtherIdentity { .. })), "without an identity nothing verifies");
}

#[test]
fn each_part_of_the_root_is_needed() {
    let (ours, theirs) = (Sigstore::new(), Sigstore::new());
    let bundle = ours.bundle(&Signing::of(HEX));
    for (part, expected) in [
        (
            "certificateAuthorities",
            "the certificate is not trusted (no authority of the trusted root issued it)",
        ),
        ("ctlogs", "no trusted log of certificates has the certificate"),
        ("tlogs", "no trusted log has the signature (its log is not trusted, or was not at that time)"),
    ] {
        let mut root = ours.root();
        root[part] = theirs.root()[part].clone();
        assert_eq!(said(check(&root, &bundle, HEX)), expected, "{part}");
        // With both, the one that fits is found.
        let both = [theirs.root()[part][0].clone(), ours.root()[part][0].clone()];
        root[part] = both.into_iter().collect();
        assert!(check(&root, &bundle, HEX).is_ok(), "{part}");
        // And it does not count any more.
        let period = if part == "certificateAuthorities" { "/1/validFor" } else { "/1/publicKey/validFor" };
        *root[part].pointer_mut(period).unwrap() = json!({"end": "2026-01-09T00:00:00Z"});
        assert!(check(&root, &bundle, HEX).is_err(), "{part}");
    }
}

/// Changes a text in base64 at a place of a document.
fn spoil(document: &mut Value, pointer: &str) {
    let text = document.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}"));
    let old = text.as_str().unwrap().to_owned();
    let place = old.len() / 2;
    let letter = if old[place..].starts_with('A') { "B" } else { "A" };
    *text = format!("{}{letter}{}", &old[..place], &old[place + 1..]).into();
}

#[test]
fn whatever_is_changed_in_a_bundle_it_does_not_count_any_more() {
    let sigstore = Sigstore::new();
    let cases: Vec<(Value, Value, &str)> = vec![
        (sigstore.root(), sigstore.bundle(&Signing::of(HEX)), HEX),
        (json(CASES[0].root), json(CASES[0].bundle), CASES[0].digest),
    ];
    let entry = |rest: &str| format!("/verificationMaterial/tlogEntries/0/{rest}");
    for (root, bundle, hex) in &cases {
        let root = TrustedRoot::read(root.to_string().as_bytes()).unwrap();
        let signers = Signers::identities(root, vec![Identity::matching("", "").unwrap()]);
        let verify = |bundle: &Value| signers.verify_bundle(bundle.to_string().as_bytes(), &subject(hex));
        assert!(verify(bundle).is_ok());
        for place in [
            "/dsseEnvelope/payload".to_owned(),
            "/dsseEnvelope/signatures/0/sig".to_owned(),
            "/verificationMaterial/certificate/rawBytes".to_owned(),
            entry("logId/keyId"),
            entry("inclusionPromise/signedEntryTimestamp"),
            entry("inclusionProof/rootHash"),
            entry("inclusionProof/hashes/0"),
            entry("canonicalizedBody"),
        ] {
            let mut bundle = bundle.clone();
            spoil(&mut bundle, &place);
            assert!(verify(&bundle).is_err(), "{place}");
        }
        for (place, value) in [
            (entry("logIndex"), json!("3")),
            (entry("integratedTime"), json!((BEGIN + 6).to_string())),
            (entry("inclusionProof/logIndex"), json!("1")),
            (entry("inclusionProof/treeSize"), json!("6")),
            (entry("inclusionProof/checkpoint/envelope"), json!("log\n5\nAAAA\n\n")),
            ("/dsseEnvelope/payloadType".to_owned(), json!("text/plain")),
            ("/dsseEnvelope/signatures".to_owned(), json!([])),
            ("/verificationMaterial/tlogEntries".to_owned(), json!([])),
        ] {
            let mut bundle = bundle.clone();
            *bundle.pointer_mut(&place).unwrap_or_else(|| panic!("{place}")) = value;
            assert!(verify(&bundle).is_err(), "{place}");
        }
        // A proof is no word about the time, and a promise alone is enough.
        let mut without = bundle.clone();
        without
            .pointer_mut(&entry("")[..entry("").len() - 1])
            .unwrap()
            .as_object_mut()
            .unwrap()
            .remove("inclusionPromise");
        assert_eq!(verify(&without), Err(Refusal::NoTime));
        let mut without = bundle.clone();
        without
            .pointer_mut(&entry("")[..entry("").len() - 1])
            .unwrap()
            .as_object_mut()
            .unwrap()
            .remove("inclusionProof");
        assert!(verify(&without).is_ok());
    }
}

#[test]
fn the_word_of_an_authority_for_timestamps_is_enough_for_the_time() {
    let case = &CASES[2];
    let (root, mut bundle) = (json(case.root), json(case.bundle));
    let verify = |root: &Value, bundle: &Value| {
        case.check(&bundle.to_string(), &root.to_string(), ("", "")).map(|_| ())
    };
    let material = |bundle: &mut Value| bundle["verificationMaterial"].as_object_mut().unwrap().clone();
    assert!(material(&mut bundle).contains_key("timestampVerificationData"));
    // Without the promise of the log only the timestamp says when.
    bundle["verificationMaterial"]["tlogEntries"][0].as_object_mut().unwrap().remove("inclusionPromise");
    assert_eq!(verify(&root, &bundle), Ok(()));
    let stamp = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp";
    let old = bundle.pointer(stamp).unwrap().as_str().unwrap().to_owned();
    // What it says, what is signed, and the signature; between them it says only by whom, which the key decides.
    for part in (2..6).chain(8..16) {
        let place = old.len() * part / 16;
        let letter = if old[place..].starts_with('A') { "B" } else { "A" };
        let mut bundle = bundle.clone();
        *bundle.pointer_mut(stamp).unwrap() =
            format!("{}{letter}{}", &old[..place], &old[place + 1..]).into();
        assert_eq!(verify(&root, &bundle), Err(Refusal::NoTime), "{part}");
    }
    let mut untrusted = root.clone();
    untrusted["timestampAuthorities"] = json!([]);
    assert_eq!(verify(&untrusted, &bundle), Err(Refusal::NoTime));
    let mut late = root.clone();
    late["timestampAuthorities"][0]["validFor"] = json!({"end": "2025-11-01T00:00:00Z"});
    assert_eq!(verify(&late, &bundle), Err(Refusal::NoTime));
    // That of another signature.
    bundle["verificationMaterial"]["timestampVerificationData"] =
        json("rekor2.json")["verificationMaterial"]["timestampVerificationData"].clone();
    assert_eq!(verify(&root, &bundle), Err(Refusal::NoTime));
}

#[test]
fn a_changed_or_cut_certificate_or_timestamp_does_not_count() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let case = &CASES[3];
    let (root, bundle) = (json(case.root), json(case.bundle));
    let root = TrustedRoot::read(root.to_string().as_bytes()).unwrap();
    let signers = Signers::identities(root, vec![Identity::matching("", "").unwrap()]);
    let verify = |place: &str, bytes: &[u8]| {
        let mut bundle = bundle.clone();
        *bundle.pointer_mut(place).unwrap() = STANDARD.encode(bytes).into();
        signers.verify_bundle(bundle.to_string().as_bytes(), &subject(case.digest))
    };
    let certificate = "/verificationMaterial/certificate/rawBytes";
    let stamp = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp";
    for (place, may_hold_more) in [(certificate, false), (stamp, true)] {
        let old = STANDARD.decode(bundle.pointer(place).unwrap().as_str().unwrap()).unwrap();
        assert!(verify(place, &old).is_ok());
        // Elliptic curves are slow where nothing is optimised: of thirteen bytes one.
        for at in (0..old.len()).step_by(13) {
            let mut bytes = old.clone();
            bytes[at] ^= if at % 2 == 0 { 1 } else { 0x80 };
            assert!(verify(place, &bytes).is_err() || may_hold_more, "{place} {at}");
            assert!(verify(place, &old[..at]).is_err(), "{place} to {at}");
        }
    }
}

#[test]
fn an_entry_of_the_log_about_another_signature_does_not_count() {
    let sigstore = Sigstore::new();
    let (one, other) = (sigstore.bundle(&Signing::of(HEX)), sigstore.bundle(&Signing::of(HEX)));
    let mut mixed = one.clone();
    mixed["verificationMaterial"]["tlogEntries"] = other["verificationMaterial"]["tlogEntries"].clone();
    assert_eq!(
        said(check(&sigstore.root(), &mixed, HEX)),
        "no trusted log has the signature (the entry is about another signature)"
    );
    // And of the two, one is enough.
    let both = [&mixed, &one].map(|bundle| bundle["verificationMaterial"]["tlogEntries"][0].clone());
    mixed["verificationMaterial"]["tlogEntries"] = both.into_iter().collect();
    assert!(check(&sigstore.root(), &mixed, HEX).is_ok());
}

#[test]
fn the_older_form_is_verified_by_a_certificate_as_well() {
    let sigstore = Sigstore::new();
    let root = TrustedRoot::read(sigstore.root().to_string().as_bytes()).unwrap();
    let signers = Signers::identities(root, vec![Identity::matching("tokens", "fleet").unwrap()]);
    let payload = format!(
        r#"{{"critical":{{"identity":{{"docker-reference":""}},"image":{{"docker-manifest-digest":"sha256:{HEX}"}},"type":"cosign container image signature"}}}}"#
    );
    let verify = |how: &Signing, changed: &dyn Fn(&mut [String; 3])| {
        let mut made = sigstore.simple(how, &payload);
        changed(&mut made);
        let [signature, certificate, bundle] = &made;
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let (certificate, bundle) = (given(certificate), given(bundle));
        let signature = SimpleSignature {
            payload: payload.as_bytes(),
            signature,
            certificate: certificate.as_deref(),
            bundle: bundle.as_deref(),
        };
        said(signers.verify_simple(&signature, &subject(HEX)))
    };
    let how = Signing::of(HEX);
    assert_eq!(verify(&how, &|_| {}), "https://example.org/fleet/release (https://tokens.example.org)");
    let late = Signing { time: BEGIN + 601, ..how.clone() };
    assert_eq!(verify(&late, &|_| {}), "the certificate was not valid when the signature was made");
    assert_eq!(
        verify(&how, &|made| made[1].clear()),
        "a key stands behind the signature, and only certificates are trusted"
    );
    assert_eq!(
        verify(&how, &|made| made[2].clear()),
        "no trusted log has the signature (it brings no entry of a trusted log)"
    );
    let another = sigstore.simple(&how, &payload);
    assert_eq!(
        verify(&how, &|made| made[2] = another[2].clone()),
        "no trusted log has the signature (the entry is about another signature)"
    );
    assert_eq!(
        verify(&how, &|made| made[1] = another[1].clone()),
        "the key of the certificate did not make the signature"
    );
    let time = format!("{}", BEGIN + 5);
    assert_eq!(
        verify(&how, &|made| made[2] = made[2].replace(&time, &format!("{}", BEGIN + 6))),
        "no trusted log has the signature (the log did not sign the promise)"
    );
}

#[test]
fn a_root_or_an_expression_that_is_none_is_refused() {
    let root = Sigstore::new().root();
    let read = |root: &Value| {
        said(TrustedRoot::read(root.to_string().as_bytes()).map(|_| Signer::Key(String::new())))
    };
    let with = |pointer: &str, value: Value| {
        let mut root = root.clone();
        *root.pointer_mut(pointer).unwrap() = value;
        read(&root)
    };
    assert_eq!(read(&json!({})), "not a trusted root (not its JSON)");
    assert_eq!(with("/mediaType", json!("text/plain")), "not a trusted root (another media type)");
    assert_eq!(with("/tlogs", json!([])), "not a trusted root (it has no authority or no log)");
    assert_eq!(
        with("/certificateAuthorities/0/certChain/certificates/0/rawBytes", json!("AAAA")),
        "not a trusted root (a certificate of an authority cannot be read)"
    );
    assert_eq!(
        with("/tlogs/0/publicKey/validFor/start", json!("soon")),
        "not a trusted root (a time cannot be read)"
    );
    assert!(Identity::matching("(", "").unwrap_err().to_string().starts_with("not an expression (\"(\":"));
}
