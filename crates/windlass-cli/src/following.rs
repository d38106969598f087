//! What a unit follows, and whether a webhook delivery is about it.

use windlass_receiver::Delivery;

use crate::spec::{GitReference, OciReference, Source, Unit};

/// What a unit follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Followed {
    /// The address that deliveries give of it, if there is one.
    place: Option<String>,
    what: What,
}

/// What of a place is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    /// One revision that never moves.
    Pinned,
    /// The default branch.
    Default,
    /// A branch or a tag.
    Named(String),
    /// Whichever tag is the highest of a range.
    Tags,
    /// All of it.
    All,
}

/// Says what a unit follows.
pub(crate) fn followed(unit: &Unit) -> Followed {
    let (place, what) = match &unit.source {
        Source::Dir(_) => (None, What::All),
        Source::Git(git) => (Some(git.url.clone()), of_git(&git.at)),
        Source::Oci(oci) => (Some(oci.url.clone()), of_oci(&oci.at)),
        Source::Bucket(bucket) => (Some(format!("{}/{}", bucket.endpoint, bucket.name)), What::All),
        Source::Archive(archive) if archive.digest.is_some() => (Some(archive.url.clone()), What::Pinned),
        Source::Archive(archive) => (Some(archive.url.clone()), What::All),
        Source::Chart(chart) => (Some(chart.url.clone()), What::All),
    };
    Followed { place, what }
}

fn of_git(at: &GitReference) -> What {
    match at {
        GitReference::Default => What::Default,
        GitReference::Branch(name) | GitReference::Tag(name) => What::Named(name.clone()),
        GitReference::Semver { .. } => What::Tags,
        GitReference::Commit(_) => What::Pinned,
    }
}

fn of_oci(at: &OciReference) -> What {
    match at {
        OciReference::Tag(name) => What::Named(name.clone()),
        OciReference::Semver(_) => What::Tags,
        OciReference::Digest(_) => What::Pinned,
    }
}

impl Followed {
    /// Says whether it never moves.
    pub(crate) fn is_pinned(&self) -> bool {
        self.what == What::Pinned
    }

    /// Says whether a delivery is about this. Of a unit that its receiver names, the address is not looked at: the sender may
    /// know the repository by another one than the unit.
    pub(crate) fn is_concerned(&self, delivery: &Delivery, is_named: bool) -> bool {
        let mut delivery = delivery.clone();
        if is_named {
            delivery.places.clear();
        }
        let place = self.place.as_deref().unwrap_or_default();
        match &self.what {
            What::Pinned => false,
            What::Default => delivery.concerns(place, None),
            What::Named(name) => delivery.concerns(place, Some(name)),
            What::Tags if !may_be_tags(&delivery.references) => false,
            What::Tags | What::All => {
                delivery.references.clear();
                delivery.concerns(place, None)
            }
        }
    }
}

/// Whether one of the references may be a tag; where none is told, one may be.
fn may_be_tags(references: &[String]) -> bool {
    references.is_empty() || references.iter().any(|one| !one.starts_with("refs/heads/"))
}

#[cfg(test)]
mod tests {
    use windlass_receiver::{Kind, Receiver, Request};

    use super::*;

    const URL: &str = "https://git.example.org/team/fleet.git";

    fn push(reference: &str) -> Delivery {
        let body = format!(
            r#"{{"ref": "{reference}", "project": {{"default_branch": "main", "git_http_url": "{URL}"}}}}"#
        );
        let headers = [("X-Gitlab-Token", "s")];
        let request = Request { headers: &headers, body: body.as_bytes() };
        Receiver::new(Kind::GitLab, "s").receive(&request).unwrap()
    }

    fn check(what: What, expected: &str) {
        let followed = Followed { place: Some(URL.to_owned()), what };
        let other =
            Followed { place: Some("https://mirror.example.org/fleet".to_owned()), ..followed.clone() };
        let woken = ["refs/heads/main", "refs/heads/next", "refs/tags/v1"].map(|reference| {
            let delivery = push(reference);
            assert!(!other.is_concerned(&delivery, false), "another address");
            assert_eq!(followed.is_concerned(&delivery, true), other.is_concerned(&delivery, true));
            followed.is_concerned(&delivery, false)
        });
        let shown = woken.map(|woken| if woken { "yes" } else { "no" }).join(" ");
        assert_eq!(shown, expected, "{followed:?}");
    }

    #[test]
    fn a_push_wakes_what_follows_its_branch_or_tag_and_nothing_that_is_pinned() {
        check(What::Default, "yes no no");
        check(What::Named("next".to_owned()), "no yes no");
        check(What::Named("v1".to_owned()), "no no yes");
        check(What::Tags, "no no yes");
        check(What::All, "yes yes yes");
        check(What::Pinned, "no no no");
    }
}
