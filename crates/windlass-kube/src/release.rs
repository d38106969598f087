//! Letting go of an object that the server does not let anybody delete.

use http::Method;
use windlass_core::{ErrorKind, Map, Result, Text, Value, Written};

use crate::delete::Deletion;
use crate::expect::condition;
use crate::fail::{self, Status};
use crate::owner::{INSTALLATION_LABEL, UNIT_LABEL};
use crate::request::{APPLY, JSON_PATCH, Request, Response, Subject};
use crate::resource::Resource;

impl Deletion<'_> {
    /// Applies nothing in place of what we had applied, so that what is ours goes and the object stays, and takes our labels
    /// off where they came by other means.
    pub(crate) async fn let_go(self, resource: &Resource, why: Text) -> Result<Written> {
        let named = condition(self.expect)?.into_iter();
        let mut metadata: Map = named.map(|(key, value)| (key, Value::from(value))).collect();
        metadata.insert("name", self.id.name.clone());
        if resource.namespaced {
            metadata.insert("namespace", self.id.namespace.clone());
        }
        let bare = Value::from_iter([
            ("apiVersion", Value::from(resource.api_version())),
            ("kind", self.id.kind.clone().into()),
            ("metadata", metadata.into()),
        ]);
        let apply = self.change(resource, &bare)?.query("force", "true").content(APPLY);
        let left: Value = self.session.connection.ask_json(self.cx, &apply).await?;
        let labels = [UNIT_LABEL, INSTALLATION_LABEL].into_iter();
        let labels = labels.filter(|label| left.at(&["metadata", "labels", label]).is_some());
        let removals: Vec<Value> = labels.map(removal).collect();
        if !removals.is_empty() {
            let patch = self.change(resource, &Value::List(removals))?.content(JSON_PATCH);
            self.session
                .connection
                .ask(self.cx, &patch)
                .await
                .map_err(windlass_core::Error::maybe_written)?;
        }
        let uid = left.text_at(&["metadata", "uid"]).map(Text::from);
        self.session.note_gone(resource, self.id, uid);
        Ok(Written::Released { why })
    }

    fn change(self, resource: &Resource, body: &Value) -> Result<Request> {
        let path = resource.object(self.id)?;
        let request = Request::write(Method::PATCH, path, Subject::object(self.id), body.canonical());
        Ok(request.query("fieldManager", self.session.options.manager.as_str()))
    }
}

fn removal(label: &str) -> Value {
    let path = format!("/metadata/labels/{}", label.replace('/', "~1"));
    Value::from_iter([("op", Value::from("remove")), ("path", path.into())])
}

/// Says why the server itself keeps an object, where it does: `this namespace may not be deleted`. A right that is missing
/// and an admission webhook or policy that denies are no such reason.
pub(crate) fn why_kept(response: &Response, request: &Request) -> Option<Text> {
    let status = Status::of(response);
    let words = status.words();
    let forbids = ["may not be deleted", "cannot be deleted"].iter().any(|forbids| words.contains(forbids));
    let denied = ["admission webhook", "AdmissionPolicy"].iter().any(|denied| words.contains(denied));
    let error = fail::refused(response, request);
    let keeps = response.status == 403 && error.kind() == ErrorKind::Denied && forbids && !denied;
    keeps.then(|| format!("the server does not let it be deleted: {}", error.message()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_server_itself_keeps_an_object() {
        let kept = |message: &str| {
            let body = format!(r#"{{"kind":"Status","reason":"Forbidden","message":{message:?}}}"#);
            let from = crate::request::Place { server: "s".into(), context: None };
            let response =
                Response { status: 403, retry_after: None, body: body.into(), from, doubtful: false };
            let request = Request::get("/", Subject::new("object", "x"));
            why_kept(&response, &request).is_some()
        };
        assert!(kept("namespaces \"kube-system\" is forbidden: this namespace may not be deleted"));
        assert!(kept(
            "priorityclasses \"x\" is forbidden: this is a system priority class and cannot be deleted"
        ));
        assert!(!kept("namespaces \"x\" is forbidden: User \"u\" cannot delete resource \"namespaces\""));
        assert!(!kept("admission webhook \"keep.example\" denied the request: it cannot be deleted"));
    }
}
