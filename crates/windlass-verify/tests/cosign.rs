//! Signatures that cosign 3.1.3 made with keys, in both forms: the files of `cosign/make.sh`.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use windlass_verify::sigstore::{PublicKeys, Refusal, Signer, Signers, SimpleSignature, Subject};

const KINDS: [&str; 5] = ["p256", "p384", "p521", "ed25519", "rsa"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cosign")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(folder().join(path)).unwrap()
}

fn subject() -> Subject {
    Subject::new(Sha256::digest(text("artifact/manifest.json")).into())
}

fn keys(kinds: &[&str]) -> PublicKeys {
    kinds
        .iter()
        .fold(PublicKeys::new(), |keys, kind| keys.with_pem(&text(&format!("{kind}/key.pub"))).unwrap())
}

/// The payload of the older form, and its signature.
fn simple(kind: &str) -> (String, String) {
    let manifest: serde_json::Value = serde_json::from_str(&text(&format!("{kind}/simple.json"))).unwrap();
    let signature = &manifest["layers"][0]["annotations"]["dev.cosignproject.cosign/signature"];
    (text(&format!("{kind}/payload.json")), signature.as_str().unwrap().to_owned())
}

fn check_simple(
    signers: &Signers,
    (payload, signature): &(String, String),
    subject: &Subject,
) -> Result<Signer, Refusal> {
    let signature = SimpleSignature { payload: payload.as_bytes(), signature, ..SimpleSignature::default() };
    signers.verify_simple(&signature, subject)
}

fn check_bundle(signers: &Signers, bundle: &str, subject: &Subject) -> Result<Signer, Refusal> {
    signers.verify_bundle(bundle.as_bytes(), subject)
}

#[test]
fn what_cosign_signed_verifies_with_its_key_in_both_forms() {
    for kind in KINDS {
        let signers = Signers::keys(keys(&[kind]));
        let by = Signer::Key(keys(&[kind]).fingerprints()[0].clone());
        let bundle = text(&format!("{kind}/bundle.json"));
        assert_eq!(check_simple(&signers, &simple(kind), &subject()).as_ref(), Ok(&by), "{kind}");
        assert_eq!(check_bundle(&signers, &bundle, &subject()).as_ref(), Ok(&by), "{kind}");
    }
}

#[test]
fn of_several_keys_one_must_have_signed_and_it_is_named() {
    let all = keys(&KINDS);
    for (place, kind) in KINDS.iter().enumerate() {
        let signer =
            check_bundle(&Signers::keys(all.clone()), &text(&format!("{kind}/bundle.json")), &subject());
        assert_eq!(signer, Ok(Signer::Key(all.fingerprints()[place].clone())), "{kind}");
    }
}

#[test]
fn no_other_key_verifies_a_signature_and_no_key_none() {
    for kind in KINDS {
        let others: Vec<&str> = KINDS.into_iter().filter(|other| *other != kind).collect();
        for keys in [keys(&others), PublicKeys::new()] {
            let signers = Signers::keys(keys);
            assert_eq!(check_simple(&signers, &simple(kind), &subject()), Err(Refusal::NoKey), "{kind}");
            let bundle = text(&format!("{kind}/bundle.json"));
            assert_eq!(check_bundle(&signers, &bundle, &subject()), Err(Refusal::NoKey), "{kind}");
        }
    }
}

#[test]
fn a_signature_of_another_artifact_is_told_apart() {
    let (signed, other) = (subject().to_string(), Subject::new([7; 32]));
    for kind in KINDS {
        let signers = Signers::keys(keys(&[kind]));
        let refused = Err(Refusal::OtherArtifact(signed.clone()));
        assert_eq!(check_simple(&signers, &simple(kind), &other), refused, "{kind}");
        assert_eq!(check_bundle(&signers, &text(&format!("{kind}/bundle.json")), &other), refused, "{kind}");
    }
}

#[test]
fn a_changed_payload_or_signature_counts_for_nothing() {
    for kind in KINDS {
        let signers = Signers::keys(keys(&[kind]));
        let (payload, signature) = simple(kind);
        let other = payload.replace("fleet/", "feelt/");
        assert_ne!(other, payload);
        assert_eq!(
            check_simple(&signers, &(other, signature.clone()), &subject()),
            Err(Refusal::NoKey),
            "{kind}"
        );
        // A letter within the first number of the signature.
        let place = signature.len() / 3;
        let letter = if signature[place..].starts_with('A') { "B" } else { "A" };
        let other = format!("{}{letter}{}", &signature[..place], &signature[place + 1..]);
        assert_eq!(check_simple(&signers, &(payload, other), &subject()), Err(Refusal::NoKey), "{kind}");
        let bundle = text(&format!("{kind}/bundle.json"));
        let other = bundle.replace("vnd.in-toto+json", "vnd.in-toto-json");
        assert_eq!(check_bundle(&signers, &other, &subject()), Err(Refusal::NoKey), "{kind}");
    }
}

#[test]
fn what_is_no_signature_is_refused_by_its_part() {
    let signers = Signers::keys(keys(&["p256"]));
    let bundle = text("p256/bundle.json");
    let with = |text: &str, from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    };
    for (json, expected) in [
        ("", "the signature cannot be read (bundle)"),
        ("{}", "the signature cannot be read (bundle)"),
        (&with(&bundle, "sigstore.bundle.v0.3", "other"), "a signature of a form that is not verified"),
        (&with(&bundle, "dsseEnvelope", "other"), "the signature cannot be read (content of the bundle)"),
        (
            &with(&bundle, "\"publicKey\"", "\"other\""),
            "the signature cannot be read (verification material)",
        ),
        (&with(&bundle, "\"sig\"", "\"other\""), "the signature cannot be read (bundle)"),
        (
            &with(&bundle, "\"publicKey\":{", "\"certificate\":{\"rawBytes\":\"AAAA\","),
            "a certificate stands behind the signature, and only keys are trusted",
        ),
    ] {
        let refused = check_bundle(&signers, json, &subject()).unwrap_err().to_string();
        assert!(refused.starts_with(expected), "{refused}: {json}");
    }
    let (payload, _) = simple("p256");
    let refused = check_simple(&signers, &(payload, "?".to_owned()), &subject());
    assert_eq!(refused, Err(Refusal::Malformed("signature")));
}

#[test]
fn keys_that_are_none_are_refused() {
    let key = text("p256/key.pub");
    for (text, expected) in [
        ("", "not a public key (there is none in it)"),
        ("cosign", "not a public key (there is none in it)"),
        (&key.replace("END", "UND"), "not a public key (a block has no end)"),
        (&key.replace("MFkw", "!!!!"), "not a public key (a block is not base64)"),
        (&key.replace("MFkw", "AAAA"), "not a public key (it is of a kind or size that is not taken)"),
        (&key.replace("PUBLIC", "PRIVATE"), "not a public key (it is a private key)"),
        (&key.replace("PUBLIC KEY", "CERTIFICATE"), "not a public key (a block of it is something else)"),
    ] {
        assert_eq!(PublicKeys::new().with_pem(text).unwrap_err().to_string(), expected, "{text}");
    }
}

#[test]
fn a_fingerprint_is_the_digest_of_the_key_in_der() {
    // openssl pkey -pubin -in cosign/p256/key.pub -outform DER | sha256sum
    assert_eq!(
        keys(&["p256"]).fingerprints(),
        ["sha256:cfe34ca42fb60836a621af5bcd1b24133e590d9215f48e4a45bbf171b41c0830"]
    );
}
