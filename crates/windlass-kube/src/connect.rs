//! How to reach a cluster.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig};
use windlass_core::{Error, ErrorKind, Result, Text};

use crate::environment::{Environment, Found, unusable};

/// How long a connection may say nothing. A watch asks anew after less, and a request is given up after less.
const SILENCE_MAX: Duration = Duration::from_secs(120);
/// How long it may take to hand a request over.
const WRITE_MAX: Duration = Duration::from_secs(60);

/// How to reach a cluster, and what may be given up for it.
///
/// ```
/// use windlass_kube::Connect;
/// let connect = Connect::kubeconfig("/etc/windlass/kubeconfig").context("production");
/// assert_eq!(format!("{connect:?}"), r#"Connect(kubeconfig "/etc/windlass/kubeconfig", context "production")"#);
/// ```
#[derive(Clone)]
#[must_use]
pub struct Connect {
    place: Place,
    context: Option<String>,
    exec: bool,
    unverified: bool,
    plain: bool,
}

#[derive(Clone)]
enum Place {
    File(PathBuf),
    Environment,
    InCluster,
    Server(Box<Server>),
}

/// A server with its credentials, said directly.
#[derive(Clone, Default)]
#[must_use]
pub struct Server {
    url: String,
    authority: Option<Vec<u8>>,
    token: Option<String>,
    token_file: Option<PathBuf>,
    certificate: Option<(Vec<u8>, Vec<u8>)>,
}

impl Connect {
    /// Reads a kubeconfig file.
    pub fn kubeconfig(path: impl Into<PathBuf>) -> Self {
        Self::at(Place::File(path.into()))
    }

    /// Reads what `kubectl` would read: the files of the variable `KUBECONFIG`, of which some may be missing, else
    /// `~/.kube/config`, else the account of the pod that this process runs in.
    pub fn environment() -> Self {
        Self::at(Place::Environment)
    }

    /// Uses the account of the pod that this process runs in.
    pub fn in_cluster() -> Self {
        Self::at(Place::InCluster)
    }

    /// Uses a server and credentials said directly.
    pub fn server(server: Server) -> Self {
        Self::at(Place::Server(Box::new(server)))
    }

    /// Uses this context of the kubeconfig instead of its current one.
    pub fn context(mut self, name: impl Into<String>) -> Self {
        self.context = Some(name.into());
        self
    }

    /// Lets the kubeconfig name a program that is run to get credentials. Whoever can write the kubeconfig can then
    /// run programs as this process.
    pub fn allow_exec_credentials(mut self) -> Self {
        self.exec = true;
        self
    }

    /// Lets the kubeconfig switch the verification of the server's certificate off. Whoever is on the path to the
    /// server can then read and change everything.
    pub fn allow_unverified_tls(mut self) -> Self {
        self.unverified = true;
        self
    }

    /// Lets the server be reached by plain HTTP, such as behind `kubectl proxy`. Whoever is on the path can then read
    /// and change everything.
    pub fn allow_plain_http(mut self) -> Self {
        self.plain = true;
        self
    }

    fn at(place: Place) -> Self {
        Self { place, context: None, exec: false, unverified: false, plain: false }
    }
}

impl Server {
    /// Names the server, such as `https://10.0.0.1:6443`.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// Trusts these certificate authorities, as PEM, instead of those of the machine.
    pub fn with_authority(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.authority = Some(pem.into());
        self
    }

    /// Sends a bearer token.
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Sends the bearer token that a file holds, read again as it changes.
    pub fn with_token_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.token_file = Some(path.into());
        self
    }

    /// Shows a client certificate; both parts as PEM.
    pub fn with_client_certificate(
        mut self,
        certificate: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        self.certificate = Some((certificate.into(), key.into()));
        self
    }
}

/// Shows the place, never credentials.
impl fmt::Debug for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::File(path) => write!(f, "Connect(kubeconfig {path:?}")?,
            Place::Environment => f.write_str("Connect(environment")?,
            Place::InCluster => f.write_str("Connect(in cluster")?,
            Place::Server(server) => write!(f, "Connect({server:?}")?,
        }
        if let Some(context) = &self.context {
            write!(f, ", context {context:?}")?;
        }
        f.write_str(")")
    }
}

/// Shows the address without a user in it, never credentials.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url.parse().map_or_else(|_| "not a URL".to_owned(), |url| plain_url(&url));
        write!(f, "server {url:?}")
    }
}

/// Gives the address of a server without a user or a password in it.
pub(crate) fn plain_url(url: &http::Uri) -> String {
    let host = url.authority().map_or("", |authority| authority.as_str());
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    format!("{}://{host}{}", url.scheme_str().unwrap_or("https"), url.path().trim_end_matches('/'))
}

/// Makes the configuration of the client, and refuses what is not allowed. Gives the context that it is from as well.
pub(crate) async fn config(connect: &Connect) -> Result<(Config, Option<Text>)> {
    let (mut config, context) = match &connect.place {
        Place::File(path) => {
            let read =
                Kubeconfig::read_from(path).map_err(|error| unusable(&error).with("path", path.display()))?;
            from_kubeconfig(read, connect).await.map_err(|error| error.with("path", path.display()))?
        }
        Place::Environment => match Environment::of_process().find()? {
            Found::Kubeconfig(read) => from_kubeconfig(*read, connect).await?,
            Found::Pod if connect.context.is_some() => {
                return Err(Error::new(ErrorKind::Invalid, "a context is named, and there is no kubeconfig"));
            }
            Found::Pod => of_pod()?,
        },
        Place::InCluster => of_pod()?,
        Place::Server(server) => (from_kubeconfig(spelled_out(server)?, connect).await?.0, None),
    };
    if config.accept_invalid_certs && !connect.unverified {
        return Err(refused(
            "the kubeconfig switches the verification of the server off",
            "allow_unverified_tls",
        ));
    }
    if config.cluster_url.scheme_str() != Some("https") && !connect.plain {
        return Err(refused("the server is not reached by HTTPS", "allow_plain_http"));
    }
    // The transport repeats by itself otherwise, writes too, on a clock of its own.
    config.default_retry = false;
    // A peer that is gone without a word ends the connection, and with it what waits there; a watch is never silent for
    // that long. The time counts from the last write, as a connection may have rested before.
    config.read_timeout = Some(SILENCE_MAX);
    config.reset_reader_on_write = true;
    config.write_timeout = Some(WRITE_MAX);
    Ok((config, context))
}

fn of_pod() -> Result<(Config, Option<Text>)> {
    let config = Config::incluster()
        .map_err(|error| Error::new(ErrorKind::Unsupported, format!("not inside a cluster: {error}")))?;
    Ok((config, None))
}

async fn from_kubeconfig(kubeconfig: Kubeconfig, connect: &Connect) -> Result<(Config, Option<Text>)> {
    let context = connect.context.clone().or_else(|| kubeconfig.current_context.clone()).map(Text::from);
    let proxies: Vec<(String, Option<String>)> = kubeconfig
        .clusters
        .iter()
        .filter_map(|named| named.cluster.as_ref())
        .map(|cluster| (cluster.server.clone().unwrap_or_default(), cluster.proxy_url.clone()))
        .collect();
    if let Some(wanted) = &connect.context {
        let existing: Vec<&str> = kubeconfig.contexts.iter().map(|context| context.name.as_str()).collect();
        if !existing.contains(&wanted.as_str()) {
            let error = Error::new(ErrorKind::Invalid, "no such context in the kubeconfig");
            let error = error.with("context", wanted).with("existing", existing.join(" "));
            return Err(error.with_help("name one of the existing contexts"));
        }
    }
    let options = KubeConfigOptions { context: connect.context.clone(), ..KubeConfigOptions::default() };
    let mut config =
        Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| unusable(&error))?;
    let auth = &config.auth_info;
    if (auth.exec.is_some() || auth.auth_provider.is_some()) && !connect.exec {
        return Err(refused("the kubeconfig runs a program to get credentials", "allow_exec_credentials"));
    }
    // The environment does not decide where credentials go; a proxy in the kubeconfig is not supported.
    config.proxy_url = None;
    let proxied = proxies.iter().any(|(server, proxy)| {
        server.parse::<http::Uri>().is_ok_and(|url| url == config.cluster_url)
            && proxy.as_ref().is_some_and(|proxy| !proxy.is_empty())
    });
    if proxied {
        return Err(Error::new(ErrorKind::Unsupported, "the kubeconfig names a proxy").with_help(
            "make a client of the kube crate with a proxy, and pass it to Cluster::from_kube_client",
        ));
    }
    Ok((config, context))
}

/// Writes a server as the kubeconfig that would name it, so that there is one way to read credentials.
fn spelled_out(server: &Server) -> Result<Kubeconfig> {
    let base64 = |bytes: &Vec<u8>| STANDARD.encode(bytes);
    let written = serde_json::json!({
        "clusters": [{"name": "it", "cluster": {
            "server": server.url,
            "certificate-authority-data": server.authority.as_ref().map(base64),
        }}],
        "users": [{"name": "it", "user": {
            "token": server.token,
            "tokenFile": server.token_file,
            "client-certificate-data": server.certificate.as_ref().map(|(certificate, _)| base64(certificate)),
            "client-key-data": server.certificate.as_ref().map(|(_, key)| base64(key)),
        }}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "current-context": "it",
    });
    serde_json::from_value(written)
        .map_err(|_| Error::new(ErrorKind::Invalid, "the server cannot be written as a kubeconfig"))
}

fn refused(what: &str, option: &str) -> Error {
    Error::new(ErrorKind::Denied, what)
        .with("option", option)
        .with_help(format!("Connect::{option} allows it; its documentation says what that gives up"))
}
