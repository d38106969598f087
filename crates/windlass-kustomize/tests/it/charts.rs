//! Charts that are brought, and clusters that are asked. The bytes of charts are in `tests/cases/chart-*.case`.

use std::sync::Arc;

use windlass_core::{
    Artifact, Capabilities, Context, ErrorKind, Need, Provided, RenderInput, Rendered, Renderer, Result,
    Revision, TreePath,
};
use windlass_helm::template::HelmVersion;
use windlass_kustomize::{Kustomize, Options};
use windlass_testkit::{MemoryFiles, TestClock, files};
use windlass_yaml::go;

use crate::own::InProcess;

const CHART: &[(&str, &str)] = &[
    ("Chart.yaml", "{apiVersion: v2, name: web, version: 1.2.3}"),
    ("values.yaml", "colour: blue\n"),
    (
        "templates/a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\n\
         data: {colour: {{ .Values.colour }}, kube: {{ .Capabilities.KubeVersion.Version }}, \
         extra: {{ .Capabilities.APIVersions.Has \"extra/v1\" | quote }}}\n",
    ),
];

fn artifact(files: MemoryFiles) -> Artifact {
    Artifact::new(Revision::new("test:1"), files.digest(), Arc::new(files))
}

fn charts() -> Options {
    Options::default().with_helm(InProcess(HelmVersion::V4))
}

/// Renders the root of some files, with what is at some addresses.
fn render(
    options: Options,
    own: &[(&str, &str)],
    bases: &[(&str, MemoryFiles)],
    served: Option<Capabilities>,
) -> Result<Rendered> {
    let mut provided = Provided::default();
    provided.capabilities = served;
    for (address, files) in bases {
        provided.bases.insert((*address).into(), artifact(files.clone()));
    }
    let (artifact, root) = (artifact(files(own.iter().copied())), TreePath::root());
    let input = RenderInput::new(&artifact, &root).with_provided(&provided);
    Kustomize::new(options).render(&Context::new(TestClock::new()), &input)
}

fn in_folder(folder: &str) -> MemoryFiles {
    CHART.iter().fold(MemoryFiles::new(), |files, (name, text)| files.with(&format!("{folder}{name}"), *text))
}

fn text(rendered: &Rendered) -> String {
    let texts: Vec<String> = rendered.items.iter().map(|item| go::to_yaml(item.object.body())).collect();
    texts.join("---\n")
}

fn addresses(result: Result<Rendered>) -> Vec<String> {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unfetched, "{error}");
    let address = |need: &Need| match need {
        Need::Base(address) => address.expose().to_owned(),
        other => panic!("{other:?}"),
    };
    error.needs().iter().map(address).collect()
}

fn cluster() -> Options {
    charts().with_helm_cluster("1.30.0", ["extra/v1"])
}

#[test]
fn charts_that_are_not_there_are_needed_all_at_once() {
    let own = [(
        "kustomization.yaml",
        "helmCharts:\n\
         - {name: web, repo: 'https://charts.example/stable/', version: 1.2.x}\n\
         - {name: web, repo: 'https://charts.example', devel: true}\n\
         - {name: web, repo: 'oci://registry.example/charts/', version: 1.2.3}\n\
         resources: ['https://git.example/org/repo']\n",
    )];
    let needed = addresses(render(cluster().with_remote(), &own, &[], None));
    assert_eq!(
        needed,
        [
            "git::https://git.example/org/repo",
            "https://charts.example/stable#web@1.2.x",
            "https://charts.example#web@>0.0.0-0",
            "oci://registry.example/charts/web:1.2.3",
        ]
    );
}

#[test]
fn a_chart_that_was_brought_renders_as_its_root_or_as_its_one_folder() {
    let kustomization = "helmCharts: [{name: web, releaseName: shop, repo: 'https://charts.example', valuesInline: {n: 1}}]\n";
    let own = [("kustomization.yaml", kustomization)];
    let address = "https://charts.example#web@";
    for folder in ["", "web/"] {
        let rendered = render(cluster().with_remote(), &own, &[(address, in_folder(folder))], None).unwrap();
        assert_eq!(
            text(&rendered),
            "apiVersion: v1\ndata:\n  colour: blue\n  extra: \"true\"\n  kube: v1.30.0\nkind: ConfigMap\n\
             metadata:\n  name: shop\n"
        );
        let origin = rendered.items[0].origin.to_string();
        assert_eq!(origin, format!("{address}//{folder}templates/a.yaml:1"));
        assert!(rendered.reads.contains_key(&Need::Base(address.into())));
    }
    let two = MemoryFiles::new().with("a/Chart.yaml", "").with("b/Chart.yaml", "");
    let error = render(cluster().with_remote(), &own, &[(address, two)], None).unwrap_err();
    assert!(error.to_string().contains("what is at the address is not one chart"), "{error}");
}

#[test]
fn a_chart_that_is_not_there_is_refused_where_nothing_is_fetched() {
    let own =
        [("kustomization.yaml", "helmCharts: [{name: web, repo: 'https://ada:secret@charts.example'}]\n")];
    let error = render(cluster(), &own, &[], None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "remote resources are not allowed (resource=https://charts.example#web@, option=remote, \
         field=helmCharts[0], kustomization=kustomization.yaml)"
    );
    let error = render(Options::default(), &own, &[], None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(!format!("{error:?}").contains("secret"));
}

#[test]
fn a_chart_sees_what_the_target_serves_unless_somebody_says_another_cluster() {
    let own = |kustomization: &'static str| {
        let chart = CHART.iter().map(|(name, text)| (format!("charts/web/{name}"), *text));
        chart.chain([("kustomization.yaml".to_owned(), kustomization)]).collect::<Vec<_>>()
    };
    let check = |options: Options, kustomization: &'static str, expected: &str| {
        let own = own(kustomization);
        let own: Vec<(&str, &str)> = own.iter().map(|(name, text)| (name.as_str(), *text)).collect();
        let served = Capabilities::new("v1.33.1", ["extra/v1".into()]);
        let rendered = render(options, &own, &[], Some(served)).unwrap();
        let data = rendered.items[0].object.body().get("data").unwrap().canonical();
        assert_eq!(data, expected);
        rendered.reads.contains_key(&Need::Capabilities)
    };
    let plain = "helmCharts: [{name: web, releaseName: shop}]\n";
    let asks = check(charts(), plain, r#"{"colour":"blue","extra":"true","kube":"v1.33.1"}"#);
    assert!(asks, "what was asked is among the reads");
    let asks = check(
        charts().with_helm_cluster("1.29.0", [""; 0]),
        plain,
        r#"{"colour":"blue","extra":"false","kube":"v1.29.0"}"#,
    );
    assert!(!asks, "nobody was asked");
    check(
        charts(),
        "helmCharts: [{name: web, releaseName: shop, kubeVersion: 1.28.0}]\n",
        r#"{"colour":"blue","extra":"false","kube":"v1.28.0"}"#,
    );
    let own = own(plain);
    let own: Vec<(&str, &str)> = own.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    let error = render(charts(), &own, &[], None).unwrap_err();
    assert_eq!(error.needs(), [Need::Capabilities]);
}

#[test]
fn the_files_of_a_chart_are_among_the_reads() {
    let mut own: Vec<(String, &str)> =
        CHART.iter().map(|(name, text)| (format!("charts/web/{name}"), *text)).collect();
    own.push(("kustomization.yaml".to_owned(), "helmCharts: [{name: web, releaseName: shop}]\n"));
    own.push(("other.yaml".to_owned(), "a: b\n"));
    let own: Vec<(&str, &str)> = own.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    let rendered = render(cluster(), &own, &[], None).unwrap();
    assert_eq!(rendered.items[0].origin.to_string(), "charts/web/templates/a.yaml:1");
    assert_eq!(&*rendered.items[0].origin.transformers[0], "HelmChartInflationGenerator");
    let read = |path: &str| rendered.reads.contains_key(&Need::File(TreePath::new(path).unwrap()));
    for path in
        ["charts/web", "charts/web/Chart.yaml", "charts/web/values.yaml", "charts/web/templates/a.yaml"]
    {
        assert!(read(path), "{path}");
    }
    assert!(!read("other.yaml"));
}

#[test]
fn what_renders_charts_is_part_of_the_fingerprint() {
    let fingerprint = |options: Options| Kustomize::new(options).fingerprint();
    let all = [
        fingerprint(Options::default()),
        fingerprint(charts()),
        fingerprint(Options::default().with_helm(InProcess(HelmVersion::V3))),
        fingerprint(cluster()),
    ];
    for (at, one) in all.iter().enumerate() {
        assert!(!all[..at].contains(one), "{at}");
    }
}
