//! What the server serves, as charts and transforms ask for it.

use std::sync::Arc;

use serde::Deserialize;
use windlass_core::{Capabilities, Context, Result, Text};

use crate::request::{Request, Subject};
use crate::session::Session;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    git_version: Text,
}

/// Gives the version of the server and what it serves: `apps/v1`, and `apps/v1/Deployment` for each kind.
pub(crate) async fn capabilities(session: &Session, cx: &Context) -> Result<Capabilities> {
    let kinds = session.connection.discovered(cx).await?;
    let mut known = session.connection.kinds().version.lock().await;
    let version = match &*known {
        Some((of, version)) if Arc::ptr_eq(of, kinds.catalog()) => version.clone(),
        _ => {
            let request = Request::get("/version", Subject::new("discovery", "version"));
            let version: Version = session.connection.ask_json(cx, &request).await?;
            *known = Some((Arc::clone(kinds.catalog()), version.git_version.clone()));
            version.git_version
        }
    };
    Ok(Capabilities::new(version, kinds.apis()))
}
