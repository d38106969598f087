//! Bundles that the Sigstore project and cosign publish, signed by certificates of real authorities, with logs of theirs.
//!
//! From cosign 3.1.3 (`pkg/cosign/testdata`): `oci-attestation.json`, with its root. From sigstore-go 1.2.2 (`pkg/testing/data`):
//! `othername.json`, with its root. From the crate sigstore-verify 0.15.1 (`test_data`): `cosign-v3-blob.json`, `rekor2.json` and
//! `public-good.root.json`. All are licensed under Apache-2.0.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::path::Path;

use windlass_verify::sigstore::{Identity, PublicKeys, Refusal, Signer, Signers, Subject, TrustedRoot};

fn text(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sigstore").join(name)).unwrap()
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

const CASES: [Case; 3] = [
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
        issuer: "?",
    },
    Case {
        bundle: "cosign-v3-blob.json",
        root: "public-good.root.json",
        digest: "e194b99df6639501325c5f44da79fe3a8efae6f239bd79443a19787e06fb1764",
        subject: "w.vollprecht@gmail.com",
        issuer: "?",
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
