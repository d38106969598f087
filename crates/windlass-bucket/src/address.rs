//! Where a bucket is: a server, a region, and the name of the bucket in the path or as a host.

use windlass_core::{Error, ErrorKind, Result};
use windlass_http::Origin;

use crate::options::{Access, Style};

/// The longest name of a bucket, in bytes.
const NAME_BYTES_MAX: usize = 255;
/// Where AWS answers for buckets of every region.
const AWS: &str = "s3.amazonaws.com";
/// The region where none is said, as every client has it.
const REGION: &str = "us-east-1";

/// A bucket of a server.
///
/// Invariant: `base` is the origin, and behind it the path of the bucket where the name is not part of the host; it ends
/// without a slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    bucket: String,
    base: String,
    origin: Origin,
    region: String,
    by_host: bool,
}

impl Address {
    /// Reads an endpoint, `s3.example:9000` or with `https://` before it, for a bucket.
    pub(crate) fn new(endpoint: &str, bucket: &str, access: &Access) -> Result<Self> {
        if !is_bucket(bucket) {
            return Err(Error::new(ErrorKind::Invalid, "not the name of a bucket")
                .with("bucket", bucket.escape_debug().take(200).collect::<String>()));
        }
        let server = server(endpoint, access.plain_http)?;
        let region = access.region.clone().or_else(|| region_of(server.host()));
        let region = region.unwrap_or_else(|| REGION.to_owned());
        if !is_region(&region) {
            return Err(Error::new(ErrorKind::Invalid, "not the name of a region")
                .with("region", region.escape_debug().take(200).collect::<String>()));
        }
        // A bucket answers where its region is, and elsewhere only with a redirect.
        let server = match server.host() == AWS && region != REGION {
            true => server.to_string().replace(AWS, &format!("s3.{region}.amazonaws.com")),
            false => server.to_string(),
        };
        let by_host = match access.style {
            Style::Auto => knows_hosts(&server) && !bucket.contains('.'),
            style => style == Style::Host,
        };
        let (scheme, place) = server.split_once("://").unwrap_or(("https", &server));
        let base = match by_host {
            true => format!("{scheme}://{bucket}.{place}"),
            false => format!("{server}/{bucket}"),
        };
        let origin = Origin::of(&base).ok_or_else(|| invalid("not the address of a server", endpoint))?;
        Ok(Self { bucket: bucket.to_owned(), base, origin, region, by_host })
    }

    pub(crate) fn bucket(&self) -> &str {
        &self.bucket
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    /// The address of the bucket itself, without a query.
    pub(crate) fn all(&self) -> String {
        if self.by_host { format!("{}/", self.base) } else { self.base.clone() }
    }

    /// The address of an object, whose key is escaped.
    pub(crate) fn of(&self, escaped_key: &str) -> String {
        format!("{}/{escaped_key}", self.base)
    }

    /// Whether what the server calls an ETag may be the MD5 of an object. It is not in the directory buckets of S3 Express.
    pub(crate) fn may_have_md5(&self) -> bool {
        !self.bucket.ends_with("--x-s3")
    }
}

fn server(endpoint: &str, plain_http: bool) -> Result<Origin> {
    let usual = if plain_http { "http" } else { "https" };
    let whole = if endpoint.contains("://") { endpoint.to_owned() } else { format!("{usual}://{endpoint}") };
    let whole = whole.trim_end_matches('/');
    let has_path = whole.split_once("://").is_none_or(|(_, place)| place.contains(['/', '?', '#']));
    let origin = Origin::of(whole).filter(|_| !has_path).ok_or_else(|| {
        invalid("not the address of a server", endpoint).with_help("write host or host:port")
    })?;
    if !origin.is_secure() && !plain_http {
        return Err(Error::new(ErrorKind::Denied, "the server is reached by plain HTTP")
            .with("endpoint", &origin)
            .with_help("use https, or say that plain HTTP is meant"));
    }
    Ok(origin)
}

/// The region that stands in a host of AWS: `s3.eu-west-1.amazonaws.com`.
fn region_of(host: &str) -> Option<String> {
    let rest = host.strip_suffix(".amazonaws.com.cn").or_else(|| host.strip_suffix(".amazonaws.com"))?;
    let region = rest.strip_prefix("s3.").or_else(|| rest.strip_prefix("s3-"))?;
    let region = region.strip_prefix("dualstack.").unwrap_or(region);
    (region.contains('-') && is_region(region)).then(|| region.to_owned())
}

/// Whether buckets are hosts of a server: AWS and Google.
fn knows_hosts(server: &str) -> bool {
    let host = server.split_once("://").map_or(server, |(_, place)| place);
    let is_aws = host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
    is_aws || host == "storage.googleapis.com"
}

fn is_bucket(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.chars().all(fits) && !matches!(name, "." | "..")
}

fn is_region(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    (1..=64).contains(&name.len()) && name.chars().all(fits)
}

fn invalid(message: &'static str, text: &str) -> Error {
    // What stands before an `@` may be a password.
    let shown = text.rsplit_once('@').map_or(text, |(_, rest)| rest);
    Error::new(ErrorKind::Invalid, message)
        .with("endpoint", shown.escape_debug().take(200).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(endpoint: &str, bucket: &str, access: &Access, expected: &str) {
        let shown = match Address::new(endpoint, bucket, access) {
            Ok(address) => format!("{} {}", address.of("key"), address.region()),
            Err(error) => error.message().to_owned(),
        };
        assert_eq!(shown, expected, "{endpoint}");
    }

    #[test]
    fn a_bucket_is_a_host_where_its_server_knows_that() {
        let access = Access::default();
        check("s3.amazonaws.com", "fleet", &access, "https://fleet.s3.amazonaws.com/key us-east-1");
        check("s3.amazonaws.com", "a.b", &access, "https://s3.amazonaws.com/a.b/key us-east-1");
        check(
            "storage.googleapis.com",
            "fleet",
            &access,
            "https://fleet.storage.googleapis.com/key us-east-1",
        );
        check("minio.example:9000", "fleet", &access, "https://minio.example:9000/fleet/key us-east-1");
        check("https://minio.example/", "fleet", &access, "https://minio.example/fleet/key us-east-1");
        let path = Access { style: Style::Path, ..Access::default() };
        check("s3.amazonaws.com", "fleet", &path, "https://s3.amazonaws.com/fleet/key us-east-1");
        let host = Access { style: Style::Host, plain_http: true, ..Access::default() };
        check("minio.example:9000", "fleet", &host, "http://fleet.minio.example:9000/key us-east-1");
    }

    #[test]
    fn a_region_is_what_is_said_or_what_the_host_says() {
        let access = Access { region: Some("eu-central-1".to_owned()), ..Access::default() };
        let host = "https://fleet.s3.eu-central-1.amazonaws.com/key eu-central-1";
        check("s3.amazonaws.com", "fleet", &access, host);
        check("s3.eu-central-1.amazonaws.com", "fleet", &Access::default(), host);
        let old = "https://fleet.s3-eu-west-1.amazonaws.com/key eu-west-1";
        check("s3-eu-west-1.amazonaws.com", "fleet", &Access::default(), old);
        let odd = Access { region: Some("eu west".to_owned()), ..Access::default() };
        check("s3.amazonaws.com", "fleet", &odd, "not the name of a region");
    }

    #[test]
    fn what_is_no_server_or_no_bucket_is_refused_without_showing_a_password() {
        let access = Access::default();
        for odd in ["", "a b", "https://s3.example/path", "s3.example/fleet", "ftp://s3.example"] {
            check(odd, "fleet", &access, "not the address of a server");
        }
        for odd in ["", "..", "a/b", "a?b", "ü"] {
            check("s3.example", odd, &access, "not the name of a bucket");
        }
        check("http://s3.example", "fleet", &access, "the server is reached by plain HTTP");
        let error = Address::new("https://ada:secret@s3.example", "fleet", &access).unwrap_err();
        assert!(!format!("{error:?} {error}").contains("secret"), "{error}");
    }
}
