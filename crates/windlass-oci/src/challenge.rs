//! What a registry wants to be shown, as `WWW-Authenticate` says it.

/// What is to be shown, and where what is shown is got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Challenge {
    Basic,
    Bearer { realm: String, service: Option<String> },
}

/// Reads the value of `WWW-Authenticate`: the first challenge of it that is understood.
pub(crate) fn parse(value: &str) -> Option<Challenge> {
    let (scheme, rest) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
    if scheme.eq_ignore_ascii_case("basic") {
        return Some(Challenge::Basic);
    }
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let (mut realm, mut service, mut rest) = (None, None, rest);
    while let Some((name, after)) = rest.split_once('=') {
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_once(',').unwrap_or((after, "")),
        };
        match name.trim_matches([' ', ',']).to_ascii_lowercase().as_str() {
            "realm" => realm = Some(value.to_owned()),
            "service" => service = Some(value.to_owned()),
            _ => {}
        }
        rest = after;
    }
    Some(Challenge::Bearer { realm: realm?, service })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_read_as_registries_write_it() {
        let bearer = |realm: &str, service: Option<&str>| {
            Some(Challenge::Bearer { realm: realm.into(), service: service.map(str::to_owned) })
        };
        let check = |value: &str, expected| assert_eq!(parse(value), expected, "{value}");
        check(
            "Bearer realm=\"https://auth.example/token\",service=\"registry.example\",scope=\"a:b:pull,push\"",
            bearer("https://auth.example/token", Some("registry.example")),
        );
        check("bearer realm=https://a/t, service=b", bearer("https://a/t", Some("b")));
        check("Bearer realm=\"https://a/t\"", bearer("https://a/t", None));
        check("Basic realm=\"a\"", Some(Challenge::Basic));
        check("basic", Some(Challenge::Basic));
        check("Bearer", None);
        check("Bearer realm=\"open", None);
        check("Negotiate", None);
    }
}
