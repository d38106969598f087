//! Decryption against what sops 3.11 answers (`sops/vectors` of the conformance data).

use std::fs;
use std::path::{Path, PathBuf};

use windlass_core::Value;
use windlass_sops::{AgeKeys, Format, Sops};
use windlass_yaml::Options;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn goldens() -> PathBuf {
    std::env::var_os("WINDLASS_GOLDENS").map_or_else(|| root().join("target/goldens"), PathBuf::from)
}

fn sops(row: &Value) -> Result<Sops, String> {
    let mut sops = Sops::new();
    for name in row.get("keys").and_then(Value::as_list).unwrap_or_default() {
        let name = name.as_text().unwrap_or_default();
        let text =
            fs::read_to_string(goldens().join("sops/keys").join(name)).map_err(|error| error.to_string())?;
        sops = if name.ends_with(".asc") {
            with_pgp(sops, &text)?
        } else {
            sops.with_keys(AgeKeys::parse(&text).map_err(|error| error.to_string())?)
        };
    }
    Ok(sops)
}

#[cfg(feature = "openpgp")]
fn with_pgp(sops: Sops, text: &str) -> Result<Sops, String> {
    windlass_sops::PgpKeys::parse(text).map(|keys| sops.with_keys(keys)).map_err(|error| error.to_string())
}

#[cfg(not(feature = "openpgp"))]
fn with_pgp(sops: Sops, _: &str) -> Result<Sops, String> {
    Ok(sops)
}

fn format(row: &Value) -> Format {
    match row.text_at(&["format"]) {
        Some("yaml") => Format::Yaml,
        Some("json") => Format::Json,
        Some("dotenv") => Format::Dotenv,
        Some("ini") => Format::Ini,
        _ => Format::Binary,
    }
}

/// YAML and JSON are equal where their values are.
fn values(text: &str, format: Format) -> Option<Vec<String>> {
    let language = match format {
        Format::Yaml => windlass_yaml::Format::Yaml,
        Format::Json => windlass_yaml::Format::Json,
        _ => return None,
    };
    let documents = windlass_yaml::read(text.as_bytes(), &Options::default().with_format(language)).ok()?;
    Some(documents.iter().map(|document| document.value.canonical()).collect())
}

/// Says whether the bytes are those of sops, or else what is wrong.
fn check(row: &Value) -> Result<bool, String> {
    let format = format(row);
    let encrypted = row.text_at(&["encrypted"]).unwrap_or_default();
    let plain = sops(row)?.decrypt(encrypted.as_bytes(), format);
    if row.get("error") == Some(&Value::Bool(true)) {
        return plain.err().map(|_| true).ok_or_else(|| "it was decrypted".to_owned());
    }
    let plain = plain.map_err(|error| error.explain())?;
    let plain = String::from_utf8(plain.as_slice().to_vec()).map_err(|_| "not UTF-8".to_owned())?;
    let expected = row.text_at(&["plaintext"]).unwrap_or_default();
    if plain == expected {
        return Ok(true);
    }
    match (values(&plain, format), values(expected, format)) {
        (Some(ours), Some(theirs)) if ours == theirs => Ok(false),
        _ => Err(format!("{expected:?}, here {plain:?}")),
    }
}

#[test]
fn conformance_sops_vectors() {
    let Ok(text) = fs::read_to_string(goldens().join("sops/vectors.jsonl")) else {
        let required = std::env::var_os("WINDLASS_GOLDENS_REQUIRED").is_some_and(|set| set == "1");
        assert!(!required, "the conformance data is required");
        println!("skipped sops/vectors: the conformance data is absent");
        return;
    };
    let rows: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a row is JSON")).collect();
    let (mut misses, mut bytes) = (Vec::new(), 0);
    for row in &rows {
        match check(row) {
            Ok(same) => bytes += usize::from(same),
            Err(why) => misses.push(format!("{}: {why}", row.text_at(&["id"]).unwrap_or_default())),
        }
    }
    println!("score sops/vectors {}/{}", rows.len() - misses.len(), rows.len());
    println!("{bytes} of {} byte for byte", rows.len());
    fs::create_dir_all(root().join("target/misses")).expect("a folder for misses");
    fs::write(root().join("target/misses/sops-vectors.txt"), misses.join("\n")).expect("a file of misses");
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}
