//! The namespace that Helm takes where no flag says one: of the environment, of a kubeconfig, or of a Pod.

use std::fs::File;
use std::path::{Path, PathBuf};

use windlass_core::{Limits, Value};
use windlass_helm::Cluster;
use windlass_yaml::Options;

use super::disk::bounded;

/// Where a Pod finds its namespace.
const OF_POD: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// Kubeconfigs that are looked at.
const FILES_MAX: usize = 32;

/// Finds the namespace; `None` is `default`. What cannot be read is passed over, as Helm does.
pub(super) fn of(cluster: Cluster<'_>, limits: &Limits) -> Option<String> {
    let word = |name: &str| std::env::var(name).ok().filter(|word| !word.is_empty());
    if let Some(namespace) = word("HELM_NAMESPACE") {
        return Some(namespace);
    }
    let configs: Vec<Value> = files(cluster).iter().filter_map(|file| read(file, limits)).collect();
    if configs.is_empty() {
        return of_pod(limits);
    }
    let context = cluster.context.map(str::to_owned).or_else(|| word("HELM_KUBECONTEXT"));
    of_configs(&configs, context)
}

/// Lists the kubeconfigs that may be there.
fn files(cluster: Cluster<'_>) -> Vec<PathBuf> {
    if let Some(file) = cluster.kubeconfig {
        return vec![file.into()];
    }
    match std::env::var_os("KUBECONFIG").filter(|list| !list.is_empty()) {
        Some(list) => std::env::split_paths(&list).take(FILES_MAX).collect(),
        None => {
            std::env::var_os("HOME").map(|home| Path::new(&home).join(".kube/config")).into_iter().collect()
        }
    }
}

fn read(file: &Path, limits: &Limits) -> Option<Value> {
    let bytes = bounded(File::open(file).ok()?, limits.file_bytes_max, file).ok()?;
    let mut documents = windlass_yaml::read(&bytes, &Options::default()).ok()?;
    (documents.len() == 1).then(|| documents.pop()).flatten().map(|document| document.value)
}

fn of_pod(limits: &Limits) -> Option<String> {
    std::env::var_os("KUBERNETES_SERVICE_HOST")?;
    let path = Path::new(OF_POD);
    let text = String::from_utf8(bounded(File::open(path).ok()?, limits.file_bytes_max, path).ok()?).ok()?;
    Some(text.trim().to_owned()).filter(|namespace| !namespace.is_empty())
}

/// Finds the namespace of a context; the first file that says something counts.
fn of_configs(configs: &[Value], context: Option<String>) -> Option<String> {
    let current = || {
        configs.iter().find_map(|config| config.text_at(&["current-context"]).filter(|name| !name.is_empty()))
    };
    let name = context.or_else(|| current().map(str::to_owned))?;
    let contexts = configs.iter().filter_map(|config| config.get("contexts")?.as_list()).flatten();
    let mut named = contexts.filter(|context| context.text_at(&["name"]) == Some(&name));
    let namespace = named.next()?.text_at(&["context", "namespace"])?;
    Some(namespace.to_owned()).filter(|namespace| !namespace.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configs(texts: &[&str]) -> Vec<Value> {
        let read =
            |text: &&str| windlass_yaml::read(text.as_bytes(), &Options::default()).unwrap().remove(0).value;
        texts.iter().map(read).collect()
    }

    #[test]
    fn the_namespace_is_that_of_the_context() {
        let one =
            "current-context: a\ncontexts: [{name: a, context: {namespace: shop}}, {name: b, context: {}}]";
        let two = "current-context: b\ncontexts: [{name: a, context: {namespace: x}}, {name: c, context: {namespace: third}}]";
        let of =
            |texts: &[&str], context: Option<&str>| of_configs(&configs(texts), context.map(str::to_owned));
        assert_eq!(of(&[one], None).as_deref(), Some("shop"));
        assert_eq!(of(&[one, two], None).as_deref(), Some("shop"), "the first file wins");
        assert_eq!(of(&[one, two], Some("c")).as_deref(), Some("third"));
        assert_eq!(of(&[one], Some("b")), None);
        assert_eq!(of(&["{}"], None), None);
    }
}
