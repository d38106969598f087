//! Signatures, keys, certificates and bundles from anybody verify or do not; what nobody signed never does.
#![no_main]

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use windlass_fuzz::{choice, parts};
use windlass_verify::sigstore::{Identity, PublicKeys, Signers, SimpleSignature, Subject, TrustedRoot};
use windlass_verify::{Keys, Signed};

/// Keys of people, as `git`, `gpg` and `ssh-keygen` wrote them.
const OPENPGP: [&str; 2] = [
    include_str!("../../crates/windlass-verify/tests/made/gpg-subkey.pub"),
    include_str!("../../crates/windlass-verify/tests/made/gpg-brainpool.pub"),
];
const SSH: [&str; 3] = [
    include_str!("../../crates/windlass-verify/tests/made/ssh-ed25519.pub"),
    include_str!("../../crates/windlass-verify/tests/made/ssh-ecdsa.pub"),
    include_str!("../../crates/windlass-verify/tests/made/ssh-rsa.pub"),
];
const PEM: &str = include_str!("../../crates/windlass-verify/tests/cosign/p256/key.pub");

/// A bundle that verifies, its root, and what it is of.
const BUNDLE: &str = include_str!("../../crates/windlass-verify/tests/sigstore/rekor2.json");
const ROOT: &str = include_str!("../../crates/windlass-verify/tests/sigstore/rekor2.root.json");
const OF: &str = "a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf";

/// What nobody signed.
const PAYLOAD: &[u8] = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nnobody signed this\n";

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, bytes)) = choice(bytes, 14) else { return };
    let text = std::str::from_utf8(bytes);
    match (kind, text) {
        (0, _) => drop(Signed::commit(bytes).map(|signed| keys().verify(&signed))),
        (1, _) => drop(Signed::tag(bytes).map(|signed| keys().verify(&signed))),
        (2, _) => nobody(&armored("PGP SIGNATURE", bytes)),
        (3, _) => nobody(&armored("SSH SIGNATURE", bytes)),
        (4, Ok(text)) => ring(text),
        (5, _) => ring(&armored("PGP PUBLIC KEY BLOCK", bytes)),
        (6, Ok(text)) => lines(text),
        (7, _) => lines(&line(bytes)),
        (8, _) => drop(TrustedRoot::read(bytes)),
        (9, _) => bundle(bytes),
        (10, _) => simple(parts(bytes)),
        (11, _) => simple([b"MAA=", armored("CERTIFICATE", bytes).as_bytes(), b""]),
        (12, Ok(text)) => drop(PublicKeys::new().with_pem(text).map(|keys| keys.fingerprints())),
        (13, _) => changed(bytes),
        _ => {}
    }
    let _ = PublicKeys::new().with_pem(&armored("PUBLIC KEY", bytes)).map(|keys| keys.fingerprints());
});

fn keys() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(|| {
        let rings = OPENPGP.iter().try_fold(Keys::new(), |keys, ring| keys.with_openpgp(ring));
        let all =
            SSH.iter().try_fold(rings.expect("they are rings"), |keys, line| keys.with_authorized_keys(line));
        all.expect("they are keys")
    })
}

fn armored(what: &str, bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN {what}-----\n\n{}\n-----END {what}-----\n", lines.join("\n"))
}

fn nobody(signature: &str) {
    let Ok(signed) = Signed::detached(PAYLOAD, signature) else { return };
    assert!(keys().verify(&signed).map_err(|refusal| refusal.to_string()).is_err(), "nobody signed it");
}

/// A ring of anybody, and a signature that it did not make.
fn ring(text: &str) {
    let Ok(keys) = Keys::new().with_openpgp(text) else { return };
    let _ = keys.fingerprints();
    let commit = include_bytes!("../../crates/windlass-verify/tests/made/gpg-subkey.commit");
    let _ = Signed::commit(commit).map(|signed| keys.verify(&signed));
}

fn lines(text: &str) {
    let commit = include_bytes!("../../crates/windlass-verify/tests/made/ssh-ed25519.commit");
    for keys in [Keys::new().with_authorized_keys(text), Keys::new().with_allowed_signers(text)] {
        let Ok(keys) = keys else { continue };
        let _ = keys.fingerprints();
        let _ = Signed::commit(commit).map(|signed| keys.verify(&signed));
    }
}

/// The line of a key whose bytes these are: its kind is what they begin with.
fn line(bytes: &[u8]) -> String {
    let length = bytes.first_chunk::<4>().map_or(0, |length| u32::from_be_bytes(*length) as usize);
    let kind = bytes.get(4..).and_then(|rest| rest.get(..length)).unwrap_or_default();
    let kind = String::from_utf8_lossy(kind);
    format!("{kind} {}\nada {kind} {}\n", STANDARD.encode(bytes), STANDARD.encode(bytes))
}

fn signers() -> &'static [Signers; 2] {
    static SIGNERS: OnceLock<[Signers; 2]> = OnceLock::new();
    SIGNERS.get_or_init(|| {
        let keys = PublicKeys::new().with_pem(PEM).expect("it is a key");
        let root = TrustedRoot::read(ROOT.as_bytes()).expect("it is a root");
        let anybody = Identity::matching(".", ".").expect("they are expressions");
        [Signers::keys(keys), Signers::identities(root, vec![anybody])]
    })
}

fn bundle(json: &[u8]) {
    for signers in signers() {
        let verified = signers.verify_bundle(json, &Subject::new([0; 32]));
        assert!(verified.map_err(|refusal| refusal.to_string()).is_err(), "nobody signed it");
    }
}

/// The older form, with a document that nobody signed.
fn simple([signature, certificate, log]: [&[u8]; 3]) {
    let text = |bytes| std::str::from_utf8(bytes).ok();
    let (Some(signature), certificate, bundle) = (text(signature), text(certificate), text(log)) else {
        return;
    };
    let signature = SimpleSignature { payload: PAYLOAD, signature, certificate, bundle };
    for signers in signers() {
        let verified = signers.verify_simple(&signature, &Subject::new([0; 32]));
        assert!(verified.map_err(|refusal| refusal.to_string()).is_err(), "nobody signed it");
    }
}

/// A bundle that verifies, with other bytes in one of its places.
fn changed(bytes: &[u8]) {
    let Some((place, bytes)) = choice(bytes, 4) else { return };
    let mut bundle: Value = serde_json::from_str(BUNDLE).expect("it is JSON");
    let name = [
        "/verificationMaterial/certificate/rawBytes",
        "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp",
        "/verificationMaterial/tlogEntries/0/canonicalizedBody",
        "/messageSignature/signature",
    ][usize::from(place)];
    let part = bundle.pointer_mut(name).expect("the bundle has it");
    let bytes = STANDARD.encode(bytes);
    let is_same = *part == bytes;
    *part = bytes.into();
    let byte = |at: usize| u8::from_str_radix(&OF[2 * at..2 * at + 2], 16).expect("it is a digest");
    let subject = Subject::new(std::array::from_fn(byte));
    let verified = signers()[1].verify_bundle(bundle.to_string().as_bytes(), &subject);
    // Nobody signs the certificates that a timestamp brings, and nobody asks them where the root has its own.
    let is_stamp = place == 1;
    assert!(is_same || is_stamp || verified.is_err(), "a bundle that was changed does not verify");
}
