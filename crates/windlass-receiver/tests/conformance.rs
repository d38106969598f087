//! Deliveries against the tables of Flux's and Argo CD's tests (`source/*` of the conformance data).

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by it, and prints its score")]

use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use serde_json::{Value, json};
use windlass_receiver::{Kind, Manifest, Receiver, Request, Which, same_repository, same_server};

fn equal<T: PartialEq + Debug>(got: T, expected: T) -> Result<(), String> {
    if got == expected { Ok(()) } else { Err(format!("got {got:?}, expected {expected:?}")) }
}

fn text<'r>(row: &'r Value, field: &str) -> &'r str {
    row[field].as_str().unwrap_or_default()
}

/// Answers as a server of Flux does that keeps the objects of the row, and counts those that are woken.
fn receiver(row: &Value) -> Result<(), String> {
    let (code, woken) = answer(row)?;
    equal((Some(code), Some(woken)), (row["expected_code"].as_u64(), row["expected_annotated"].as_u64()))
}

fn answer(row: &Value) -> Result<(u64, u64), String> {
    if row["receiver"].is_null() {
        // Nobody waits at the path.
        return Ok((404, 0));
    }
    let manifest = Manifest::read(&row["receiver"]).map_err(|error| error.to_string())?;
    let manifest =
        if row["no_cross_namespace_refs"] == true { manifest.in_own_namespace() } else { manifest };
    let secret = Some(&row["secret"]).filter(|secret| secret["metadata"]["name"] == manifest.secret_name());
    let token = secret.and_then(|secret| secret["data"]["token"].as_str());
    let token = token.map(|token| base64::engine::general_purpose::STANDARD.decode(token)).transpose();
    let token = token.map_err(|error| error.to_string())?;
    let headers: Vec<(&str, &str)> = row["headers"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default()))
        .collect();
    let length = row["body_spec"]["json_object_bytes_at_least"].as_u64().unwrap_or_default();
    let filler = " ".repeat(usize::try_from(length).unwrap());
    let body = row["body"].as_str().unwrap_or(&filler);
    let accepted =
        match manifest.receive(token.as_deref(), &Request { headers: &headers, body: body.as_bytes() }) {
            Ok(accepted) => accepted,
            Err(refused) => return Ok((u64::from(refused.status()), 0)),
        };
    let (mut failed, mut woken) = (false, 0);
    for target in &accepted.targets {
        let Ok(target) = target else {
            failed = true;
            continue;
        };
        let objects: Vec<&Value> = row["resources"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|object| target.selects(object))
            .collect();
        failed |= objects.is_empty() && matches!(target.which, Which::Named(_));
        for object in objects {
            match accepted.wakes(object) {
                Ok(wakes) => woken += u64::from(wakes),
                Err(_) => failed = true,
            }
        }
    }
    Ok((if failed { 500 } else { 200 }, woken))
}

fn payload(row: &Value) -> Result<(), String> {
    let (id, body) = (text(row, "id"), text(row, "body"));
    // None of these is signed; the secret of the path stands for it.
    let receiver = Receiver::new(Kind::Acr, "");
    let delivery = receiver.receive(&Request { headers: &[], body: body.as_bytes() });
    let delivery = delivery.map_err(|refused| refused.to_string())?;
    let body: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
    let repository = &body["repository"];
    let url = repository["clone_url"].as_str().or(body["project"]["git_http_url"].as_str());
    let url = url.or(repository["links"]["clone"][1]["href"].as_str());
    let url = url.or(repository["links"]["html"]["href"].as_str());
    let url = url.or(body["resource"]["repository"]["remoteUrl"].as_str()).ok_or("no address is known")?;
    let reference = body["ref"].as_str().or(body["changes"][0]["refId"].as_str());
    equal((id, delivery.concerns(url, reference)), (id, true))?;
    equal(delivery.concerns("https://example.org/another/repository", reference), false)
}

fn address(row: &Value) -> Result<(), String> {
    match text(row, "test") {
        "Test_GetWebURLRegex" => {
            equal(Some(same_repository(text(row, "webURL"), text(row, "repo"))), row["shouldMatch"].as_bool())
        }
        "Test_GetAPIURLRegex" => {
            equal(Some(same_server(text(row, "apiURL"), text(row, "repo"))), row["shouldMatch"].as_bool())
        }
        "TestIsHeadTouched" if text(row, "expectedErrString").is_empty() => {
            // Bitbucket tells the branch in the delivery, and only when it is asked that the main one is `main`.
            let push = json!({"push": {"changes": [{"new": {"name": row["revision"]}}]}}).to_string();
            let request = Request { headers: &[], body: push.as_bytes() };
            let delivery =
                Receiver::new(Kind::Acr, "").receive(&request).map_err(|refused| refused.to_string())?;
            let delivery = delivery.with_default_branch("main");
            let url = format!("https://bitbucket.org/{}/{}", text(row, "owner"), text(row, "repo"));
            let expected = row["expectedTouchHead"].as_bool();
            equal((delivery.is_default_branch, Some(delivery.concerns(&url, None))), (expected, expected))
        }
        other => Err(format!("nothing here does that: {other}")),
    }
}

fn bytes(row: &Value, field: &str, hex: &str) -> Vec<u8> {
    let digits = text(row, hex);
    let pairs =
        (0..digits.len()).step_by(2).map(|place| u8::from_str_radix(&digits[place..place + 2], 16).unwrap());
    if digits.is_empty() { text(row, field).as_bytes().to_vec() } else { pairs.collect() }
}

fn hmac(row: &Value) -> Result<(), String> {
    let (secret, body) = (bytes(row, "secret", "key_hex"), bytes(row, "body", "body_hex"));
    let own = format!("{}={}", text(row, "algorithm"), text(row, "hex"));
    let signature = row["value"].as_str().unwrap_or(&own);
    let receiver = Receiver::new(Kind::GenericHmac, secret);
    let answer =
        |body: &[u8]| receiver.receive(&Request { headers: &[("X-Signature", signature)], body }).is_ok();
    equal((answer(&body), answer(&[&body[..], b"!"].concat())), (true, false))
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
fn conformance_receivers() {
    let misses = score("source/receivers", receiver);
    assert!(misses.is_empty(), "{misses:#?}");
}

#[test]
fn conformance_webhook_payloads() {
    let misses = score("source/webhook_payloads", payload);
    assert!(misses.is_empty(), "{misses:#?}");
}

#[test]
fn conformance_webhook_urls() {
    let misses = score("source/webhook_urls", address);
    let untried = |miss: &&String| !miss.contains("nothing here does that");
    let wrong: Vec<&String> = misses.iter().filter(untried).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn conformance_hmac() {
    let misses = score("source/hmac", hmac);
    assert!(misses.is_empty(), "{misses:#?}");
}
