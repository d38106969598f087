//! Any kustomization over any resources builds or fails, twice the same; what it builds reads, and no error shows a secret.
#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass_core::{Result, TreePath};
use windlass_fuzz::{CANARY, context, limits, parts, told, tree};
use windlass_kustomize::{Built, Options, build};
use windlass_yaml::{Options as Reading, Rules, read};

/// The files, in the order of the parts of an input.
const FILES: [&str; 7] = [
    "kustomization.yaml",
    "a.yaml",
    "b.yaml",
    "patch.yaml",
    "base/kustomization.yaml",
    "base/c.yaml",
    "values.env",
];

fuzz_target!(|bytes: &[u8]| {
    let parts: [&[u8]; FILES.len()] = parts(bytes);
    let secret = format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: secret\nstringData:\n  a: {CANARY}\ndata:\n  b: {CANARY}\n"
    );
    let text = format!("password={CANARY}\n");
    let files = FILES.into_iter().zip(parts).filter(|(_, part)| !part.is_empty());
    let secrets = [("secret.yaml", secret.as_bytes()), ("secret.env", text.as_bytes())];
    let files = tree(files.chain(secrets));
    let root = TreePath::root();
    let built = || -> Result<Built> { build(&context(), &files, &root, &Options::default()) };
    match (built(), built()) {
        (Ok(first), Ok(again)) => {
            assert!(first.text == again.text, "a build gives the same again");
            reads(&first);
        }
        (Err(first), Err(again)) => {
            let text = told(&first);
            assert_eq!(text, told(&again), "a build fails the same again");
            assert!(!text.contains(CANARY), "an error shows a secret: {text}");
        }
        _ => panic!("a build fails once and not again"),
    }
});

fn reads(built: &Built) {
    let options = Reading::from(&limits()).with_rules(Rules::V3).with_repeated_keys(true);
    let documents = read(built.text.as_bytes(), &options);
    let documents = documents.unwrap_or_else(|error| panic!("what was built reads: {error}\n{}", built.text));
    assert_eq!(documents.len(), built.objects.len(), "{}", built.text);
}
