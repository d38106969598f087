//! Files that sops 3.11.0 encrypted, recorded with what it decrypts them to by `data/record`.

use std::sync::Arc;

use windlass_core::{Bytes, Entry, Error, ErrorKind, Files, Result, TreePath, Value};
use windlass_sops::{AgeKeys, DecryptedFiles, Format, Secret, Sops};

const RECORDED: &str = include_str!("data/recorded.jsonl");
const AGE: &str = include_str!("data/keys/age.txt");

fn rows() -> Vec<Value> {
    RECORDED.lines().map(|line| serde_json::from_str(line).expect("a row is JSON")).collect()
}

fn text<'r>(row: &'r Value, field: &str) -> &'r str {
    row.text_at(&[field]).expect("a row has its fields")
}

fn format(row: &Value) -> Format {
    match text(row, "format") {
        "yaml" => Format::Yaml,
        "json" => Format::Json,
        "dotenv" => Format::Dotenv,
        "ini" => Format::Ini,
        _ => Format::Binary,
    }
}

/// The keys of a row; `None` for those that need a feature that is off.
fn sops(row: &Value) -> Option<Sops> {
    let names = row.get("keys").and_then(Value::as_list).expect("a row has keys");
    names.iter().filter_map(Value::as_text).try_fold(Sops::new(), |sops, name| {
        Some(match name {
            "age.txt" => sops.with_keys(age(AGE)),
            "second.txt" => sops.with_keys(age(include_str!("data/keys/second.txt"))),
            "hybrid.txt" => sops.with_keys(age(include_str!("data/keys/hybrid.txt"))),
            "rsa.asc" => with_pgp(sops, include_str!("data/keys/rsa.asc"))?,
            _ => with_pgp(sops, include_str!("data/keys/curve.asc"))?,
        })
    })
}

fn age(text: &str) -> AgeKeys {
    AgeKeys::parse(text).expect("the keys are keys")
}

#[cfg(feature = "openpgp")]
fn with_pgp(sops: Sops, text: &str) -> Option<Sops> {
    Some(sops.with_keys(windlass_sops::PgpKeys::parse(text).expect("the keys are keys")))
}

#[cfg(not(feature = "openpgp"))]
fn with_pgp(_: Sops, _: &str) -> Option<Sops> {
    None
}

fn show(plain: &Result<Secret>) -> String {
    match plain {
        Ok(plain) => String::from_utf8_lossy(plain.as_slice()).into_owned(),
        Err(error) => error.explain(),
    }
}

#[test]
fn every_recorded_file_is_decrypted_byte_for_byte() {
    let rows = rows();
    assert!(rows.len() >= 20, "the recording is there");
    let mut wrong = Vec::new();
    for row in &rows {
        let Some(sops) = sops(row) else { continue };
        let plain = sops.decrypt(text(row, "encrypted").as_bytes(), format(row));
        if !plain.as_ref().is_ok_and(|plain| plain.as_slice() == text(row, "plain").as_bytes()) {
            wrong.push(format!(
                "{}\n--- sops\n{}\n--- here\n{}",
                text(row, "name"),
                text(row, "plain"),
                show(&plain)
            ));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_file_cut_or_changed_anywhere_is_refused() {
    for row in rows() {
        let Some(sops) = sops(&row) else { continue };
        let encrypted = text(&row, "encrypted").as_bytes();
        if text(&row, "name").starts_with("several") {
            // The metadata of the first document count for all; those of the others may be cut.
            continue;
        }
        let mark = b"GCM,data:";
        // The last one is the code over all values; a comment that was changed stays, as in sops.
        let value =
            encrypted.windows(mark.len()).rposition(|window| window == mark).expect("a code") + mark.len();
        for at in (0..value).step_by(value / 40) {
            let cut = sops.decrypt(&encrypted[..at], format(&row));
            assert!(cut.is_err(), "{} cut at {at} is decrypted", text(&row, "name"));
        }
        let mut changed = encrypted.to_vec();
        changed[value] = if changed[value] == b'A' { b'B' } else { b'A' };
        assert!(sops.decrypt(&changed, format(&row)).is_err(), "{} with another code", text(&row, "name"));
    }
}

#[test]
fn a_value_added_in_the_clear_is_refused() {
    let rows = rows();
    let secrets: Vec<&Value> =
        rows.iter().filter(|row| text(row, "name").starts_with("secret.yaml")).collect();
    assert!(secrets.len() > 1, "the recording has secrets");
    for row in secrets {
        let sops = sops(row).expect("an age key");
        let added = text(row, "encrypted").replacen("kind:", "added: x\nkind:", 1);
        let plain = sops.decrypt(added.as_bytes(), Format::Yaml);
        let counts_all = !text(row, "name").contains("mac_only");
        assert_eq!(plain.is_err(), counts_all, "{}: {}", text(row, "name"), show(&plain));
    }
}

#[test]
fn without_its_key_a_file_names_its_recipients() {
    let row = &rows()[0];
    let error = Sops::new().decrypt(text(row, "encrypted").as_bytes(), format(row)).expect_err("no key");
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(error.explain().contains("recipients=age1"), "{}", error.explain());
    let other = Sops::new().with_keys(age(include_str!("data/keys/second.txt")));
    let error = other.decrypt(text(row, "encrypted").as_bytes(), format(row)).expect_err("another key");
    assert_eq!(error.kind(), ErrorKind::Denied);
}

#[test]
fn what_is_not_encrypted_says_so() {
    let sops = Sops::new();
    for (plain, format) in [
        ("a: 1\n", Format::Yaml),
        ("{\"a\":1}", Format::Json),
        ("A=1\n", Format::Dotenv),
        ("[a]\nb = 1\n", Format::Ini),
        ("{\"data\":\"x\"}", Format::Binary),
    ] {
        let error = sops.decrypt(plain.as_bytes(), format).expect_err(plain);
        assert_eq!(error.explain(), "sops metadata not found", "{plain}");
    }
}

#[test]
fn keys_are_checked_and_never_shown() {
    for wrong in [
        "x",
        "AGE-SECRET-KEY-1QQQQ",
        "age1y2xkrvwyq3nqsqqx8c245d5x4rchcqfng928tf5tfxqs89n54epsv3kl8t",
        "AGE-PLUGIN-YUBIKEY-1Q",
    ] {
        let error = AgeKeys::parse(&format!("# comment\n\n{wrong}")).expect_err(wrong).explain();
        assert!(error.contains("line=3") && !error.contains(wrong), "{error}");
    }
    let keys = age(AGE);
    assert_eq!(format!("{keys:?} {:?}", Secret::new(vec![1, 2])), "<1 age keys> <2 secret bytes>");
}

#[derive(Debug)]
struct One(&'static str, String);

impl Files for One {
    fn list(&self, _: &TreePath) -> Result<Vec<Entry>> {
        Ok(Vec::new())
    }

    fn read(&self, path: &TreePath) -> Result<Bytes> {
        if path.as_str() == self.0 {
            return Ok(Bytes::from(self.1.clone()));
        }
        Err(Error::new(ErrorKind::NotFound, "no such file"))
    }
}

#[test]
fn files_are_decrypted_as_they_are_read() {
    let row = rows().into_iter().find(|row| text(row, "format") == "dotenv").expect("a dotenv file");
    let read = |sops: Sops, content: &str| {
        let files = DecryptedFiles::new(Arc::new(One("a/b.env", content.to_owned())), sops);
        files.read(&TreePath::new("a/b.env").expect("a path"))
    };
    let sops = Sops::new().with_keys(age(AGE));
    assert_eq!(read(sops.clone(), text(&row, "encrypted")).expect("it is decrypted"), text(&row, "plain"));
    assert_eq!(read(sops, "A=1\n").expect("it is given as it is"), "A=1\n");
    let error = read(Sops::new(), text(&row, "encrypted")).expect_err("no key");
    assert_eq!(error.context("path"), Some("a/b.env"));
}
