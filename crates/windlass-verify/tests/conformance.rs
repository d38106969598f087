//! Signatures against Flux's tables and against objects that git, gpg and ssh-keygen made (`source/git_signatures` and
//! `source/signature_tables` of the conformance data).

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by it, and prints its score")]

use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use windlass_verify::{Format, Keys, Refusal, Signed};

fn equal<T: PartialEq + Debug>(got: T, expected: T) -> Result<(), String> {
    if got == expected { Ok(()) } else { Err(format!("got {got:?}, expected {expected:?}")) }
}

fn text<'r>(row: &'r Value, field: &str) -> &'r str {
    row[field].as_str().unwrap_or_default()
}

fn object(row: &Value) -> Result<(), String> {
    let raw = text(row, "raw").as_bytes();
    let signed = if text(row, "object") == "tag" { Signed::tag(raw) } else { Signed::commit(raw) };
    if !row["signed"].as_bool().unwrap_or_default() {
        return equal(signed.err(), Some(Refusal::Unsigned));
    }
    let signed = signed.map_err(|refusal| refusal.to_string())?;
    equal(String::from_utf8_lossy(signed.payload()).as_ref(), text(row, "payload"))?;
    equal(signed.signature(), text(row, "signature").trim())?;
    let key = text(row, "public_key");
    let keys = if text(row, "scheme") == "ssh" {
        Keys::new().with_authorized_keys(key)
    } else {
        Keys::new().with_openpgp(key)
    };
    let signer = keys.and_then(|keys| keys.verify(&signed)).map_err(|refusal| refusal.to_string())?;
    equal(true, row["recorded_valid"].as_bool().unwrap_or_default())?;
    let field = if text(row, "scheme") == "ssh" { "fingerprint" } else { "recorded_gpg_fingerprint" };
    equal(signer.fingerprint.as_str(), text(row, field))
}

/// What Flux says of a refusal.
fn words(refusal: &Refusal, scheme: &str) -> String {
    let keys = if scheme == "SSH" { "authorized keys" } else { "key rings" };
    match refusal {
        Refusal::Unsigned => "unable to verify payload: signature is empty".to_owned(),
        Refusal::Empty => "unable to verify payload: payload is empty".to_owned(),
        Refusal::Format(format) => {
            format!("unable to verify {scheme} signature, detected signature format: {format}")
        }
        Refusal::Malformed if scheme == "SSH" => "unable to unarmor SSH signature".to_owned(),
        Refusal::KeyRing(_) => "unable to read armored key ring: unexpected EOF".to_owned(),
        Refusal::SshKey(..) => "unable to parse authorized key".to_owned(),
        _ => format!("unable to verify payload with any of the given {keys}"),
    }
}

/// Adds what can be read; the first error stands if that is nothing.
fn keys(row: &Value, field: &str) -> Result<Keys, Refusal> {
    let (mut keys, mut first) = (Keys::new(), None);
    for one in row[field].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let added = if field == "keyRings" {
            keys.clone().with_openpgp(one)
        } else {
            keys.clone().with_authorized_keys(one)
        };
        match added {
            Ok(more) => keys = more,
            Err(refusal) => _ = first.get_or_insert(refusal),
        }
    }
    if keys.is_empty() { first.map_or(Ok(keys), Err) } else { Ok(keys) }
}

fn verify(row: &Value, scheme: &str, field: &str) -> Result<(), String> {
    let signature = if row.get("sig").is_some() { text(row, "sig") } else { text(row, "signature") };
    let wanted = if scheme == "SSH" { Format::Ssh } else { Format::OpenPgp };
    let verified = Signed::detached(text(row, "payload").as_bytes(), signature).and_then(|signed| {
        if signed.format() != wanted {
            return Err(Refusal::Format(signed.format()));
        }
        let signer = keys(row, field)?.verify(&signed)?;
        Ok(signer.key_id.unwrap_or(signer.fingerprint))
    });
    match (verified, row["wantErr"].as_str()) {
        (Ok(shown), None) => equal(shown.as_str(), text(row, "want")),
        (Err(refusal), Some(expected)) if words(&refusal, scheme).contains(expected) => Ok(()),
        (got, expected) => Err(format!("got {got:?}, expected {expected:?}")),
    }
}

fn table(row: &Value) -> Result<(), String> {
    let format = Format::of(text(row, "signature"));
    match text(row, "test") {
        "TestVerifyPGPSignature" => verify(row, "openPGP", "keyRings"),
        "TestVerifySSHSignature" | "TestSSHSignatureValidationCases" => verify(row, "SSH", "authorizedKeys"),
        "TestIsPGPSignature" => equal(Some(format == Format::OpenPgp), row["want"].as_bool()),
        "TestIsSSHSignature" => equal(Some(format == Format::Ssh), row["want"].as_bool()),
        "TestIsX509Signature" => equal(Some(format == Format::X509), row["want"].as_bool()),
        "TestGetSignatureType" => {
            let shown =
                if text(row, "signature").is_empty() { "empty".to_owned() } else { format.to_string() };
            equal(shown.as_str(), text(row, "want"))
        }
        "TestIsEmptySignature" => equal(Some(text(row, "signature").is_empty()), row["want"].as_bool()),
        _ => {
            let keys = Keys::new().with_authorized_keys(text(row, "authorizedKeys"));
            equal(Some(keys.is_err()), row["wantErr"].as_bool())?;
            let got = keys.map(|keys| keys.fingerprints()).unwrap_or_default();
            equal(Some(got.len() as u64), row["wantCount"].as_u64())?;
            let expected = row["wantFingerprints"].as_array().into_iter().flatten();
            equal(got, expected.filter_map(Value::as_str).map(str::to_owned).collect())
        }
    }
}

/// Prints the score of a set and gives the rows that miss.
fn score(set: &str, check: fn(&Value) -> Result<(), String>) -> Vec<String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let root =
        std::env::var_os("WINDLASS_GOLDENS").map_or_else(|| workspace.join("target/goldens"), PathBuf::from);
    let Ok(text) = fs::read_to_string(root.join(set).with_extension("jsonl")) else {
        let required = std::env::var_os("WINDLASS_GOLDENS_REQUIRED").is_some_and(|set| set == "1");
        assert!(!required, "the data of {set} is required and absent");
        println!("skipped {set}: the conformance data is absent");
        return Vec::new();
    };
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let misses: Vec<String> =
        rows.iter().filter_map(|row| check(row).err().map(|why| format!("{}: {why}", row["id"]))).collect();
    println!("score {set} {}/{}", rows.len() - misses.len(), rows.len());
    fs::create_dir_all(workspace.join("target/misses")).unwrap();
    fs::write(workspace.join(format!("target/misses/{}.txt", set.replace('/', "-"))), misses.join("\n"))
        .unwrap();
    misses
}

#[test]
fn conformance_git_signatures() {
    let misses = score("source/git_signatures", object);
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn conformance_signature_tables() {
    let misses = score("source/signature_tables", table);
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}
