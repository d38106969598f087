//! A repository of a registry, by the [distribution specification](https://github.com/opencontainers/distribution-spec).

use ureq::http::Uri;
use windlass_core::{Digest, Error, ErrorKind, Result};

use crate::address::{Address, Origin, is_tag};
use crate::auth::{Door, Keeper};
use crate::http::{Answer, Ask, Http, shown};
use crate::job::Job;
use crate::manifest::{INDEXES, MANIFESTS};
use crate::options::{Access, OciLimits};

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
        let origin = root.parse().ok().and_then(|uri: Uri| Origin::of(&uri));
        let origin = origin.ok_or_else(|| Error::new(ErrorKind::Invalid, "the registry has no address"))?;
        let base = format!("{root}/v2/{}", address.repository());
        let http = Http::new(&access, &limits)?;
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
        match (answer.status.as_u16(), named) {
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
        if answer.status.as_u16() != 200 {
            return Err(self.refused(job, answer));
        }
        answer.bytes(job, ("manifest_bytes_max", self.limits.manifest_bytes_max))
    }

    fn ask_manifest(&self, reference: &str) -> Ask<'static> {
        let mut ask = Ask::get(format!("{}/manifests/{reference}", self.base));
        let accepted: Vec<&str> = MANIFESTS.iter().chain(&INDEXES).copied().collect();
        ask.headers.push(("accept", accepted.join(", ")));
        ask
    }

    /// Opens a blob. Its size and digest are for whoever reads it to verify.
    pub(crate) fn blob(&self, job: &Job, digest: Digest) -> Result<Answer> {
        let ask = Ask::get(format!("{}/blobs/{digest}", self.base));
        let answer = self.call(job, Right::Pull, ask)?;
        if answer.status.as_u16() != 200 {
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
            if answer.status.as_u16() != 200 {
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
        if self.call(job, Right::Push, ask)?.status.as_u16() == 200 {
            return Ok(false);
        }
        let mut ask = Ask::get(format!("{}/blobs/uploads/", self.base));
        (ask.method, ask.body) = ("POST", Some(&[] as &[u8]));
        let answer = self.call(job, Right::Push, ask)?;
        if answer.status.as_u16() != 202 {
            return Err(self.refused(job, answer));
        }
        let place = answer.header("location").and_then(|place| follow(&self.base, place));
        let place = place
            .ok_or_else(|| Error::new(ErrorKind::Invalid, "the registry gives no place for an upload"))?;
        self.check_secure(&place)?;
        let mark = if place.contains('?') { '&' } else { '?' };
        let ask = Ask {
            method: "PUT",
            url: format!("{place}{mark}digest={digest}"),
            headers: vec![("content-type", "application/octet-stream".to_owned())],
            authorization: None,
            body: Some(bytes),
        };
        let answer = self.call(job, Right::Push, ask)?;
        if answer.status.as_u16() == 201 { Ok(true) } else { Err(self.refused(job, answer)) }
    }

    /// Puts a manifest under a tag.
    pub(crate) fn put_manifest(&self, job: &Job, tag: &str, media_type: &str, bytes: &[u8]) -> Result<()> {
        let ask = Ask {
            method: "PUT",
            url: format!("{}/manifests/{tag}", self.base),
            headers: vec![("content-type", media_type.to_owned())],
            authorization: None,
            body: Some(bytes),
        };
        let answer = self.call(job, Right::Push, ask)?;
        if answer.status.is_success() { Ok(()) } else { Err(self.refused(job, answer).with("tag", tag)) }
    }

    fn refused(&self, job: &Job, answer: Answer) -> Error {
        let error = answer.refusal(job, self.access.credentials.is_some());
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
        if answer.status.as_u16() == 401 && is_ours {
            let (access, origin) = (&self.access, &self.origin);
            let door = Door { http: &self.http, access, origin, scope: &scope, job };
            let shown = self.keeper.answer(&door, &answer.headers).map_err(named)?;
            if shown.is_some() && shown != ask.authorization {
                ask.authorization = shown;
                answer = self.http.send(job, &ask).map_err(named)?;
            }
        }
        if ask.method == "GET" || ask.method == "HEAD" {
            self.redirected(job, ask, answer)
        } else {
            Ok(answer)
        }
    }

    fn redirected(&self, job: &Job, mut ask: Ask<'_>, mut answer: Answer) -> Result<Answer> {
        for _ in 0..=self.limits.redirects_max {
            if !matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(answer);
            }
            let to = answer.header("location").and_then(|to| follow(&ask.url, to)).ok_or_else(|| {
                Error::new(ErrorKind::Invalid, "a redirect that leads to no address")
                    .with("url", shown(&ask.url))
            })?;
            self.check_secure(&to)?;
            if !self.is_ours(&to) {
                ask.authorization = None;
            }
            ask.url = to;
            answer = self.http.send(job, &ask)?;
        }
        Err(limit("too many redirects", "redirects_max", self.limits.redirects_max))
    }

    fn check_secure(&self, to: &str) -> Result<()> {
        let target = to.parse().ok().and_then(|uri: Uri| Origin::of(&uri));
        match target {
            Some(target) if self.origin.is_secure() && !target.is_secure() => {
                Err(Error::new(ErrorKind::Denied, "the registry leads from https to http").with("to", target))
            }
            Some(_) => Ok(()),
            None => Err(Error::new(ErrorKind::Denied, "the registry leads to no address")),
        }
    }

    fn is_ours(&self, url: &str) -> bool {
        url.parse().ok().and_then(|uri: Uri| Origin::of(&uri)).as_ref() == Some(&self.origin)
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

fn limit(message: &'static str, name: &'static str, value: impl ToString) -> Error {
    Error::new(ErrorKind::Limit, message).with(name, value)
}

/// Where a link or a redirect leads; `None` for what is no address.
fn follow(from: &str, to: &str) -> Option<String> {
    if to.contains("://") {
        return to.parse().ok().and_then(|uri: Uri| Origin::of(&uri)).map(|_| to.to_owned());
    }
    let uri: Uri = from.parse().ok()?;
    let origin = Origin::of(&uri)?;
    (to.starts_with('/') && !to.starts_with("//")).then(|| format!("{origin}{to}"))
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

    #[test]
    fn a_link_stays_at_its_origin_unless_it_names_another() {
        let from = "https://a.example:444/v2/x?y";
        assert_eq!(follow(from, "/z?q").as_deref(), Some("https://a.example:444/z?q"));
        assert_eq!(follow(from, "https://b.example/z").as_deref(), Some("https://b.example/z"));
        for odd in ["//b.example/z", "z", "file:///etc/passwd", "https://ada:secret@b.example/", ""] {
            assert_eq!(follow(from, odd), None, "{odd}");
        }
    }
}
