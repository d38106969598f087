//! What cosign signs is read, and what it did not sign is not, over Debian's registry.

use windlass_core::ErrorKind;
use windlass_oci::{OciSource, Verification};
use windlass_verify::sigstore::{Identity, PublicKeys, Signers, TrustedRoot};

use crate::authority::{BEGIN, Signing, Sigstore};
use crate::cosign::Signer;
use crate::programs::{Registry, oras};
use crate::support::{bring, folder, push, read};
use crate::{FILES, source, to};

fn by(registry: &Registry, repository: &str, signer: &Signer) -> OciSource {
    let keys = PublicKeys::new().with_pem(&signer.public_key()).unwrap();
    source(registry, repository).with_verification(Verification::new(Signers::keys(keys)))
}

#[track_caller]
fn why(source: &OciSource) -> String {
    let error = bring(source).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied, "{error}");
    error.context("why").unwrap().to_owned()
}

#[test]
fn what_cosign_signed_is_given_out_in_both_forms_and_to_nobody_who_trusts_another_key() {
    let (registry, files) = (Registry::start(), folder(&FILES));
    let (ada, eve) = (Signer::new(), Signer::new());
    for (repository, is_bundle) in [("fleet/new", true), ("fleet/old", false)] {
        let pushed = push(&to(&registry, repository), files.path()).unwrap();
        let artifact = registry.artifact(repository, &pushed.digest);
        assert_eq!(why(&by(&registry, repository, &ada)), "nobody signed it");
        assert!(!ada.verifies(&artifact));
        ada.sign(&artifact, is_bundle);
        let brought = bring(&by(&registry, repository, &ada)).unwrap();
        assert_eq!(read(&brought, "a.yaml"), "a: 1\n");
        let keys = PublicKeys::new().with_pem(&ada.public_key()).unwrap();
        assert_eq!(brought.revision().signer.as_deref(), Some(&keys.fingerprints()[0][..]));
        assert_eq!(why(&by(&registry, repository, &eve)), "none of the given keys made the signature");
        assert!(ada.verifies(&artifact) && !eve.verifies(&artifact), "cosign says the same");
        eve.sign(&artifact, is_bundle);
        assert!(bring(&by(&registry, repository, &eve)).is_ok(), "a second signature counts as the first");
        assert!(bring(&by(&registry, repository, &ada)).is_ok());
    }
}

#[test]
fn what_was_put_in_the_place_of_a_signed_artifact_is_not_given_out() {
    let (registry, ada) = (Registry::start(), Signer::new());
    for (repository, is_bundle) in [("fleet/new", true), ("fleet/old", false)] {
        let signed = push(&to(&registry, repository), folder(&FILES).path()).unwrap();
        ada.sign(&registry.artifact(repository, &signed.digest), is_bundle);
        let other = push(&to(&registry, repository), folder(&[("a.yaml", "a: 2\n")]).path()).unwrap();
        assert_eq!(why(&by(&registry, repository, &ada)), "nobody signed it");
        // Whoever may write to the registry gives it the signature of the other.
        let tag = |digest: &dyn std::fmt::Display| {
            let tag = digest.to_string().replace(':', "-");
            if is_bundle { tag } else { format!("{tag}.sig") }
        };
        let here = folder(&[]);
        let from = format!("{}/{repository}:{}", registry.host, tag(&signed.digest));
        oras(here.path(), &["tag", "--plain-http", &from, &tag(&other.digest)]);
        let said = why(&by(&registry, repository, &ada));
        assert_eq!(said, format!("the signature is of another artifact (signed={})", signed.digest));
        assert!(!ada.verifies(&registry.artifact(repository, &other.digest)), "cosign says the same");
        // What was signed is there still.
        let digest = signed.digest.to_string();
        assert!(bring(&by(&registry, repository, &ada).digest(digest)).is_ok());
    }
}

/// The Sigstore of windlass-verify's tests is held against cosign here: what counts there counts for cosign.
#[test]
fn a_bundle_by_a_certificate_counts_where_it_counts_for_cosign() {
    let (registry, files, cosign) = (Registry::start(), folder(&FILES), Signer::new());
    let sigstore = Sigstore::new();
    let root = sigstore.root().to_string();
    for (at, (change, expected)) in [
        ((|_| {}) as fn(&mut Signing), None),
        (|how| how.time = BEGIN + 601, Some("the certificate was not valid when the signature was made")),
        (|how| how.is_promised = false, Some("no trusted log of certificates has the certificate")),
        (|how| how.is_for_code = false, Some("the certificate is not trusted (it is not for signing code)")),
        (
            |how| how.subject = "https://example.org/other".to_owned(),
            Some("signed by an identity that is not trusted"),
        ),
        (|how| how.digest = "ab".repeat(32), Some("the signature is of another artifact")),
    ]
    .into_iter()
    .enumerate()
    {
        let repository = format!("fleet/identity-{at}");
        let pushed = push(&to(&registry, &repository), files.path()).unwrap();
        let mut how = Signing::of(pushed.digest.to_string().trim_start_matches("sha256:"));
        change(&mut how);
        let here = folder(&[("bundle.json", &sigstore.bundle(&how).to_string())]);
        let (artifact, kind) =
            (registry.artifact(&repository, &pushed.digest), "application/vnd.dev.sigstore.bundle.v0.3+json");
        oras(
            here.path(),
            &["attach", "--plain-http", "--artifact-type", kind, &artifact, &format!("bundle.json:{kind}")],
        );
        let trusted = Signers::identities(
            TrustedRoot::read(root.as_bytes()).unwrap(),
            vec![
                Identity::matching(
                    "^https://tokens\\.example\\.org$",
                    "^https://example\\.org/fleet/release$",
                )
                .unwrap(),
            ],
        );
        let by = source(&registry, &repository).with_verification(Verification::new(trusted));
        match expected {
            None => {
                let signer = bring(&by).unwrap().revision().signer.clone();
                let expected = "https://example.org/fleet/release (https://tokens.example.org)";
                assert_eq!(signer.as_deref(), Some(expected));
            }
            Some(expected) => assert!(why(&by).starts_with(expected), "{at}: {}", why(&by)),
        }
        let identity = ("https://example.org/fleet/release", "https://tokens.example.org");
        assert_eq!(
            cosign.verifies_by(&root, identity, &artifact),
            expected.is_none(),
            "{at}: cosign says otherwise"
        );
    }
}
