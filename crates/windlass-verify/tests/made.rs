//! Commits and tags that git, gpg and ssh-keygen signed: see `made/make.sh`.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::fs;
use std::path::Path;

use windlass_verify::{Format, Keys, Refusal, Signed};

fn made(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/made").join(name)).unwrap()
}

fn text(name: &str) -> String {
    String::from_utf8(made(name)).unwrap()
}

fn keys_of(name: &str) -> Keys {
    let text = text(&format!("{name}.pub"));
    let keys = Keys::new();
    if name.starts_with("gpg") { keys.with_openpgp(&text) } else { keys.with_authorized_keys(&text) }.unwrap()
}

const NAMES: [&str; 4] = ["ssh-ed25519", "ssh-ecdsa", "ssh-rsa", "gpg-subkey"];

/// Verifies the commit and the tag of a name, which must agree.
fn verified(name: &str, keys: &Keys) -> Result<String, Refusal> {
    let (commit, tag) = (made(&format!("{name}.commit")), made(&format!("{name}.tag")));
    let commit = keys.verify(&Signed::commit(&commit).unwrap());
    assert_eq!(commit, keys.verify(&Signed::tag(&tag).unwrap()), "{name}");
    commit.map(|signer| signer.to_string())
}

#[test]
fn what_was_signed_verifies_with_its_key_and_no_other() {
    for name in NAMES {
        let fingerprint = verified(name, &keys_of(name)).unwrap();
        assert_eq!(keys_of(name).fingerprints(), [fingerprint.as_str()], "{name}");
        for other in NAMES.into_iter().filter(|other| *other != name) {
            let refusal = verified(name, &keys_of(other)).unwrap_err();
            assert!(matches!(refusal, Refusal::NoKey | Refusal::Format(_)), "{name} with {other}: {refusal}");
        }
    }
    for name in ["ssh-ed25519", "gpg-subkey"] {
        assert_eq!(verified(name, &keys_of(name)).unwrap(), text(&format!("{name}.fingerprint")).trim());
    }
}

#[test]
fn a_key_of_brainpool_verifies_what_gpg_signed_with_it() {
    for name in ["gpg-brainpool", "gpg-brainpool-256"] {
        let keys = keys_of(name);
        assert_eq!(keys.fingerprints(), [verified(name, &keys).unwrap()], "{name}");
        let raw = made(&format!("{name}.commit"));
        let signed = Signed::commit(&raw).unwrap();
        let mut payload = signed.payload().to_vec();
        payload[5] ^= 1;
        let forged = Signed::detached(&payload, signed.signature()).unwrap();
        assert_eq!(keys.verify(&forged), Err(Refusal::NoKey), "{name}");
    }
    let other = keys_of("gpg-brainpool-256");
    assert_eq!(verified("gpg-brainpool", &other), Err(Refusal::NoKey));
}

#[test]
fn no_byte_of_what_is_signed_can_change() {
    for name in NAMES {
        let (keys, raw) = (keys_of(name), made(&format!("{name}.commit")));
        let signed = Signed::commit(&raw).unwrap();
        for place in 0..signed.payload().len() {
            let mut payload = signed.payload().to_vec();
            payload[place] ^= 1;
            let forged = Signed::detached(&payload, signed.signature()).unwrap();
            assert_eq!(keys.verify(&forged), Err(Refusal::NoKey), "{name} at {place}");
        }
    }
}

#[test]
fn no_damage_of_a_signature_makes_it_panic_or_count_for_another_key() {
    for name in NAMES {
        let (keys, raw) = (keys_of(name), made(&format!("{name}.commit")));
        let signed = Signed::commit(&raw).unwrap();
        for (place, _) in signed.signature().char_indices() {
            let mut damaged = signed.signature().to_owned();
            damaged.replace_range(place..place + 1, "A");
            if let Ok(signer) = keys.verify(&Signed::detached(signed.payload(), &damaged).unwrap()) {
                assert_eq!(keys.fingerprints(), [signer.fingerprint]);
            }
        }
    }
}

#[test]
fn a_subkey_that_was_revoked_does_not_count() {
    let revoked = Keys::new().with_openpgp(&text("gpg-revoked.pub")).unwrap();
    assert_eq!(verified("gpg-subkey", &revoked), Err(Refusal::NoKey));
}

#[test]
fn an_allowed_signer_signs_for_the_namespaces_of_its_line() {
    let key = text("ssh-ed25519.pub");
    let with = |line: String| Keys::new().with_allowed_signers(&line);
    let all = with(format!("# team\n\nada@example.org {key}")).unwrap();
    assert!(verified("ssh-ed25519", &all).unwrap().ends_with(" (ada@example.org)"));
    let git = with(format!("\"ada@example.org\" namespaces=\"file,git\" {key}")).unwrap();
    assert!(verified("ssh-ed25519", &git).is_ok());
    let file = with(format!("ada@example.org namespaces=\"file\" {key}")).unwrap();
    assert_eq!(verified("ssh-ed25519", &file), Err(Refusal::NoKey));
    let until = with(format!("ada@example.org valid-before=\"20200101\" {key}")).unwrap_err();
    assert_eq!(
        until.to_string(),
        "not a key of SSH (line=1, why=no support for the options \"valid-before=\\\"20200101\\\"\")"
    );
}

#[test]
fn what_is_no_key_is_told_with_its_line() {
    let refusal = Keys::new().with_authorized_keys("# one\nssh-ed25519 AAAA\n").unwrap_err();
    assert_eq!(refusal.to_string(), "not a key of SSH (line=2, why=not a key of ssh-ed25519)");
    assert!(matches!(Keys::new().with_openpgp("no key"), Err(Refusal::KeyRing(_))));
    let nobody = Keys::new();
    assert_eq!(verified("ssh-rsa", &nobody), Err(Refusal::Format(Format::Ssh)));
}
