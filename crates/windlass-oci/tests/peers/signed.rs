//! What cosign signs is read, and what it did not sign is not, over Debian's registry.

use windlass_core::ErrorKind;
use windlass_oci::{OciSource, Verification};
use windlass_verify::sigstore::{PublicKeys, Signers};

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
