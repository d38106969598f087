//! Who sends deliveries, and how they say what happened.

/// The senders of deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Anybody who knows the path.
    Generic,
    /// `X-Signature: sha256=…`, with sha1, sha256 or sha512.
    GenericHmac,
    /// GitHub, with `X-Hub-Signature-256`, or `X-Hub-Signature` of old servers.
    GitHub,
    /// Gitea, Forgejo and Gogs, with their own header or that of GitHub.
    Gitea,
    /// GitLab, with `X-Gitlab-Token`.
    GitLab,
    /// Bitbucket, cloud and server, with `X-Hub-Signature`.
    Bitbucket,
    /// Azure DevOps, with basic authentication: the secret is `user:password`.
    AzureDevOps,
    /// Docker Hub; nothing is signed.
    DockerHub,
    /// Quay; nothing is signed.
    Quay,
    /// Harbor, with `Authorization`.
    Harbor,
    /// Nexus, with `X-Nexus-Webhook-Signature`.
    Nexus,
    /// Artifact Registry of Google, through Pub/Sub. A token must be shown; that Google issued it is for the caller to
    /// find out.
    Gcr,
    /// Container Registry of Azure; nothing is signed.
    Acr,
    /// CDEvents; nothing is signed.
    CdEvents,
}

impl Kind {
    /// The names of all kinds: those of Flux's receivers, and of the senders that it takes for GitHub or has no name for.
    pub const NAMES: [&'static str; 14] = [
        "github",
        "gitlab",
        "bitbucket",
        "gitea",
        "azuredevops",
        "dockerhub",
        "quay",
        "harbor",
        "nexus",
        "gcr",
        "acr",
        "cdevents",
        "generic",
        "generic-hmac",
    ];

    /// The kind of one of the [names](Kind::NAMES).
    ///
    /// ```
    /// use windlass_receiver::Kind;
    ///
    /// assert_eq!(Kind::named("gitea"), Some(Kind::Gitea));
    /// assert!(Kind::NAMES.into_iter().all(|name| Kind::named(name).is_some()));
    /// ```
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "gitea" => Some(Self::Gitea),
            "azuredevops" => Some(Self::AzureDevOps),
            name => Self::of_flux(name),
        }
    }

    /// The kind that a `spec.type` of Flux's receivers names.
    #[must_use]
    pub fn of_flux(name: &str) -> Option<Self> {
        Some(match name {
            "generic" => Self::Generic,
            "generic-hmac" => Self::GenericHmac,
            "github" => Self::GitHub,
            "gitlab" => Self::GitLab,
            "bitbucket" => Self::Bitbucket,
            "harbor" => Self::Harbor,
            "dockerhub" => Self::DockerHub,
            "quay" => Self::Quay,
            "nexus" => Self::Nexus,
            "gcr" => Self::Gcr,
            "acr" => Self::Acr,
            "cdevents" => Self::CdEvents,
            _ => return None,
        })
    }

    /// The header that names what happened.
    pub(crate) const fn event_header(self) -> Option<&'static str> {
        match self {
            Self::GitHub => Some("X-GitHub-Event"),
            Self::Gitea => Some("X-Gitea-Event"),
            Self::GitLab => Some("X-Gitlab-Event"),
            Self::Bitbucket => Some("X-Event-Key"),
            Self::CdEvents => Some("Ce-Type"),
            _ => None,
        }
    }

    /// The headers of which the first that is there names the delivery, the same one where it is sent again.
    pub(crate) const fn id_headers(self) -> &'static [&'static str] {
        match self {
            Self::GitHub => &["X-GitHub-Delivery"],
            Self::Gitea => &["X-Gitea-Delivery", "X-Gogs-Delivery", "X-GitHub-Delivery"],
            // The UUID of an event is that of all events that follow from it, so that it names none.
            Self::GitLab => &["Idempotency-Key"],
            Self::Bitbucket => &["X-Request-UUID", "X-Request-Id"],
            Self::Nexus => &["X-Nexus-Webhook-Delivery"],
            _ => &[],
        }
    }
}
