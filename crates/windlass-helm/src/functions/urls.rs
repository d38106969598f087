//! URLs, as Go's net/url takes them apart and puts them together.

use super::{
    args::{fail, map, text},
    table::Function,
};
use crate::template::{Map, Param, Value, failure::Run, quote::quote, shared::Shared};

pub(super) const FUNCTIONS: &[Function] =
    &[Function::new("urlParse", &[Param::Text], parsed), Function::new("urlJoin", &[Param::Map], joined)];

/// A URL in its parts, decoded where Go decodes them.
#[derive(Debug, Default)]
struct Url {
    scheme: String,
    opaque: String,
    user: Option<User>,
    host: String,
    path: String,
    raw_path: String,
    query: Option<String>,
    fragment: String,
    raw_fragment: String,
}

#[derive(Debug)]
struct User {
    name: String,
    password: Option<String>,
}

/// Where a part of a URL stands, which says what has to be escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    Host,
    User,
    Fragment,
}

fn keeps(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
        return true;
    }
    match part {
        Part::Host => matches!(
            byte,
            b'!' | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
                | b':'
                | b'['
                | b']'
                | b'<'
                | b'>'
                | b'"'
        ),
        Part::Path => matches!(byte, b'$' | b'&' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'@'),
        Part::User => matches!(byte, b'$' | b'&' | b'+' | b',' | b';' | b'='),
        Part::Fragment => {
            matches!(
                byte,
                b'$' | b'&'
                    | b'+'
                    | b','
                    | b'/'
                    | b':'
                    | b';'
                    | b'='
                    | b'?'
                    | b'@'
                    | b'!'
                    | b'('
                    | b')'
                    | b'*'
            )
        }
    }
}

fn escape(text: &str, part: Part) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if keeps(byte, part) { out.push(byte as char) } else { out.push_str(&format!("%{byte:02X}")) }
    }
    out
}

fn unescape(text: &str, part: Part) -> Result<String, String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
            let Some(byte) = hex.filter(|_| bytes[at + 1].is_ascii_hexdigit()) else {
                let end = (at + 3).min(bytes.len());
                return Err(format!("invalid URL escape {}", quote(&bytes[at..end])));
            };
            if part == Part::Host && byte < 0x80 && !(byte == b'%' && text[at..].starts_with("%25")) {
                return Err(format!("invalid URL escape {}", quote(&bytes[at..at + 3])));
            }
            out.push(byte);
            at += 3;
            continue;
        }
        if part == Part::Host && bytes[at] < 0x80 && !keeps(bytes[at], part) {
            return Err(format!("invalid character {} in host name", quote(&bytes[at..=at])));
        }
        out.push(bytes[at]);
        at += 1;
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

impl Url {
    fn parse(text: &str) -> Result<Self, String> {
        let problem = |why: String| format!("parse {}: {why}", quote(text.as_bytes()));
        let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
        let mut url = Self::parse_without_fragment(rest).map_err(problem)?;
        url.fragment = unescape(fragment, Part::Fragment).map_err(problem)?;
        if escape(&url.fragment, Part::Fragment) != fragment {
            url.raw_fragment = fragment.into();
        }
        Ok(url)
    }

    fn parse_without_fragment(text: &str) -> Result<Self, String> {
        if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
            return Err("net/url: invalid control character in URL".into());
        }
        let mut url = Self::default();
        if text == "*" {
            url.path = "*".into();
            return Ok(url);
        }
        let (scheme, mut rest) = split_scheme(text)?;
        url.scheme = scheme.to_lowercase();
        if let Some((before, query)) = rest.split_once('?') {
            rest = before;
            // A lone question mark at the end stays in the text only.
            url.query = Some(query.into()).filter(|query: &String| !query.is_empty() || before.is_empty());
            url.query = url.query.or(Some(String::new()));
        }
        if !rest.starts_with('/') {
            if !url.scheme.is_empty() {
                url.opaque = rest.into();
                return Ok(url);
            }
            if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
                return Err("first path segment in URL cannot contain colon".into());
            }
        }
        if (!url.scheme.is_empty() || !rest.starts_with("///")) && rest.starts_with("//") {
            let authority = &rest[2..];
            let end = authority.find('/').unwrap_or(authority.len());
            url.set_authority(&authority[..end])?;
            rest = &authority[end..];
        }
        url.path = unescape(rest, Part::Path)?;
        if escape(&url.path, Part::Path) != rest {
            url.raw_path = rest.into();
        }
        Ok(url)
    }

    fn set_authority(&mut self, authority: &str) -> Result<(), String> {
        let host = match authority.rsplit_once('@') {
            Some((user, host)) => {
                let allowed = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
                if !user.chars().all(allowed) {
                    return Err("net/url: invalid userinfo".into());
                }
                let (name, password) = match user.split_once(':') {
                    Some((name, password)) => (name, Some(unescape(password, Part::User)?)),
                    None => (user, None),
                };
                self.user = Some(User { name: unescape(name, Part::User)?, password });
                host
            }
            None => authority,
        };
        self.host = parse_host(host)?;
        Ok(())
    }

    /// The host without its port and brackets.
    fn hostname(&self) -> &str {
        if let Some(inner) = self.host.strip_prefix('[') {
            return inner.split(']').next().unwrap_or_default();
        }
        match self.host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => &self.host,
        }
    }
}

fn parse_host(host: &str) -> Result<String, String> {
    let port = match host.strip_prefix('[') {
        Some(inner) => {
            let Some(end) = inner.rfind(']') else {
                return Err("missing ']' in host".into());
            };
            &inner[end + 1..]
        }
        None => host.rfind(':').map_or("", |at| &host[at..]),
    };
    let valid = port.is_empty()
        || port.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    if !valid {
        return Err(format!("invalid port {} after host", quote(port.as_bytes())));
    }
    unescape(host, Part::Host)
}

fn split_scheme(text: &str) -> Result<(&str, &str), String> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".into()),
            b':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok(("", text))
}

impl User {
    fn show(&self) -> String {
        let name = escape(&self.name, Part::User);
        match &self.password {
            Some(password) => format!("{name}:{}", escape(password, Part::User)),
            None => name,
        }
    }
}

impl std::fmt::Display for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.scheme.is_empty() {
            write!(f, "{}:", self.scheme)?;
        }
        if self.opaque.is_empty() {
            if !self.scheme.is_empty() || !self.host.is_empty() || self.user.is_some() {
                if !self.host.is_empty() || !self.path.is_empty() || self.user.is_some() {
                    f.write_str("//")?;
                }
                if let Some(user) = &self.user {
                    write!(f, "{}@", user.show())?;
                }
                f.write_str(&escape(&self.host, Part::Host))?;
            }
            let path =
                if self.raw_path.is_empty() { escape(&self.path, Part::Path) } else { self.raw_path.clone() };
            if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
                f.write_str("/")?;
            }
            let alone = self.scheme.is_empty() && self.host.is_empty() && self.user.is_none();
            if alone && path.split('/').next().is_some_and(|segment| segment.contains(':')) {
                f.write_str("./")?;
            }
            f.write_str(&path)?;
        } else {
            f.write_str(&self.opaque)?;
        }
        if let Some(query) = self.query.as_ref().filter(|query| !query.is_empty()) {
            write!(f, "?{query}")?;
        }
        if !self.fragment.is_empty() {
            let fragment = if self.raw_fragment.is_empty() {
                escape(&self.fragment, Part::Fragment)
            } else {
                self.raw_fragment.clone()
            };
            write!(f, "#{fragment}")?;
        }
        Ok(())
    }
}

fn parsed(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let url = match Url::parse(&text(args, 0)) {
        Ok(url) => url,
        Err(problem) => return fail(format!("unable to parse url: {problem}")),
    };
    let out: Map = [
        ("scheme", Value::from(url.scheme.as_str())),
        ("host", url.host.as_str().into()),
        ("hostname", url.hostname().into()),
        ("path", url.path.as_str().into()),
        ("query", url.query.clone().unwrap_or_default().into()),
        ("opaque", url.opaque.as_str().into()),
        ("fragment", url.fragment.as_str().into()),
        ("userinfo", url.user.as_ref().map(User::show).unwrap_or_default().into()),
    ]
    .into_iter()
    .collect();
    Ok(out.into())
}

fn joined(_: &mut Shared<'_>, args: &[Value]) -> Run<Value> {
    let part = |key: &str| match map(args, 0).and_then(|map| map.get(key)) {
        None => Ok(String::new()),
        Some(Value::Text(text)) => Ok(text.to_string()),
        Some(Value::Nil | Value::Null) => fail(super::args::NIL_POINTER),
        Some(other) => fail(format!(
            "unable to parse {key} key, must be of type string, but {} found",
            other.kind_name()
        )),
    };
    let mut url = Url {
        scheme: part("scheme")?,
        host: part("host")?,
        path: part("path")?,
        query: Some(part("query")?),
        opaque: part("opaque")?,
        fragment: part("fragment")?,
        ..Url::default()
    };
    let user = part("userinfo")?;
    if !user.is_empty() {
        match Url::parse(&format!("proto://{user}@host")) {
            Ok(parsed) => url.user = parsed.user,
            Err(problem) => return fail(format!("unable to parse userinfo in dict: {problem}")),
        }
    }
    Ok(url.to_string().into())
}
