//! The fields that kustomize brings.

use std::sync::{Arc, OnceLock};

use super::{Config, FieldSpec, Referred};
use crate::id::Gvk;

/// Gives the built-in configuration. The text is made by `generate/defaults.py`.
pub(crate) fn built_in() -> &'static Arc<Config> {
    static TABLE: OnceLock<Arc<Config>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut config = Config::default();
        let mut section = "";
        for line in include_str!("defaults.txt").lines() {
            if let Some(name) = line.strip_prefix('[') {
                section = name;
                continue;
            }
            let words: Vec<&str> = line.split(' ').map(|word| if word == "-" { "" } else { word }).collect();
            match words[..] {
                [">", group, version, kind] => {
                    config.name_reference.push(Referred { gvk: gvk(group, version, kind), from: Vec::new() });
                }
                [path, group, version, kind, create] => {
                    let spec = FieldSpec::new(gvk(group, version, kind), path.into(), create == "true");
                    if let Some(list) = list(&mut config, section) {
                        list.push(spec);
                    }
                }
                _ => {}
            }
        }
        config.sort();
        Arc::new(config)
    })
}

fn gvk(group: &str, version: &str, kind: &str) -> Gvk {
    Gvk { group: group.into(), version: version.into(), kind: kind.into() }
}

/// Gives the list that a field of the configuration stands for.
pub(super) fn list<'c>(config: &'c mut Config, section: &str) -> Option<&'c mut Vec<FieldSpec>> {
    Some(match section {
        "namePrefix" => &mut config.name_prefix,
        "nameSuffix" => &mut config.name_suffix,
        "namespace" => &mut config.namespace,
        "commonLabels" => &mut config.common_labels,
        "labels" => &mut config.labels,
        "templateLabels" => &mut config.template_labels,
        "volumeClaimTemplateLabels" => &mut config.claim_labels,
        "commonAnnotations" => &mut config.annotations,
        "varReference" => &mut config.var_reference,
        "images" => &mut config.images,
        "replicas" => &mut config.replicas,
        "nameReference" => &mut config.name_reference.last_mut()?.from,
        _ => return None,
    })
}
