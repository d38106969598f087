//! Kinds that the cluster does not serve, and what may be meant instead.

use windlass_core::{Error, ErrorKind, ObjectId};

use crate::discovery::Discovered;
use crate::resource::Resource;

/// Kinds that are offered instead.
const MEANT_MAX: usize = 3;

/// Says that a kind is not served. One with the same name in another group, or with other capitals, is named.
pub(crate) fn unknown(kinds: &Discovered, id: &ObjectId, api_version: &str) -> Error {
    let bring = "apply its CustomResourceDefinition first, or put both into one unit";
    let meant = meant(kinds.preferred(), id);
    let help = match meant.is_empty() {
        true => bring.to_owned(),
        false => format!("the cluster serves {}: write that, or {bring}", meant.join(", ")),
    };
    Error::new(ErrorKind::Undefined, "the cluster does not serve this kind")
        .with("kind", id.group_kind())
        .with("apiVersion", api_version)
        .with_help(help)
}

fn meant<'a>(served: impl Iterator<Item = &'a Resource>, id: &ObjectId) -> Vec<String> {
    let alike = served.filter(|resource| resource.kind.eq_ignore_ascii_case(&id.kind));
    alike
        .take(MEANT_MAX)
        .map(|resource| format!("`{}` of `{}`", resource.kind, resource.api_version()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_another_group_or_with_other_capitals_is_offered() {
        let resource = |group: &str, kind: &str| Resource {
            group: group.into(),
            version: "v1".into(),
            kind: kind.into(),
            plural: "any".into(),
            namespaced: true,
            listable: true,
            watchable: true,
        };
        let served = [resource("", "ConfigMap"), resource("apps", "Deployment")];
        let meant = |group: &str, kind: &str| {
            meant(served.iter(), &ObjectId::new(group, kind, "shop", "web")).join(" ")
        };
        assert_eq!(meant("", "configmap"), "`ConfigMap` of `v1`");
        assert_eq!(meant("extensions", "Deployment"), "`Deployment` of `apps/v1`");
        assert_eq!(meant("", "Gauge"), "");
    }
}
