//! Signatures of requests: [AWS Signature Version 4](https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html)
//! in a header.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use windlass_archive::hex;
use windlass_core::Timestamp;
use windlass_http::{Ask, Secret};

use crate::options::Credentials;

/// The digest of a body that is empty.
const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Signs a request without a body whose address is escaped and whose query is sorted. All headers that it has are signed.
pub(crate) fn sign(ask: &mut Ask<'_>, credentials: &Credentials, region: &str, now: Timestamp) {
    let time = basic_time(now);
    let day = &time[..8];
    ask.headers.push(("x-amz-content-sha256".to_owned(), NOTHING.to_owned()));
    ask.headers.push(("x-amz-date".to_owned(), time.clone()));
    if let Some(token) = &credentials.session_token {
        ask.headers.push(("x-amz-security-token".to_owned(), token.clone()));
    }
    let (canonical, names) = canonical(ask);
    let scope = format!("{day}/{region}/s3/aws4_request");
    let digest = hex(&Sha256::digest(canonical.as_bytes()));
    let text = format!("{ALGORITHM}\n{time}\n{scope}\n{digest}");
    let first = format!("AWS4{}", credentials.secret_key);
    let key = [day, region, "s3", "aws4_request"]
        .iter()
        .fold(first.into_bytes(), |key, part| mac(&key, part.as_bytes()));
    let signature = hex(&mac(&key, text.as_bytes()));
    ask.authorization = Some(Secret::new(format!(
        "{ALGORITHM} Credential={}/{scope},SignedHeaders={names},Signature={signature}",
        credentials.access_key
    )));
}

/// Escapes text for a path or a query as signatures want it. A slash stays one in a path.
pub(crate) fn escaped(text: &str, in_path: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            b'/' if in_path => out.push('/'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The request as it is signed, and the names of its headers.
fn canonical(ask: &Ask<'_>) -> (String, String) {
    let place = ask.url.split_once("://").map_or(ask.url.as_str(), |(_, place)| place);
    let (place, query) = place.split_once('?').unwrap_or((place, ""));
    let (host, path) = place.split_at(place.find('/').unwrap_or(place.len()));
    let mut headers: Vec<(String, &str)> =
        ask.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.trim())).collect();
    headers.push(("host".to_owned(), host));
    headers.sort();
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let path = if path.is_empty() { "/" } else { path };
    (format!("{}\n{path}\n{query}\n{lines}\n{names}\n{NOTHING}", ask.method), names)
}

/// A moment as `20130524T000000Z`.
fn basic_time(at: Timestamp) -> String {
    at.to_string().chars().filter(|c| !matches!(c, '-' | ':')).collect()
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length will do");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The keys, the moment and the bucket of the examples that AWS publishes.
    fn check(mut ask: Ask<'_>, signed_headers: &str, signature: &str) {
        let keys = Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        sign(&mut ask, &keys, "us-east-1", Timestamp::from_unix(1_369_353_600));
        let expected = format!(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
             SignedHeaders={signed_headers},Signature={signature}"
        );
        assert_eq!(ask.authorization.as_ref().map(Secret::reveal), Some(expected.as_str()));
        assert!(!format!("{ask:?}").contains(signature), "no signature is shown");
    }

    #[test]
    fn requests_are_signed_as_aws_publishes() {
        check(
            Ask::get("https://examplebucket.s3.amazonaws.com/test.txt").with_header("Range", "bytes=0-9"),
            "host;range;x-amz-content-sha256;x-amz-date",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        );
        check(
            Ask::get("https://examplebucket.s3.amazonaws.com/?lifecycle="),
            "host;x-amz-content-sha256;x-amz-date",
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        );
        check(
            Ask::get("https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J"),
            "host;x-amz-content-sha256;x-amz-date",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        );
    }

    #[test]
    fn text_is_escaped_as_it_is_signed() {
        assert_eq!(escaped("a b/ü+~(1).yaml", true), "a%20b/%C3%BC%2B~%281%29.yaml");
        assert_eq!(escaped("a/b=", false), "a%2Fb%3D");
    }
}
