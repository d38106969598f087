//! Certificates as Go's x509 makes them from Sprig's template.

use std::net::IpAddr;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use super::{
    PrivateKey, Stream,
    der::{self, Reader},
};
use crate::template::{Time, layout};

/// What a certificate is to say.
pub(crate) struct Request {
    pub(crate) common_name: String,
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) names: Vec<String>,
    pub(crate) days: i64,
    pub(crate) is_authority: bool,
}

/// A certificate and its key, in PEM.
pub(crate) struct Certificate {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// Who signs: the name and the key id of a certificate.
pub(crate) struct Subject {
    name: Vec<u8>,
    key_id: Option<Vec<u8>>,
}

impl Subject {
    /// The subject of a certificate in PEM, or nothing where it is none.
    pub(crate) fn of_pem(text: &str) -> Option<Self> {
        let (_, bytes) = unpem(text)?;
        let mut certificate = Reader(Reader(&bytes).expect(der::SEQUENCE)?.content);
        let mut fields = Reader(certificate.expect(der::SEQUENCE)?.content);
        let mut first = fields.next()?;
        if first.tag == 0xa0 {
            first = fields.next()?;
        }
        if first.tag != der::INTEGER {
            return None;
        }
        // The algorithm, the issuer and the validity come before the subject, the public key after it.
        for _ in 0..3 {
            fields.expect(der::SEQUENCE)?;
        }
        let name = fields.expect(der::SEQUENCE)?.whole.to_vec();
        fields.expect(der::SEQUENCE)?;
        Some(Self { name, key_id: key_id(fields) })
    }
}

const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1d, 0x0e];
const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1d, 0x23];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const EXTENDED_USAGE: &[u8] = &[0x55, 0x1d, 0x25];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1d, 0x11];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const SERVER_AUTH: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
const CLIENT_AUTH: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02];
const TRUE: &[u8] = &[1, 1, 0xff];

/// The key id among the extensions.
fn key_id(mut fields: Reader<'_>) -> Option<Vec<u8>> {
    while let Some(field) = fields.next() {
        if field.tag != 0xa3 {
            continue;
        }
        let mut extensions = Reader(Reader(field.content).expect(der::SEQUENCE)?.content);
        while let Some(extension) = extensions.next() {
            let mut parts = Reader(extension.content);
            if parts.expect(der::OBJECT)?.content != SUBJECT_KEY_ID {
                continue;
            }
            let content = parts.expect(der::OCTETS)?.content;
            return Reader(content).expect(der::OCTETS).map(|id| id.content.to_vec());
        }
    }
    None
}

/// Makes a certificate for `key`, signed by itself or by a parent.
pub(crate) fn issue(
    request: &Request,
    key: &PrivateKey,
    parent: Option<(&Subject, &PrivateKey)>,
    now: Time,
    random: &mut Stream,
) -> Result<Certificate, String> {
    let subject = name(&request.common_name);
    let (algorithm, public) = key.public()?;
    let issuer = parent.map_or_else(|| subject.clone(), |(parent, _)| parent.name.clone());
    let signer = parent.map_or(key, |(_, key)| key);
    let mut serial = [0; 16];
    random.fill(&mut serial);
    let key_id = request.is_authority.then(|| Sha256::digest(&public)[..20].to_vec());
    let authority_id = parent.filter(|_| issuer != subject).and_then(|(parent, _)| parent.key_id.as_deref());
    let end = now.add_date(0, 0, request.days);
    let tbs = der::sequence(&[
        &der::value(0xa0, &der::integer(&[2])),
        &der::integer(&serial),
        &signer.signature_algorithm(),
        &issuer,
        &der::sequence(&[&moment(&now), &moment(&end)]),
        &subject,
        &der::sequence(&[&algorithm, &der::bits(&public, 0)]),
        &der::value(0xa3, &extensions(request, key_id.as_deref(), authority_id)),
    ]);
    let signature = signer.sign(&tbs).map_err(|error| format!("error creating certificate: {error}"))?;
    let whole = der::sequence(&[&tbs, &signer.signature_algorithm(), &der::bits(&signature, 0)]);
    Ok(Certificate { certificate: pem("CERTIFICATE", &whole), key: key.to_pem()? })
}

fn name(common_name: &str) -> Vec<u8> {
    if common_name.is_empty() {
        return der::sequence(&[]);
    }
    let printable =
        common_name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte));
    let text = der::value(if printable { der::PRINTABLE } else { der::UTF8 }, common_name.as_bytes());
    let attribute = der::sequence(&[&der::value(der::OBJECT, COMMON_NAME), &text]);
    der::sequence(&[&der::value(der::SET, &attribute)])
}

fn moment(time: &Time) -> Vec<u8> {
    let utc = time.utc();
    if (1950..2050).contains(&utc.civil().year) {
        return der::value(0x17, layout::format(&utc, "060102150405Z").as_bytes());
    }
    der::value(0x18, layout::format(&utc, "20060102150405Z").as_bytes())
}

fn extension(id: &[u8], critical: bool, content: &[u8]) -> Vec<u8> {
    let critical = if critical { TRUE } else { &[] };
    der::sequence(&[&der::value(der::OBJECT, id), critical, &der::value(der::OCTETS, content)])
}

fn extensions(request: &Request, key_id: Option<&[u8]>, authority_id: Option<&[u8]>) -> Vec<u8> {
    // Digital signature and key encipherment; an authority signs certificates too.
    let usage = if request.is_authority { der::bits(&[0xa4], 2) } else { der::bits(&[0xa0], 5) };
    let extended =
        der::sequence(&[&der::value(der::OBJECT, SERVER_AUTH), &der::value(der::OBJECT, CLIENT_AUTH)]);
    let constraints = if request.is_authority { der::sequence(&[TRUE]) } else { der::sequence(&[]) };
    let mut all = vec![
        extension(KEY_USAGE, true, &usage),
        extension(EXTENDED_USAGE, false, &extended),
        extension(BASIC_CONSTRAINTS, true, &constraints),
    ];
    if let Some(id) = key_id {
        all.push(extension(SUBJECT_KEY_ID, false, &der::value(der::OCTETS, id)));
    }
    if let Some(id) = authority_id {
        all.push(extension(AUTHORITY_KEY_ID, false, &der::sequence(&[&der::value(0x80, id)])));
    }
    let names: Vec<Vec<u8>> = request.names.iter().map(|name| der::value(0x82, name.as_bytes())).collect();
    let addresses = request.addresses.iter().map(|address| match address {
        IpAddr::V4(address) => der::value(0x87, &address.octets()),
        IpAddr::V6(address) => der::value(0x87, &address.octets()),
    });
    let alternatives: Vec<u8> = names.into_iter().chain(addresses).flatten().collect();
    if !alternatives.is_empty() {
        let critical = request.common_name.is_empty();
        all.push(extension(ALTERNATIVE_NAMES, critical, &der::value(der::SEQUENCE, &alternatives)));
    }
    der::value(der::SEQUENCE, &all.concat())
}

/// Bytes in PEM.
pub(crate) fn pem(kind: &str, bytes: &[u8]) -> String {
    let code = STANDARD.encode(bytes);
    let mut out = format!("-----BEGIN {kind}-----\n");
    for line in code.as_bytes().chunks(64) {
        out.push_str(&String::from_utf8_lossy(line));
        out.push('\n');
    }
    out + &format!("-----END {kind}-----\n")
}

/// The first block of PEM in a text: its kind and its bytes.
pub(crate) fn unpem(text: &str) -> Option<(String, Vec<u8>)> {
    let start = text.find("-----BEGIN ")? + "-----BEGIN ".len();
    let (kind, rest) = text[start..].split_once("-----")?;
    let (body, _) = rest.split_once(&format!("-----END {kind}-----"))?;
    let code: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    Some((kind.into(), STANDARD.decode(code).ok()?))
}
