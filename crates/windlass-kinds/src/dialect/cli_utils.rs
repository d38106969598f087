//! The annotations of cli-utils, as kpt and Config Sync use them.

use windlass_core::{Dialect, Directives, Mode, Object, ObjectId, Result};

use super::{Said, add_after, all, is_silent};

const LOCAL: &str = "config.kubernetes.io/local-config";

/// The annotations of [cli-utils](https://github.com/kubernetes-sigs/cli-utils).
///
/// | annotation | value |
/// | --- | --- |
/// | `config.kubernetes.io/depends-on` | `group/namespaces/namespace/Kind/name` or `group/Kind/name`, several with commas; the core group is empty |
/// | `client.lifecycle.config.k8s.io/deletion` | `detach`: never deleted |
/// | `client.lifecycle.config.k8s.io/mutation` | `ignore`: created and then left alone |
/// | `cli-utils.sigs.k8s.io/on-remove` | `keep`: never deleted |
/// | `config.kubernetes.io/local-config` | anything but `"false"`: for the tools that read the folder, and left alone |
///
/// The last one is kustomize's and kpt's, so that Flux never applies such an object either.
#[derive(Debug, Clone, Copy, Default)]
pub struct CliUtilsDialect;

impl Dialect for CliUtilsDialect {
    fn read(&self, object: &Object, into: &mut Directives) -> Result<()> {
        if is_silent(object) {
            return Ok(());
        }
        let after = Said::read(object, "config.kubernetes.io/depends-on", |said| {
            said.objects(reference, "group/namespaces/namespace/Kind/name or group/Kind/name")
        });
        let keep = |name, word| Said::read(object, name, |said| said.one_of(&[(word, true)]));
        let detach = keep("client.lifecycle.config.k8s.io/deletion", "detach");
        let on_remove = keep("cli-utils.sigs.k8s.io/on-remove", "keep");
        let mutation = Said::read(object, "client.lifecycle.config.k8s.io/mutation", |said| {
            said.one_of(&[("ignore", Mode::CreateOnly)])
        });
        let local = Said::read(object, LOCAL, |said| Ok(said.value != "false"));
        all([
            local.map(|local| {
                if local == Some(true) {
                    into.suspended = Some(format!("the annotation {LOCAL} says that it is for tools").into());
                }
            }),
            after.map(|found| add_after(&mut into.after, found.unwrap_or_default())),
            detach.map(|found| into.keep = found.unwrap_or(into.keep)),
            on_remove.map(|found| into.keep = found.unwrap_or(into.keep)),
            mutation.map(|found| into.mode = found.or(into.mode)),
        ])
    }
}

fn reference(text: &str) -> Option<ObjectId> {
    let parts: Vec<&str> = text.split('/').collect();
    match parts.as_slice() {
        [group, "namespaces", namespace, kind, name]
            if !namespace.is_empty() && !kind.is_empty() && !name.is_empty() =>
        {
            Some(ObjectId::new(*group, *kind, *namespace, *name))
        }
        [group, kind, name] if !kind.is_empty() && !name.is_empty() => {
            Some(ObjectId::new(*group, *kind, "", *name))
        }
        _ => None,
    }
}
