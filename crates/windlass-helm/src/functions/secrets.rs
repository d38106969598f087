//! Random values, passwords, keys and certificates. Randomness comes from what the render was given.

use std::{borrow::Cow, net::IpAddr, rc::Rc};

use super::{
    args::{bytes, fail, int, text, value},
    codes,
    table::Function,
};
use crate::{
    crypto::{self, Certificate, PrivateKey, Request, Stream, Subject},
    template::{
        GoObject, Param, Shape, Value,
        failure::{Failure, Run},
        fmt::shown,
        shared::Shared,
    },
};

const COUNT: &[Param] = &[Param::Int];
const CERT: &[Param] = &[Param::Text, Param::List, Param::List, Param::Int];
const CERT_KEY: &[Param] = &[Param::Text, Param::List, Param::List, Param::Int, Param::Text];
const SIGNED: &[Param] = &[Param::Text, Param::List, Param::List, Param::Int, Param::Certificate];
const SIGNED_KEY: &[Param] =
    &[Param::Text, Param::List, Param::List, Param::Int, Param::Certificate, Param::Text];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("randAlphaNum", COUNT, |shared, args| letters(shared, args, |c| c.is_ascii_alphanumeric())),
    Function::new("randAlpha", COUNT, |shared, args| letters(shared, args, |c| c.is_ascii_alphabetic())),
    Function::new("randNumeric", COUNT, |shared, args| letters(shared, args, |c| c.is_ascii_digit())),
    Function::new("randAscii", COUNT, |shared, args| letters(shared, args, |_| true)),
    Function::new("randBytes", COUNT, random_bytes),
    Function::new("randInt", &[Param::Int, Param::Int], random_int),
    Function::new("uuidv4", &[], uuid),
    Function::new("shuffle", &[Param::Text], shuffle),
    Function::new("bcrypt", &[Param::Text], |shared, args| hashed(shared, args, 0)),
    Function::new("htpasswd", &[Param::Text, Param::Text], htpasswd),
    Function::new(
        "derivePassword",
        &[Param::Uint32, Param::Text, Param::Text, Param::Text, Param::Text],
        derive,
    ),
    Function::new("encryptAES", &[Param::Text, Param::Text], encrypt),
    Function::new("decryptAES", &[Param::Text, Param::Text], decrypt),
    Function::new("genPrivateKey", &[Param::Text], private_key),
    Function::new("buildCustomCert", &[Param::Text, Param::Text], custom_certificate),
    Function::new("genCA", &[Param::Text, Param::Int], |shared, args| authority(shared, args, None)),
    Function::new("genCAWithKey", &[Param::Text, Param::Int, Param::Text], |shared, args| {
        authority(shared, args, Some(2))
    }),
    Function::new("genSelfSignedCert", CERT, |shared, args| certificate(shared, args, None, None)),
    Function::new("genSelfSignedCertWithKey", CERT_KEY, |shared, args| {
        certificate(shared, args, None, Some(4))
    }),
    Function::new("genSignedCert", SIGNED, |shared, args| certificate(shared, args, Some(4), None)),
    Function::new("genSignedCertWithKey", SIGNED_KEY, |shared, args| {
        certificate(shared, args, Some(4), Some(5))
    }),
];

const KEY_BITS: usize = 2048;
const PRIVATE_KEY_BITS: usize = 4096;

fn random(shared: &Shared<'_>) -> Run<Stream> {
    match shared.env.random {
        Some(source) => Ok(Stream::new(source)),
        None => fail("no source of randomness was given"),
    }
}

/// How many characters are wanted; what is negative is none, as Sprig drops the error.
fn count(shared: &mut Shared<'_>, args: &[Value]) -> Run<usize> {
    let count = usize::try_from(int(args, 0)).unwrap_or(0);
    shared.reserve(count)?;
    Ok(count)
}

fn letters(shared: &mut Shared<'_>, args: &[Value], fits: fn(char) -> bool) -> Run<Value> {
    let count = count(shared, args)?;
    let all: Vec<char> = (' '..='~').filter(|c| fits(*c)).collect();
    let mut random = random(shared)?;
    let pick = |_| all[random.below(all.len() as u64) as usize];
    Ok((0..count).map(pick).collect::<String>().into())
}

fn random_bytes(shared: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    if int(args, 0) < 0 {
        return fail("runtime error: makeslice: len out of range");
    }
    let mut buffer = vec![0; count(shared, args)?];
    random(shared)?.fill(&mut buffer);
    Ok(codes::base64(&buffer).into())
}

fn random_int(shared: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let (low, high) = (int(args, 0), int(args, 1));
    match u64::try_from(high.wrapping_sub(low)) {
        Ok(span) if span > 0 => Ok(Value::Int(low.wrapping_add(random(shared)?.below(span) as i64))),
        _ => fail("invalid argument to Intn"),
    }
}

fn uuid(shared: &mut Shared<'_>, _: &[Value]) -> Run<Value> {
    let mut bytes = [0; 16];
    random(shared)?.fill(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = codes::hex(&bytes);
    Ok([&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-").into())
}

fn shuffle(shared: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let mut runes: Vec<char> = text(args, 0).chars().collect();
    if runes.len() > 1 {
        let mut random = random(shared)?;
        for at in (1..runes.len()).rev() {
            runes.swap(at, random.below(at as u64 + 1) as usize);
        }
    }
    Ok(runes.into_iter().collect::<String>().into())
}

fn hashed(shared: &mut Shared<'_>, args: &[Value], at: usize) -> Run<Value> {
    let mut random = random(shared)?;
    Ok(crypto::bcrypt(bytes(args, at), &mut random).unwrap_or_else(|error| error).into())
}

fn htpasswd(shared: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let user = text(args, 0);
    if user.contains(':') {
        return Ok(format!("invalid username: {user}").into());
    }
    let hash = hashed(shared, args, 1)?;
    Ok(format!("{user}:{}", shown(&hash)).into())
}

fn derive(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let counter = match value(args, 0) {
        Value::Uint64(counter) => u32::try_from(*counter).unwrap_or(0),
        _ => 0,
    };
    Ok(crypto::derive(counter, &text(args, 1), bytes(args, 2), bytes(args, 3), bytes(args, 4)).into())
}

fn encrypt(shared: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    if bytes(args, 1).is_empty() {
        return Ok("".into());
    }
    let mut random = random(shared)?;
    Ok(codes::base64(&crypto::encrypt(bytes(args, 0), bytes(args, 1), &mut random)).into())
}

fn decrypt(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    if bytes(args, 1).is_empty() {
        return Ok("".into());
    }
    let crypted = codes::decode_base64(bytes(args, 1)).map_err(Failure::message)?;
    crypto::decrypt(bytes(args, 0), &crypted).map(Value::from).map_err(Failure::message)
}

fn private_key(shared: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let kind = text(args, 0);
    let mut random = random(shared)?;
    let key = match &*kind {
        "" | "rsa" => PrivateKey::rsa(PRIVATE_KEY_BITS, &mut random),
        "ecdsa" => PrivateKey::ecdsa(&mut random),
        "ed25519" => Ok(PrivateKey::ed25519(&mut random)),
        "dsa" => return fail("dsa keys are not made here: they are of no use any more"),
        _ => return Ok(format!("Unknown type {kind}").into()),
    };
    match key.and_then(|key| key.to_pem()) {
        Ok(pem) => Ok(pem.into()),
        Err(error) => Ok(format!("failed to generate private key: {error}").into()),
    }
}

/// `sprig.certificate`. Its `Debug` shows no key.
struct CertificateObject(Certificate);

impl std::fmt::Debug for CertificateObject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("sprig.certificate")
    }
}

impl GoObject for CertificateObject {
    fn type_name(&self) -> Cow<'_, str> {
        "sprig.certificate".into()
    }

    fn shape(&self) -> Shape {
        let Certificate { certificate, key } = &self.0;
        Shape::Struct(vec![("Cert", certificate.as_str().into()), ("Key", key.as_str().into())])
    }
}

fn object(certificate: Certificate) -> Value {
    Value::Object(Rc::new(CertificateObject(certificate)))
}

fn custom_certificate(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let Ok(certificate) = codes::decode_base64(bytes(args, 0)) else {
        return fail("unable to decode base64 certificate");
    };
    let Ok(key) = codes::decode_base64(bytes(args, 1)) else {
        return fail("unable to decode base64 private key");
    };
    let (certificate, key) =
        (String::from_utf8_lossy(&certificate).into_owned(), String::from_utf8_lossy(&key).into_owned());
    if crypto::unpem(&certificate).is_none() {
        return fail("unable to decode certificate");
    }
    if Subject::of_pem(&certificate).is_none() {
        return fail("error parsing certificate: decodedCert.Bytes: x509: malformed certificate");
    }
    if let Err(error) = PrivateKey::of_pem(&key) {
        return fail(format!("error parsing private key: {error}"));
    }
    Ok(object(Certificate { certificate, key }))
}

/// The key that is given as an argument, or a new one.
fn key_for(args: &[Value], at: Option<usize>, random: &mut Stream) -> Run<PrivateKey> {
    match at {
        Some(at) => PrivateKey::of_pem(&text(args, at))
            .map_err(|error| Failure::message(format!("parsing private key: {error}"))),
        None => PrivateKey::rsa(KEY_BITS, random)
            .map_err(|error| Failure::message(format!("error generating rsa key: {error}"))),
    }
}

fn authority(shared: &mut Shared<'_>, args: &[Value], key_at: Option<usize>) -> Run<Value> {
    let mut random = random(shared)?;
    let key = key_for(args, key_at, &mut random)?;
    let request = Request {
        common_name: text(args, 0).into_owned(),
        addresses: Vec::new(),
        names: Vec::new(),
        days: int(args, 1),
        is_authority: true,
    };
    crypto::issue(&request, &key, None, shared.env.now, &mut random).map(object).map_err(Failure::message)
}

fn certificate(
    shared: &mut Shared<'_>,
    args: &[Value],
    parent_at: Option<usize>,
    key_at: Option<usize>,
) -> Run<Value> {
    let mut random = random(shared)?;
    let key = key_for(args, key_at, &mut random)?;
    let parent = match parent_at.map(|at| value(args, at)) {
        Some(Value::Object(parent)) => Some(signer(&**parent)?),
        _ => None,
    };
    let request = Request {
        common_name: text(args, 0).into_owned(),
        addresses: addresses(value(args, 1))?,
        names: names(value(args, 2))?,
        days: int(args, 3),
        is_authority: false,
    };
    let parent = parent.as_ref().map(|(subject, key)| (subject, key));
    crypto::issue(&request, &key, parent, shared.env.now, &mut random).map(object).map_err(Failure::message)
}

fn signer(parent: &dyn GoObject) -> Run<(Subject, PrivateKey)> {
    let field = |name| parent.field(name).map(|value| shown(&value)).unwrap_or_default();
    let certificate = field("Cert");
    if crypto::unpem(&certificate).is_none() {
        return fail("unable to decode certificate");
    }
    let Some(subject) = Subject::of_pem(&certificate) else {
        return fail("error parsing certificate: decodedSignerCert.Bytes: x509: malformed certificate");
    };
    let key = PrivateKey::of_pem(&field("Key"))
        .map_err(|error| Failure::message(format!("error parsing private key: {error}")))?;
    Ok((subject, key))
}

fn items(list: &Value) -> Vec<Value> {
    match list {
        Value::List(list) => list.items(),
        _ => Vec::new(),
    }
}

fn addresses(list: &Value) -> Run<Vec<IpAddr>> {
    let read = |item: Value| match &item {
        Value::Text(text) => match text.to_str().parse() {
            Ok(address) => Ok(address),
            Err(_) => fail(format!("error parsing ip: {text}")),
        },
        other => fail(format!("error parsing ip: {} is not a string", shown(other))),
    };
    items(list).into_iter().map(read).collect()
}

fn names(list: &Value) -> Run<Vec<String>> {
    let read = |item: Value| match &item {
        Value::Text(text) => Ok(text.to_string()),
        other => fail(format!("error processing alternate dns name: {} is not a string", shown(other))),
    };
    items(list).into_iter().map(read).collect()
}
