//! Connections: time limits, a proxy, and the rule who is shown credentials.

use std::time::Duration;

use ureq::Agent;
use ureq::http::Request;
use windlass_core::{Error, ErrorKind, Result};

use crate::access::{Connection, Peer};
use crate::ask::{Answer, Ask};
use crate::fail::{broken, is_closed};
use crate::job::Job;
use crate::origin::{Origin, follow};
use crate::tls::tls;

/// Who is told of us.
const AGENT: &str = concat!("windlass/", env!("CARGO_PKG_VERSION"));
/// How long a connection is kept that nobody uses.
const IDLE: Duration = Duration::from_secs(10);

/// Connections to one server and to what it names. Clones share them.
#[derive(Debug, Clone)]
pub struct Http {
    agent: Agent,
    peer: Peer,
}

impl Http {
    /// Makes connections possible; nothing is asked yet.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a proxy, an authority or a certificate that is none, with the `option` to blame;
    /// [`ErrorKind::Unavailable`] where TLS is spoken and nobody is trusted.
    pub fn new(peer: Peer, connection: &Connection) -> Result<Self> {
        let proxy = match &connection.route.proxy {
            Some(proxy) => {
                let proxy = ureq::Proxy::new(&proxy.0);
                Some(proxy.map_err(|_| Error::new(ErrorKind::Invalid, "not the address of a proxy"))?)
            }
            None => None,
        };
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(AGENT)
            .proxy(proxy)
            .timeout_connect(Some(connection.connect_time_max))
            .timeout_per_read(Some(connection.idle_time_max))
            .timeout_per_write(Some(connection.idle_time_max))
            .max_idle_connections_per_host(connection.connections_max)
            .max_idle_age(IDLE)
            .tls_config(tls(connection)?)
            .build();
        Ok(Self { agent: Agent::new_with_config(config), peer })
    }

    /// Sends a request. A connection that was kept from before and is closed by now is tried anew, once: only what can be
    /// sent twice may be asked. A redirect is an answer like others.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for what is no address, [`ErrorKind::Timeout`], [`ErrorKind::Cancelled`],
    /// [`ErrorKind::Unavailable`].
    pub fn send(&self, job: &Job, ask: &Ask<'_>) -> Result<Answer> {
        let named = |error: Error| error.with("url", ask.named());
        match self.send_once(job, ask).map_err(named)? {
            Err(ureq::Error::Io(error)) if is_closed(error.kind()) => {
                self.send_once(job, ask).map_err(named)?
            }
            answer => answer,
        }
        .map_err(|error| named(broken(self.peer, error)))
    }

    /// Follows the redirects of an answer to a request that only reads. What authorizes it is shown to `home` and to no
    /// other origin.
    ///
    /// # Errors
    /// As [`Http::send`]; [`ErrorKind::Denied`] for a redirect out of TLS, [`ErrorKind::Limit`] for too many of them.
    pub fn follow(
        &self,
        job: &Job,
        mut ask: Ask<'_>,
        mut answer: Answer,
        home: &Origin,
        redirects_max: u32,
    ) -> Result<Answer> {
        for _ in 0..=redirects_max {
            if !answer.is_redirect() {
                return Ok(answer);
            }
            let to = answer.header("location").and_then(|to| follow(&ask.url, to)).ok_or_else(|| {
                Error::new(ErrorKind::Invalid, "a redirect that leads to no address").with("url", ask.named())
            })?;
            self.check_secure(home, &to)?;
            if Origin::of(&to).as_ref() != Some(home) {
                ask.authorization = None;
            }
            ask.url = to;
            answer = self.send(job, &ask)?;
        }
        Err(Error::new(ErrorKind::Limit, "too many redirects").with("redirects_max", redirects_max))
    }

    /// Refuses an address that a server leads to, where that would leave TLS.
    ///
    /// # Errors
    /// [`ErrorKind::Denied`].
    pub fn check_secure(&self, home: &Origin, to: &str) -> Result<()> {
        let refuse = |what| Error::new(ErrorKind::Denied, self.peer.says(what));
        match Origin::of(to) {
            Some(target) if home.is_secure() && !target.is_secure() => {
                Err(refuse("leads from https to http").with("to", target))
            }
            Some(_) => Ok(()),
            None => Err(refuse("leads to no address")),
        }
    }

    fn send_once(&self, job: &Job, ask: &Ask<'_>) -> Result<Result<Answer, ureq::Error>> {
        if Origin::of(&ask.url).is_none() {
            return Err(Error::new(ErrorKind::Invalid, "not an address to ask"));
        }
        let mut request = Request::builder().uri(&ask.url).method(ask.method);
        for (name, value) in &ask.headers {
            request = request.header(name, value);
        }
        if let Some(authorization) = &ask.authorization {
            request = request.header("authorization", authorization.reveal());
        }
        let left = job.left_of(self.peer)?;
        let sent = match ask.body {
            None => request.body(()).map_err(ureq::Error::from).and_then(|request| {
                self.agent.run(self.agent.configure_request(request).timeout_global(left).build())
            }),
            Some(body) => request.body(body).map_err(ureq::Error::from).and_then(|request| {
                self.agent.run(self.agent.configure_request(request).timeout_global(left).build())
            }),
        };
        Ok(sent.map(|response| {
            let (parts, body) = response.into_parts();
            Answer { status: parts.status.as_u16(), headers: parts.headers, body, peer: self.peer }
        }))
    }
}
