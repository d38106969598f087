//! Where an artifact is: a registry and a repository in it.

use std::fmt;

use windlass_core::{Error, ErrorKind, Result};
use windlass_http::Origin;

/// The longest name of a repository, with its registry, as the specification has it.
const NAME_BYTES_MAX: usize = 255;

/// A repository of a registry: `oci://host:port/path`.
///
/// Invariant: `host` is the authority of an address, with a port or without, and holds no user; `repository` is a name as
/// the distribution specification defines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    host: String,
    repository: String,
}

/// An address, and what was written behind the name of the repository.
pub(crate) struct Parsed {
    pub(crate) address: Address,
    pub(crate) tag: Option<String>,
}

impl Address {
    /// Reads `oci://host/repository`, with `:tag` behind it or without.
    pub(crate) fn parse(text: &str) -> Result<Parsed> {
        let rest = text.strip_prefix("oci://").ok_or_else(|| {
            invalid("not the address of an artifact", text).with_help("write oci://host/repository")
        })?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        if rest.contains('@') {
            let error = invalid("the address has a user, a password or a digest", text);
            return Err(error.with_help("give credentials and the digest apart from the address"));
        }
        if !is_host(host) {
            return Err(invalid("the address names no registry", text));
        }
        let (repository, tag) = match path.split_once(':') {
            Some((repository, tag)) => (repository, Some(tag.to_owned())),
            None => (path, None),
        };
        let host = host.to_ascii_lowercase();
        let repository = match is_docker_hub(&host) && !repository.contains('/') {
            true => format!("library/{repository}"),
            false => repository.to_owned(),
        };
        if !is_repository(&repository) || host.len() + repository.len() > NAME_BYTES_MAX {
            let error = invalid("not the name of a repository", text);
            return Err(error.with_help("names are lower case letters, digits, and . _ - between them"));
        }
        if tag.as_deref().is_some_and(|tag| !is_tag(tag)) {
            return Err(invalid("not a tag", text));
        }
        Ok(Parsed { address: Self { host, repository }, tag })
    }

    /// Where the registry answers. What everybody calls docker.io answers elsewhere.
    pub(crate) fn registry(&self) -> &str {
        if is_docker_hub(&self.host) { "registry-1.docker.io" } else { &self.host }
    }

    /// The registry as it is called in a Docker configuration.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn repository(&self) -> &str {
        &self.repository
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.repository)
    }
}

pub(crate) fn is_docker_hub(host: &str) -> bool {
    matches!(host, "docker.io" | "index.docker.io" | "registry-1.docker.io")
}

/// Whether a text is a tag by the distribution specification.
pub(crate) fn is_tag(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    (1..=128).contains(&text.len()) && text.chars().all(fits) && !text.starts_with(['.', '-'])
}

fn is_host(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    text.chars().all(fits) && Origin::of(&format!("https://{text}/")).is_some()
}

/// Names between slashes: lower case letters and digits, with one `.`, one or two `_`, or any number of `-` between.
fn is_repository(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_name = |name: &str| {
        let separators = name.split(is_word).filter(|between| !between.is_empty());
        let separated = separators
            .into_iter()
            .all(|between| matches!(between, "." | "_" | "__") || between.chars().all(|c| c == '-'));
        name.starts_with(is_word) && name.ends_with(is_word) && separated
    };
    text.split('/').all(is_name)
}

fn invalid(message: &'static str, text: &str) -> Error {
    // What stands before an `@` may be a password.
    let shown = text.rsplit_once('@').map_or(text, |(_, rest)| rest);
    Error::new(ErrorKind::Invalid, message).with("url", shown.escape_debug().take(200).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let shown = match Address::parse(text) {
            Ok(Parsed { address, tag }) => {
                format!("{} {address} {}", address.registry(), tag.unwrap_or_default())
            }
            Err(error) => error.message().to_owned(),
        };
        assert_eq!(shown.trim_end(), expected, "{text}");
    }

    #[test]
    fn an_address_is_a_registry_and_a_repository() {
        check("oci://registry.example/fleet/shop", "registry.example registry.example/fleet/shop");
        check("oci://localhost:5000/a", "localhost:5000 localhost:5000/a");
        check("oci://[::1]:5000/a/b__c.d---e", "[::1]:5000 [::1]:5000/a/b__c.d---e");
        check("oci://REGISTRY.example/fleet/shop:v1", "registry.example registry.example/fleet/shop v1");
        check("oci://docker.io/shop", "registry-1.docker.io docker.io/library/shop");
    }

    #[test]
    fn what_is_none_is_refused_without_showing_a_password() {
        check("https://registry.example/fleet/shop", "not the address of an artifact");
        check("oci://registry.example", "not the name of a repository");
        check("oci:///fleet", "the address names no registry");
        check("oci://registry.example/Fleet", "not the name of a repository");
        check("oci://registry.example/a/../b", "not the name of a repository");
        check("oci://registry.example/a//b", "not the name of a repository");
        check("oci://registry.example/a___b", "not the name of a repository");
        check("oci://registry.example/a?b=c", "not the name of a repository");
        check("oci://registry.example/a:b:c", "not a tag");
        check("oci://registry.example:x/a", "the address names no registry");
        let error = Address::parse("oci://ada:secret@registry.example/a").map(|_| ()).unwrap_err();
        assert!(!format!("{error:?} {error}").contains("secret"), "{error}");
    }
}
