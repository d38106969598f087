//! A repository of a registry, by the [distribution specification](https://github.com/opencontainers/distribution-spec).

use windlass_core::{Digest, Error, ErrorKind, Result};
use windlass_http::{Answer, Ask, Http, Job, Origin, follow, shown};

use crate::address::{Address, is_tag};
use crate::auth::{Door, Keeper};
use crate::manifest::{INDEXES, MANIFESTS};
use crate::options::{Access, OciLimits, PEER};
use crate::signed::{Referrer, Referrers};

/// The most bytes of the explanation of a refusal that are read.
const REFUSAL_BYTES_MAX: u64 = 64 << 10;

/// One repository and how it is asked.
///
/// Invariant: what `keeper` gives is shown to `origin` alone.
#[derive(Debug)]
pub(crate) struct Registry {
    address: Address,
    origin: Origin,
    base: String,
    http: Http,
    access: Access,
    pub(crate) limits: OciLimits,
    keeper: Keeper,
}

impl Registry {
    pub(crate) fn new(address: Address, access: Access, limits: OciLimits) -> Result<Self> {
        let scheme = if access.plain_http { "http" } else { "https" };
        let root = format!("{scheme}://{}", address.registry());
        let origin =
            Origin::of(&root).ok_or_else(|| Error::new(ErrorKind::Invalid, "the registry has no address"))?;
        let base = format!("{root}/v2/{}", address.repository());
        let http = Http::new(PEER, &access.connection(&limits))?;
        Ok(Self { address, origin, base, http, access, limits, keeper: Keeper::default() })
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Asks what digest a tag has: by one request that has no body, where the registry can answer it.
    pub(crate) fn digest_of(&self, job: &Job, tag: &str) -> Result<Digest> {
        let mut ask = self.ask_manifest(tag);
        ask.method = "HEAD";
        let answer = self.call(job, Right::Pull, ask)?;
        let named = answer.header("docker-content-digest").and_then(|digest| digest.parse().ok());
        match (answer.status(), named) {
            (200, Some(digest)) => Ok(digest),
            // Some registries answer no such request, or without the digest.
            (200 | 400 | 405, _) => self
                .manifest(job, tag)
                .map(|bytes| Digest::of(&bytes))
                .map_err(|error| error.with("tag", tag)),
            _ => Err(self.refused(job, answer).with("tag", tag)),
        }
    }

    /// Brings a manifest or an index by its digest, which is verified.
    pub(crate) fn manifest_of(&self, job: &Job, digest: Digest) -> Result<Vec<u8>> {
        let bytes = self.manifest(job, &digest.to_string()).map_err(|error| error.with("digest", digest))?;
        if Digest::of(&bytes) != digest {
            return Err(Error::new(
                ErrorKind::Corrupt,
                "the registry gives another manifest than was asked for",
            )
            .with("digest", digest));
        }
        Ok(bytes)
    }

    fn manifest(&self, job: &Job, reference: &str) -> Result<Vec<u8>> {
        let answer = self.call(job, Right::Pull, self.ask_manifest(reference))?;
        if answer.status() != 200 {
            return Err(self.refused(job, answer));
        }
        answer.bytes(job, ("manifest_bytes_max", self.limits.manifest_bytes_max))
    }

    /// Brings what a tag names. Whoever uses it verifies it by other means.
    pub(crate) fn manifest_at(&self, job: &Job, tag: &str) -> Result<Vec<u8>> {
        self.manifest(job, tag).map_err(|error| error.with("tag", tag))
    }

    /// Lists what refers to an artifact: as the registry knows it, or else by the tag that is for that.
    pub(crate) fn referrers(&self, job: &Job, digest: Digest) -> Result<Vec<Referrer>> {
        let mut url = format!("{}/referrers/{digest}", self.base);
        let mut found = Vec::new();
        for page in 0..self.limits.list_pages_max {
            let ask = Ask::get(url.clone()).with_header("accept", INDEXES[0]);
            let answer = self.call(job, Right::Pull, ask)?;
            let is_list = answer.header("content-type").is_some_and(|kind| kind.starts_with(INDEXES[0]));
            match answer.status() {
                200 if is_list => {}
                200 | 400 | 404 | 405 | 406 if page == 0 => return self.referrers_by_tag(job, digest),
                _ => return Err(self.refused(job, answer).with("digest", digest)),
            }
            let next = answer.header("link").and_then(next_page).map(str::to_owned);
            let bytes = answer.bytes(job, ("list_bytes_max", self.limits.list_bytes_max))?;
            found.extend(referrers(&bytes)?);
            if found.len() > self.limits.referrers_max {
                let max = self.limits.referrers_max;
                return Err(
                    limit("too much refers to the artifact", "referrers_max", max).with("digest", digest)
                );
            }
            let Some(next) = next else { return Ok(found) };
            url = self.page(&url, &next)?;
        }
        Err(limit(
            "the list of what refers to it has too many pages",
            "list_pages_max",
            self.limits.list_pages_max,
        ))
    }

    fn referrers_by_tag(&self, job: &Job, digest: Digest) -> Result<Vec<Referrer>> {
        match self.manifest_at(job, &crate::signed::tag(digest)) {
            Ok(bytes) => referrers(&bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Brings a small blob, and verifies its digest.
    pub(crate) fn small_blob(&self, job: &Job, digest: Digest) -> Result<Vec<u8>> {
        let answer = self.blob(job, digest)?;
        let bytes = answer
            .bytes(job, ("signature_bytes_max", self.limits.signature_bytes_max))
            .map_err(|error| error.with("blob", digest))?;
        if Digest::of(&bytes) == digest {
            return Ok(bytes);
        }
        Err(Error::new(ErrorKind::Corrupt, "the registry gives another blob than was asked for")
            .with("blob", digest))
    }

    fn ask_manifest(&self, reference: &str) -> Ask<'static> {
        let accepted: Vec<&str> = MANIFESTS.iter().chain(&INDEXES).copied().collect();
        Ask::get(format!("{}/manifests/{reference}", self.base)).with_header("accept", accepted.join(", "))
    }

    /// Opens a blob. Its size and digest are for whoever reads it to verify.
    pub(crate) fn blob(&self, job: &Job, digest: Digest) -> Result<Answer> {
        let ask = Ask::get(format!("{}/blobs/{digest}", self.base));
        let answer = self.call(job, Right::Pull, ask)?;
        if answer.status() != 200 {
            return Err(self.refused(job, answer).with("layer", digest));
        }
        Ok(answer)
    }

    /// Lists all tags, page by page.
    pub(crate) fn tags(&self, job: &Job) -> Result<Vec<String>> {
        let mut url = format!("{}/tags/list?n=1000", self.base);
        let mut tags = Vec::new();
        for _ in 0..self.limits.list_pages_max {
            let answer = self.call(job, Right::Pull, Ask::get(url.clone()))?;
            if answer.status() != 200 {
                return Err(self.refused(job, answer));
            }
            let next = answer.header("link").and_then(next_page).map(str::to_owned);
            let bytes = answer.bytes(job, ("list_bytes_max", self.limits.list_bytes_max))?;
            let page: Page = serde_json::from_slice(&bytes).map_err(|error| {
                Error::new(ErrorKind::Invalid, "the registry gives a list of tags that is none")
                    .caused_by(error)
            })?;
            tags.extend(page.tags.unwrap_or_default().into_iter().filter(|tag| is_tag(tag)));
            if tags.len() > self.limits.tags_max {
                return Err(limit("the repository has too many tags", "tags_max", self.limits.tags_max));
            }
            let Some(next) = next else { return Ok(tags) };
            url = self.page(&url, &next)?;
        }
        Err(limit("the list of tags has too many pages", "list_pages_max", self.limits.list_pages_max))
    }

    /// Where the next page is: at the same registry, whatever the link says.
    fn page(&self, from: &str, link: &str) -> Result<String> {
        let wrong =
            || Error::new(ErrorKind::Denied, "the list of tags goes on elsewhere").with("url", shown(from));
        let to = match link.starts_with('?') {
            true => format!("{}{link}", shown(from)),
            false => follow(from, link).ok_or_else(wrong)?,
        };
        if self.is_ours(&to) { Ok(to) } else { Err(wrong()) }
    }

    /// Brings what is not there yet. Says whether anything was sent.
    pub(crate) fn upload(&self, job: &Job, digest: Digest, bytes: &[u8]) -> Result<bool> {
        let mut ask = Ask::get(format!("{}/blobs/{digest}", self.base));
        ask.method = "HEAD";
        if self.call(job, Right::Push, ask)?.status() == 200 {
            return Ok(false);
        }
        let mut ask = Ask::get(format!("{}/blobs/uploads/", self.base));
        (ask.method, ask.body) = ("POST", Some(&[] as &[u8]));
        let answer = self.call(job, Right::Push, ask)?;
        if answer.status() != 202 {
            return Err(self.refused(job, answer));
        }
        let place = answer.header("location").and_then(|place| follow(&self.base, place));
        let place = place
            .ok_or_else(|| Error::new(ErrorKind::Invalid, "the registry gives no place for an upload"))?;
        self.http.check_secure(&self.origin, &place)?;
        let mark = if place.contains('?') { '&' } else { '?' };
        let mut ask = Ask::get(format!("{place}{mark}digest={digest}"))
            .with_header("content-type", "application/octet-stream");
        (ask.method, ask.body) = ("PUT", Some(bytes));
        let answer = self.call(job, Right::Push, ask)?;
        if answer.status() == 201 { Ok(true) } else { Err(self.refused(job, answer)) }
    }

    /// Puts a manifest under a tag.
    pub(crate) fn put_manifest(&self, job: &Job, tag: &str, media_type: &str, bytes: &[u8]) -> Result<()> {
        let mut ask =
            Ask::get(format!("{}/manifests/{tag}", self.base)).with_header("content-type", media_type);
        (ask.method, ask.body) = ("PUT", Some(bytes));
        let answer = self.call(job, Right::Push, ask)?;
        if matches!(answer.status(), 200..=299) {
            Ok(())
        } else {
            Err(self.refused(job, answer).with("tag", tag))
        }
    }

    fn refused(&self, job: &Job, answer: Answer) -> Error {
        let error = refusal(answer, job, self.access.credentials.is_some());
        let error = error.with("repository", &self.address);
        match error.kind() {
            ErrorKind::Denied if self.access.credentials.is_none() => error.with_help(
                "give credentials; some registries say the same of a repository that is not there",
            ),
            _ => error,
        }
    }

    /// Asks, shows what the registry wants to be shown, and follows redirects of what only reads.
    fn call(&self, job: &Job, right: Right, mut ask: Ask<'_>) -> Result<Answer> {
        let scope = format!("repository:{}:{}", self.address.repository(), right.actions());
        let named = |error: Error| error.with("repository", &self.address);
        let is_ours = self.is_ours(&ask.url);
        ask.authorization =
            if is_ours { self.keeper.known(&self.access, &scope, job.now().unix()) } else { None };
        let mut answer = self.http.send(job, &ask).map_err(named)?;
        if answer.status() == 401 && is_ours {
            let (access, origin) = (&self.access, &self.origin);
            let door = Door { http: &self.http, access, origin, scope: &scope, job };
            let shown = self.keeper.answer(&door, &answer).map_err(named)?;
            if shown.is_some() && shown != ask.authorization {
                ask.authorization = shown;
                answer = self.http.send(job, &ask).map_err(named)?;
            }
        }
        if ask.method == "GET" || ask.method == "HEAD" {
            self.http.follow(job, ask, answer, &self.origin, self.limits.redirects_max)
        } else {
            Ok(answer)
        }
    }

    fn is_ours(&self, url: &str) -> bool {
        Origin::of(url).as_ref() == Some(&self.origin)
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
enum Right {
    Pull,
    Push,
}

impl Right {
    fn actions(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "pull,push",
        }
    }
}

#[derive(serde::Deserialize)]
struct Page {
    tags: Option<Vec<String>>,
}

fn referrers(bytes: &[u8]) -> Result<Vec<Referrer>> {
    let read: std::result::Result<Referrers, _> = serde_json::from_slice(bytes);
    read.map(|list| list.manifests).map_err(|error| {
        Error::new(ErrorKind::Invalid, "the registry gives a list of what refers to an artifact that is none")
            .caused_by(error)
    })
}

fn limit(message: &'static str, name: &'static str, value: impl ToString) -> Error {
    Error::new(ErrorKind::Limit, message).with(name, value)
}

/// Makes an error of an answer that is not the one hoped for. What a registry says of it is told by its code alone: the
/// message may repeat what it was shown.
pub(crate) fn refusal(answer: Answer, job: &Job, showed_credentials: bool) -> Error {
    let error = answer.refusal(showed_credentials);
    match answer.bytes(job, ("refusal_bytes_max", REFUSAL_BYTES_MAX)).ok().and_then(|said| code(&said)) {
        Some(code) => error.with("code", code),
        None => error,
    }
}

/// The code of the first error that a registry names, such as `MANIFEST_UNKNOWN`.
fn code(said: &[u8]) -> Option<String> {
    let said: serde_json::Value = serde_json::from_slice(said).ok()?;
    let code = said.get("errors")?.get(0)?.get("code")?.as_str()?;
    let fits = code.len() <= 40 && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    fits.then(|| code.to_owned())
}

/// The target of the link that is called `next`.
fn next_page(header: &str) -> Option<&str> {
    header.split(',').find_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next = |parameter: &str| matches!(parameter.trim(), "rel=\"next\"" | "rel=next");
        parameters.split(';').any(is_next).then_some(target)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_where_the_link_says() {
        assert_eq!(
            next_page("</v2/a/tags/list?n=2&last=b>; rel=\"next\""),
            Some("/v2/a/tags/list?n=2&last=b")
        );
        assert_eq!(next_page("</v2/a>; rel=\"prev\", </v2/b>;rel=next"), Some("/v2/b"));
        assert_eq!(next_page("</v2/a>"), None);
    }
}
