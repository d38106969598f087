//! Makes random trees of kustomizations.

use std::collections::{BTreeMap, BTreeSet};

/// Makes one tree.
pub(crate) struct Maker {
    state: u64,
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) used: BTreeSet<&'static str>,
    /// The objects of the bases: version, kind, name and namespace.
    objects: Vec<(&'static str, &'static str, &'static str, &'static str)>,
    /// What generators made: the field and the name.
    made: Vec<(&'static str, String)>,
}

const NAMES: [&str; 4] = ["web", "api", "db", "settings"];
const OWN: &str = "apiVersion: example.com/v1\nkind: Own\n";
const KINDS: [(&str, &str); 12] = [
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("batch/v1", "CronJob"),
    ("v1", "Service"),
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "ServiceAccount"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("networking.k8s.io/v1", "Ingress"),
    ("v1", "Namespace"),
    ("example.com/v1", "Own"),
];
const VALUES: [&str; 16] = [
    "a",
    "\"1\"",
    "1",
    "yes",
    "'yes'",
    "1.0",
    "null",
    "",
    "2024-01-01",
    "0x1F",
    "\"two words\"",
    "true",
    "~",
    "1e3",
    "'it''s'",
    "x-y",
];

impl Maker {
    pub(crate) fn new(seed: u64) -> Self {
        let state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        Self { state, files: BTreeMap::new(), used: BTreeSet::new(), objects: Vec::new(), made: Vec::new() }
    }

    fn below(&mut self, count: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as usize % count
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// Gives the head of an object, mostly of one that is there.
    fn head(&mut self) -> String {
        let ((version, kind), name) = (self.pick(&KINDS), self.name());
        let known = self.objects.clone();
        let other = known.is_empty() || self.chance(5);
        let (version, kind, name, namespace) =
            if other { (version, kind, name, "") } else { self.pick(&known) };
        let namespace =
            if namespace.is_empty() { String::new() } else { format!("  namespace: {namespace}\n") };
        format!("apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n{namespace}")
    }

    /// Gives the name of an object of a kind, if there is one.
    fn name_of(&mut self, kind: &str) -> &'static str {
        let known: Vec<&'static str> =
            self.objects.iter().filter(|object| object.1 == kind).map(|object| object.2).collect();
        if known.is_empty() { self.name() } else { self.pick(&known) }
    }

    fn name(&mut self) -> &'static str {
        self.pick(&NAMES)
    }

    fn value(&mut self) -> &'static str {
        self.pick(&VALUES)
    }

    fn uses(&mut self, feature: &'static str) {
        self.used.insert(feature);
    }

    /// Makes a tree and gives the folder to build.
    pub(crate) fn tree(&mut self) -> String {
        self.base("base");
        let mut below = vec!["base".to_owned()];
        if self.chance(30) {
            self.uses("several bases");
            self.base("other");
            below.push("other".to_owned());
        }
        let layers = 1 + self.below(3);
        for layer in 0..layers {
            let folder = format!("layer{layer}");
            self.layer(&folder, &below);
            below = vec![folder.clone()];
            if self.chance(15) {
                self.uses("diamond");
                let twin = format!("twin{layer}");
                let text = format!(
                    "resources: [../{}]\nnamePrefix: twin-\n",
                    if layer == 0 { "base" } else { "layer0" }
                );
                self.files.insert(format!("{twin}/kustomization.yaml"), text);
                below.push(twin);
            }
        }
        let text = below.iter().map(|folder| format!("- ../{folder}\n")).collect::<String>();
        self.files.insert("all/kustomization.yaml".to_owned(), format!("resources:\n{text}"));
        "all".to_owned()
    }

    fn base(&mut self, folder: &str) {
        let mut text = String::new();
        let mut seen = BTreeSet::new();
        for _ in 0..2 + self.below(5) {
            let (kind, name) = (self.pick(&KINDS), self.name());
            if seen.insert((kind, name)) {
                text.push_str(&self.object(kind, name));
                text.push_str("---\n");
            }
        }
        self.files.insert(format!("{folder}/all.yaml"), text);
        let mut kustomization = "resources: [all.yaml]\n".to_owned();
        if self.chance(50) {
            kustomization.push_str(&self.generators("create"));
        }
        if self.chance(30) {
            kustomization.push_str(&self.labels());
        }
        if self.chance(20) {
            kustomization.push_str(&self.simple());
        }
        self.files.insert(format!("{folder}/kustomization.yaml"), kustomization);
    }

    fn layer(&mut self, folder: &str, below: &[String]) {
        let mut text = "resources:\n".to_owned()
            + &below.iter().map(|base| format!("- ../{base}\n")).collect::<String>();
        for _ in 0..1 + self.below(4) {
            let part = match self.below(9) {
                0 => self.simple(),
                1 => self.labels(),
                2 => self.images(),
                3 | 4 => self.patches(folder),
                5 => self.replacements(),
                6 => self.generators("merge"),
                7 => self.components(folder),
                _ => self.others(folder),
            };
            let field = part.split(':').next().unwrap_or_default().to_owned();
            if !text.contains(&format!("\n{field}:")) {
                text.push_str(&part);
            }
        }
        self.files.insert(format!("{folder}/kustomization.yaml"), text);
    }

    fn object(&mut self, (version, kind): (&'static str, &'static str), name: &'static str) -> String {
        let mut text = format!("apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n");
        let namespace = if self.chance(20) { self.pick(&["one", "default", "two"]) } else { "" };
        if !namespace.is_empty() {
            text.push_str(&format!("  namespace: {namespace}\n"));
        }
        self.objects.push((version, kind, name, namespace));
        if self.chance(30) {
            let (a, b) = (self.value(), self.value());
            text.push_str(&format!("  labels: {{tier: back, team: {a}}}\n  annotations: {{note: {b}}}\n"));
        }
        text + &self.body(kind)
    }

    fn body(&mut self, kind: &str) -> String {
        match kind {
            "Deployment" | "StatefulSet" => {
                let pod = self.pod("      ");
                let replicas = if self.chance(50) { "  replicas: 1\n" } else { "" };
                format!(
                    "spec:\n{replicas}  selector:\n    matchLabels: {{app: x}}\n  template:\n    metadata:\n      labels: {{app: x}}\n    spec:\n{pod}"
                )
            }
            "CronJob" => {
                let pod = self.pod("          ");
                format!("spec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n{pod}")
            }
            "Service" => {
                let port = self.pick(&["80", "443"]);
                format!(
                    "spec:\n  selector: {{app: x}}\n  ports:\n  - port: {port}\n    targetPort: 8080\n  - {{port: 53, protocol: UDP}}\n"
                )
            }
            "ConfigMap" => {
                let (a, b) = (self.pick(&["one", "\"2\"", "\"{}\""]), self.pick(&["x", "y y"]));
                format!("data:\n  a: {a}\n  b: {b}\n")
            }
            "Secret" => "data: {a: YQ==}\nstringData: {b: text}\n".to_owned(),
            "RoleBinding" => {
                let (role, account) = (self.name(), self.name());
                format!(
                    "roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}\nsubjects:\n- {{kind: ServiceAccount, name: {account}}}\n- {{kind: ServiceAccount, name: default, namespace: one}}\n"
                )
            }
            "ClusterRole" => {
                let name = self.name();
                format!(
                    "rules:\n- {{apiGroups: [\"\"], resources: [configmaps], resourceNames: [{name}], verbs: [get]}}\n"
                )
            }
            "Ingress" => {
                let (service, secret) = (self.name(), self.name());
                format!(
                    "spec:\n  tls: [{{secretName: {secret}}}]\n  rules:\n  - host: x.y\n    http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: {service}, port: {{number: 80}}}}}}}}]}}\n"
                )
            }
            "Own" => {
                let (a, b, c) = (self.value(), self.value(), self.value());
                format!(
                    "spec:\n  a: {a}\n  b: {b}\n  list:\n  - name: x\n    v: {c}\n  - name: z\n  deep: {{map: {{k: v}}, none: null}}\n"
                )
            }
            _ => String::new(),
        }
    }

    fn pod(&mut self, indent: &str) -> String {
        let mut lines = vec!["containers:".to_owned()];
        for at in 0..1 + self.below(2) {
            let image = self.pick(&[
                "nginx",
                "nginx:1.2",
                "reg.io:5000/app:v1",
                "app@sha256:abc",
                "nginx:1@sha256:abc",
            ]);
            lines.push(format!("- name: c{at}\n  image: {image}"));
            if self.chance(60) {
                let (map, secret) = (self.name(), self.name());
                lines.push(format!("  env:\n  - {{name: A, value: \"1\"}}\n  - name: B\n    valueFrom: {{configMapKeyRef: {{name: {map}, key: a}}}}\n  envFrom:\n  - secretRef: {{name: {secret}}}"));
            }
            if self.chance(40) {
                lines.push("  ports:\n  - {containerPort: 80, name: http}\n  - {containerPort: 80, protocol: UDP}\n  args: [run, \"--x=$(V)\"]".to_owned());
            }
        }
        if self.chance(40) {
            let (map, account) = (self.name(), self.name());
            lines.push(format!("volumes:\n- name: v\n  configMap: {{name: {map}}}\n- name: e\n  emptyDir: {{}}\nserviceAccountName: {account}"));
        }
        lines.iter().flat_map(|part| part.split('\n')).map(|line| format!("{indent}{line}\n")).collect()
    }

    fn simple(&mut self) -> String {
        match self.below(5) {
            0 => {
                self.uses("namePrefix");
                "namePrefix: pre-\n".to_owned()
            }
            1 => {
                self.uses("nameSuffix");
                "nameSuffix: -suf\n".to_owned()
            }
            2 => {
                self.uses("namespace");
                let name = self.pick(&["one", "three"]);
                format!("namespace: {name}\n")
            }
            3 => {
                self.uses("commonAnnotations");
                "commonAnnotations: {note: added, more: \"1\"}\n".to_owned()
            }
            _ => {
                self.uses("replicas");
                let name = self.name_of("Deployment");
                format!("replicas: [{{name: {name}, count: 3}}]\n")
            }
        }
    }

    fn labels(&mut self) -> String {
        let (key, value) = (self.pick(&["app", "team", "tier"]), self.pick(&["one", "two", "\"3\""]));
        match self.below(4) {
            0 => {
                self.uses("commonLabels");
                format!("commonLabels: {{{key}: {value}}}\n")
            }
            1 => {
                self.uses("labels");
                format!("labels: [{{pairs: {{{key}: {value}}}}}]\n")
            }
            2 => {
                self.uses("labels with selectors");
                format!("labels: [{{pairs: {{{key}: {value}}}, includeSelectors: true}}]\n")
            }
            _ => {
                self.uses("labels with templates");
                format!("labels: [{{pairs: {{{key}: {value}}}, includeTemplates: true}}]\n")
            }
        }
    }

    fn images(&mut self) -> String {
        self.uses("images");
        let name = self.pick(&["nginx", "app", "reg.io:5000/app", "n.*"]);
        let change = self.pick(&[
            "newTag: v2",
            "newName: other/x",
            "digest: sha256:def",
            "newName: o, newTag: \"3\"",
            "tagSuffix: -x",
        ]);
        format!("images: [{{name: \"{name}\", {change}}}]\n")
    }

    fn generators(&mut self, behavior: &str) -> String {
        let (name, value) = (self.name(), self.pick(&["one", "two words", "<&>"]));
        let options =
            self.pick(&["", ", options: {disableNameSuffixHash: true}", ", options: {labels: {gen: l}}"]);
        let (feature, field) = self
            .pick(&[("configMapGenerator", "configMapGenerator"), ("secretGenerator", "secretGenerator")]);
        self.uses(feature);
        let known = self.made.clone();
        if behavior == "merge" && !known.is_empty() && self.chance(90) {
            self.uses("generator merge");
            let at = self.below(known.len());
            let ((field, name), behavior) = (known[at].clone(), self.pick(&["merge", "merge", "replace"]));
            return format!(
                "{field}: [{{name: {name}, behavior: {behavior}, literals: [\"a={value}\", c=d]{options}}}]\n"
            );
        }
        let name = format!("{name}-{}", self.pick(&["gen", "made"]));
        let text = format!("{field}: [{{name: {name}, literals: [\"a={value}\", c=d]{options}}}]\n");
        self.made.push((field, name));
        text
    }

    fn patches(&mut self, folder: &str) -> String {
        let target = match self.below(4) {
            0 => "{kind: Deployment}".to_owned(),
            1 => format!("{{name: \"{}.*\"}}", self.pick(&["w", "a", "pre-", "s"])),
            2 => "{labelSelector: \"tier=back\"}".to_owned(),
            _ => format!("{{kind: \"{}\"}}", self.pick(&["Own|ConfigMap", "Service", "StatefulSet", ".*"])),
        };
        match self.below(4) {
            0 => {
                self.uses("JSON patch");
                let operation = self.pick(&[
                    "{op: add, path: /metadata/annotations/x, value: yes}",
                    "{op: add, path: /spec, value: {new: 1}}",
                    "{op: replace, path: /metadata/name, value: renamed}",
                    "{op: add, path: /metadata/labels, value: {app: json}}",
                    "{op: add, path: /spec/deep, value: {on: off, n: 007, big: 12345678901}}",
                ]);
                format!("patches:\n- target: {target}\n  patch: |-\n    - {operation}\n")
            }
            1 => {
                self.uses("strategic patch with target");
                let body = self.patch_body();
                let text = format!("apiVersion: v1\nkind: Any\nmetadata:\n  name: any\n{body}");
                format!("patches:\n- target: {target}\n  patch: |-\n{}", indented(&text))
            }
            2 => {
                self.uses("strategic patch by name");
                let text = self.head() + &self.patch_body();
                self.files.insert(format!("{folder}/patch.yaml"), text);
                "patches: [{path: patch.yaml}]\n".to_owned()
            }
            _ => {
                self.uses("patchesStrategicMerge");
                let text = self.head() + &self.patch_body();
                format!("patchesStrategicMerge:\n- |-\n{}", indented(&text))
            }
        }
    }

    fn patch_body(&mut self) -> String {
        let value = self.value();
        match self.below(8) {
            0 => format!("  labels: {{team: {value}, app: patched}}\n"),
            1 => format!("spec: {{a: {value}, b: new, deep: null}}\n"),
            2 => "spec: {template: {spec: {containers: [{name: c0, image: patched}, {name: new, image: n}]}}}\n".to_owned(),
            3 => format!("spec: {{template: {{spec: {{containers: [{{name: c0, env: [{{name: A, value: {value}}}, {{name: Z, value: z}}]}}]}}}}}}\n"),
            4 => "$patch: delete\n".to_owned(),
            5 => format!("data: {{a: {value}, c: new, b: null}}\n"),
            6 => "spec: {ports: [{port: 80, name: http}, {port: 9, protocol: TCP}], list: [{name: q}]}\n".to_owned(),
            _ => "spec: {template: {spec: {volumes: [{name: v, $patch: delete}, {name: w, emptyDir: {}}]}}, selector: {$patch: replace, k: l}}\n".to_owned(),
        }
    }

    fn replacements(&mut self) -> String {
        self.uses("replacements");
        let (source, path) = self.pick(&[
            ("ConfigMap", "data.b"),
            ("Deployment", "metadata.name"),
            ("Own", "spec.a"),
            ("Service", "spec.ports.0.port"),
        ]);
        let (target, field) = self.pick(&[
            ("Deployment", "spec.template.spec.containers.[name=c0].image"),
            ("Own", "spec.list.[name=x].v"),
            ("ConfigMap", "data.a"),
            ("Own", "spec.new.deep"),
            ("Service", "metadata.labels.app"),
        ]);
        let options = self.pick(&[
            "",
            "\n    options: {create: true}",
            "\n    options: {create: true}",
            "\n    options: {delimiter: \":\", index: 1}",
        ]);
        let name = self.name_of(source);
        format!(
            "replacements:\n- source: {{kind: {source}, name: {name}, fieldPath: {path}}}\n  targets:\n  - select: {{kind: {target}}}\n    fieldPaths: [\"{field}\"]{options}\n"
        )
    }

    fn components(&mut self, folder: &str) -> String {
        self.uses("components");
        let part = match self.below(4) {
            0 => self.simple(),
            1 => self.labels(),
            2 => self.patches(&format!("{folder}/part")),
            _ => self.generators("merge"),
        };
        let text = format!("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n{part}");
        self.files.insert(format!("{folder}/part/kustomization.yaml"), text);
        "components: [part]\n".to_owned()
    }

    fn others(&mut self, folder: &str) -> String {
        match self.below(4) {
            0 => {
                self.uses("configurations");
                let text = "nameReference:\n- kind: ConfigMap\n  fieldSpecs:\n  - {kind: Own, path: spec/a}\nimages:\n- {kind: Own, path: spec/b}\n";
                self.files.insert(format!("{folder}/config.yaml"), text.to_owned());
                "configurations: [config.yaml]\n".to_owned()
            }
            1 => {
                self.uses("vars");
                let name = self.name_of("ConfigMap");
                format!(
                    "vars: [{{name: V, objref: {{kind: ConfigMap, apiVersion: v1, name: {name}}}, fieldref: {{fieldPath: data.b}}}}]\n"
                )
            }
            2 => {
                self.uses("new resources");
                let name = self.name();
                let text = format!("{OWN}metadata: {{name: {name}-{folder}}}\n");
                self.files.insert(format!("{folder}/new.yaml"), text);
                "transformers:\n- |-\n  apiVersion: builtin\n  kind: PrefixTransformer\n  metadata: {name: t}\n  prefix: t-\n  fieldSpecs: [{path: metadata/name, kind: Own}]\n".to_owned()
            }
            _ => {
                self.uses("patchesJson6902");
                let name = self.name();
                format!(
                    "patchesJson6902:\n- target: {{group: apps, version: v1, kind: Deployment, name: {name}}}\n  patch: |-\n    - {{op: replace, path: /spec/replicas, value: 4}}\n"
                )
            }
        }
    }
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
