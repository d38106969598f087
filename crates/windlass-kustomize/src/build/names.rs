//! References by name follow the renaming of what they refer to.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use windlass_core::{Error, ErrorKind, Origin, Result, Text};

use super::{Build, Collected};
use crate::config::{Config, FieldSpec};
use crate::filter::fieldspec;
use crate::id::{Gvk, Id, effective};
use crate::node::{Map, Node, Tag, set_field, set_scalar};
use crate::resmap::ResMap;
use crate::resource::Resource;

/// What is known of an object that may be referred to.
struct Known {
    id: Id,
    cluster_scoped: bool,
    namespace: Text,
    before: Vec<Id>,
    prefixes: Vec<Text>,
    suffixes: Vec<Text>,
    origin: Arc<Origin>,
}

/// All objects, by the names that they had.
struct Index {
    known: Vec<Known>,
    by_old_name: HashMap<Text, Vec<usize>>,
    /// For each first namespace, where its objects are now: cluster-scoped, effective and written namespace.
    first_namespaces: HashMap<Text, HashSet<(bool, Text, Text)>>,
}

/// An object whose references are looked at.
struct Referrer<'r> {
    index: &'r Index,
    at: usize,
    /// The namespaces of the service accounts of a role binding.
    namespaces: HashSet<Text>,
    role: Option<Gvk>,
}

/// A field with what it refers to.
struct Reference<'r> {
    referrer: &'r Referrer<'r>,
    target: &'r Gvk,
    is_role: bool,
}

impl Build<'_> {
    /// Sets every reference to the name that its object has now.
    pub(super) fn fix_names(&mut self, collected: &mut Collected) -> Result<()> {
        let config = collected.config();
        let index = Index::of(&collected.map);
        let mut fields: HashMap<Gvk, Vec<(&Gvk, &FieldSpec)>> = HashMap::new();
        let mut problems = Vec::new();
        for (at, resource) in collected.map.list.iter_mut().enumerate() {
            self.cx.check()?;
            let first = resource.first_id().gvk;
            let fields = fields.entry(first).or_insert_with_key(|gvk| fields_of(&config, gvk));
            if fields.is_empty() {
                continue;
            }
            if let Err(error) = fix(&index, at, resource, fields) {
                let origin = &resource.origin;
                problems.push(error.with_each("path", super::file_of(origin)).with_each("line", origin.line));
            }
        }
        Error::all(problems).map_or(Ok(()), Err)
    }
}

fn fields_of<'c>(config: &'c Config, gvk: &Gvk) -> Vec<(&'c Gvk, &'c FieldSpec)> {
    let all = config
        .name_reference
        .iter()
        .flat_map(|referred| referred.from.iter().map(|spec| (&referred.gvk, spec)));
    all.filter(|(_, spec)| gvk.is_selected(&spec.gvk)).collect()
}

fn fix(index: &Index, at: usize, resource: &mut Resource, fields: &[(&Gvk, &FieldSpec)]) -> Result<()> {
    let namespaces =
        account_namespaces(&resource.node).map_err(|error| error.with("object", resource.id()))?;
    let referrer = Referrer { index, at, namespaces, role: role_of(&resource.node) };
    let mut changed = false;
    for (target, spec) in fields {
        let is_role = spec.path.ends_with("roleRef/name");
        let reference = Reference { referrer: &referrer, target, is_role };
        fieldspec::apply_to_all(spec, &mut resource.node, None, &mut |node| {
            reference.set(node, &mut changed)
        })
        .map_err(|error| error.with_each("object", &index.known[at].id))?;
    }
    if changed {
        resource.changed("NameReferenceTransformer");
    }
    Ok(())
}

impl Index {
    fn of(map: &ResMap) -> Self {
        let known: Vec<Known> = map.list.iter().map(|resource| Known::of(resource, map)).collect();
        let mut by_old_name: HashMap<Text, Vec<usize>> = HashMap::new();
        let mut first_namespaces: HashMap<Text, HashSet<(bool, Text, Text)>> = HashMap::new();
        for (at, known) in known.iter().enumerate() {
            for id in &known.before {
                let list = by_old_name.entry(id.name.clone()).or_default();
                if list.last() != Some(&at) {
                    list.push(at);
                }
            }
            let place = (known.cluster_scoped, known.namespace.clone(), known.id.namespace.clone());
            first_namespaces.entry(known.first_namespace()).or_default().insert(place);
        }
        Self { known, by_old_name, first_namespaces }
    }
}

impl Known {
    fn of(resource: &Resource, map: &ResMap) -> Self {
        let id = resource.id();
        Self {
            cluster_scoped: id.gvk.is_cluster_scoped(&map.cluster),
            namespace: id.effective_namespace(&map.cluster),
            before: resource.before_ids().collect(),
            prefixes: resource.prefixes.clone(),
            suffixes: resource.suffixes.clone(),
            origin: Arc::clone(&resource.origin),
            id,
        }
    }

    fn first_namespace(&self) -> Text {
        self.before.first().map_or_else(|| self.namespace.clone(), |first| effective(&first.namespace))
    }

    /// Says whether the last prefixes and suffixes are the same; where `loose`, one that has none fits every other.
    fn same_affixes(&self, other: &Known, loose: bool) -> bool {
        let same = |a: &[Text], b: &[Text]| {
            let least = a.len().min(b.len());
            if least == 0 {
                return loose || a.len() == b.len();
            }
            a[a.len() - least..] == b[b.len() - least..]
        };
        same(&self.prefixes, &other.prefixes) && same(&self.suffixes, &other.suffixes)
    }
}

impl<'r> Referrer<'r> {
    fn own(&self) -> &'r Known {
        &self.index.known[self.at]
    }

    /// Says whether an object can be referred to from here at all.
    fn sees(&self, cluster_scoped: bool, namespace: &Text, written: &Text) -> bool {
        let own = self.own();
        own.cluster_scoped
            || cluster_scoped
            || *namespace == own.namespace
            || self.namespaces.contains(written)
    }
}

impl<'r> Reference<'r> {
    fn set(&self, node: &mut Node, changed: &mut bool) -> Result<()> {
        match node {
            node if node.is_null() => Ok(()),
            Node::Scalar(_) => self.scalar(node, changed),
            Node::Map(map) => self.map(map, changed),
            Node::List(items) => {
                for item in items.iter_mut().filter(|item| !item.is_null()) {
                    match item {
                        Node::Scalar(_) => self.scalar(item, changed)?,
                        Node::Map(map) => self.map(map, changed)?,
                        Node::List(_) => return Err(invalid("expected a text or a map, found a list")),
                    }
                }
                Ok(())
            }
        }
    }

    fn scalar(&self, node: &mut Node, changed: &mut bool) -> Result<()> {
        let old = node.spelling();
        let Some(found) = self.referral(old, None, |a, b| a.id.name == b.id.name)? else { return Ok(()) };
        if found.id.name.as_str() == old {
            return Ok(());
        }
        *changed = true;
        set_scalar(node, found.id.name.clone(), Tag::None)
    }

    fn map(&self, map: &mut Map, changed: &mut bool) -> Result<()> {
        let name = map.get("name").ok_or_else(|| invalid("a reference has no field name"))?;
        let old = Text::from(name.spelling());
        let namespace = map.get("namespace").map(|node| Text::from(node.spelling()));
        let same = |a: &Known, b: &Known| a.id.name == b.id.name && a.id.namespace == b.id.namespace;
        let Some(found) = self.referral(&old, namespace.as_ref(), same)? else { return Ok(()) };
        if found.id.name == old && found.id.namespace.is_empty() {
            return Ok(());
        }
        *changed = true;
        set_field(map, "name", Node::plain(found.id.name.clone()));
        if !found.id.namespace.is_empty() {
            set_field(map, "namespace", Node::plain(found.id.namespace.clone()));
        }
        Ok(())
    }

    /// Finds the object that a name means.
    fn referral(
        &self,
        old: &str,
        namespace: Option<&Text>,
        same: impl Fn(&Known, &Known) -> bool,
    ) -> Result<Option<&'r Known>> {
        let referrer = self.referrer;
        let index = referrer.index;
        let Some(places) = index.by_old_name.get(old) else { return Ok(None) };
        let by_first = namespace.map(|namespace| self.is_first_namespace(namespace));
        let mut found: Vec<&Known> = places
            .iter()
            .map(|at| &index.known[*at])
            .filter(|known| referrer.sees(known.cluster_scoped, &known.namespace, &known.id.namespace))
            .filter(|known| match (namespace, by_first) {
                (Some(namespace), Some(true)) => known.first_namespace() == *namespace,
                (Some(namespace), _) => !known.cluster_scoped && known.namespace == *namespace,
                _ => true,
            })
            .filter(|known| known.before.iter().any(|id| id.gvk.is_selected(self.target)))
            .filter(|known| self.is_the_role(known))
            .filter(|known| self.is_near(known))
            .collect();
        if let [one] = found[..] {
            return Ok(Some(one));
        }
        found.retain(|known| known.same_affixes(referrer.own(), true));
        if found.len() > 1 {
            found.retain(|known| known.same_affixes(referrer.own(), false));
        }
        match found[..] {
            [] => Ok(None),
            [first, ref rest @ ..] if rest.iter().all(|other| same(first, other)) => Ok(Some(first)),
            _ => {
                let error = invalid("several objects could be meant by a reference").with("reference", old);
                let list: Vec<String> =
                    found.iter().map(|known| format!("{} in {}", known.id, known.origin)).collect();
                Err(error.with("candidates", list.join(", ")))
            }
        }
    }

    /// Says whether a namespace is one in which objects were at first, as far as they can be referred to.
    fn is_first_namespace(&self, namespace: &Text) -> bool {
        let places = self.referrer.index.first_namespaces.get(namespace);
        places.into_iter().flatten().any(|(cluster, now, written)| self.referrer.sees(*cluster, now, written))
    }

    fn is_the_role(&self, known: &Known) -> bool {
        match &self.referrer.role {
            Some(role) if self.is_role => known.before.iter().any(|id| id.gvk.is_selected(role)),
            _ => true,
        }
    }

    fn is_near(&self, known: &Known) -> bool {
        let own = self.referrer.own();
        own.cluster_scoped
            || known.cluster_scoped
            || known.id.gvk.kind == "ServiceAccount"
            || known.namespace == own.namespace
    }
}

fn role_of(node: &Node) -> Option<Gvk> {
    let role = node.get("roleRef")?;
    let text = |field| role.get(field).map(|node| Text::from(node.spelling()));
    Some(Gvk { group: text("apiGroup")?, kind: text("kind")?, version: Text::default() })
}

/// Gives the namespaces of the service accounts that a role binding names.
fn account_namespaces(node: &Node) -> Result<HashSet<Text>> {
    let mut out = HashSet::new();
    if node.get("kind").map_or("", Node::spelling) != "RoleBinding" {
        return Ok(out);
    }
    for subject in node.get("subjects").and_then(Node::as_list).unwrap_or_default() {
        let is_account = subject.get("kind").is_some_and(|kind| kind.spelling() == "ServiceAccount");
        match subject.get("namespace").filter(|_| is_account) {
            None => {}
            Some(Node::Scalar(scalar)) if scalar.is_text() => {
                out.insert(scalar.text.clone());
            }
            Some(_) => {
                return Err(invalid("the namespace of a service account is blank").with("field", "subjects"));
            }
        }
    }
    Ok(out)
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::Invalid, message)
}
