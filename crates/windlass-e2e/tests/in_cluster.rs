//! The manifests of the command for itself, on the real control plane: the command runs with a token of the account that
//! they make, with the arguments that the Deployment gives it, and can do what their roles say and no more.
//!
//! No container runs there. The pod of the Deployment is admitted and declared ready by kwok; the command is a process of
//! this machine.
#![allow(clippy::panic, reason = "a test fails by it, and says more than `expect` would")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Value, json};
use support::git::Served;
use support::plane::{kubectl, kubectl_args, plane};
use support::process::program;
use support::running::{Run, WAIT_MAX, until};

const COMMAND: &str = "system:serviceaccount:windlass-system:windlass";
const DEPLOYER: &str = "system:serviceaccount:shop:deployer";

/// What is applied with the first test.
static MANIFESTS: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../windlass-cli/deploy");
    for part in [folder.clone(), folder.join("tenant")] {
        kubectl_args(&["apply", "-k", part.to_str().expect("a path in UTF-8")]);
    }
    folder
});

/// What `kubectl` prints of an object; nothing where there is none.
fn shown(namespace: &str, object: &str, path: &str) -> String {
    let path = format!("-o=jsonpath={{{path}}}");
    kubectl_args(&["get", object, "--namespace", namespace, "--ignore-not-found", &path])
}

/// The arguments that the Deployment gives the command.
fn arguments() -> Vec<String> {
    let text = std::fs::read(MANIFESTS.join("deployment.yaml")).expect("the Deployment");
    let documents = windlass_yaml::read(&text, &windlass_yaml::Options::default()).expect("YAML");
    let deployment: Value = serde_json::to_value(&documents[0].value).expect("JSON");
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    let args = container["args"].as_array().expect("arguments");
    args.iter().map(|arg| arg.as_str().expect("an argument").to_owned()).collect()
}

/// Where the command runs: its unit files, its kubeconfig and its cache.
struct Pod {
    folder: tempfile::TempDir,
    git: Served,
}

impl Pod {
    fn new(token: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let pod = Self { folder, git: Served::new() };
        std::fs::create_dir(pod.path("units")).expect("a folder of unit files");
        pod.put("token", token);
        let admin = kubectl("config view --raw --minify -o json");
        let admin: Value = serde_json::from_str(&admin).expect("a kubeconfig");
        let kubeconfig = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "it",
            "clusters": [{"name": "it", "cluster": admin["clusters"][0]["cluster"]}],
            "users": [{"name": "it", "user": {"tokenFile": pod.path("token")}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        });
        pod.put("kubeconfig", &kubeconfig.to_string());
        pod
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("a file");
    }

    /// Puts the unit of the manifests in, from the repository of this test, with these words in the place of others.
    fn unit(&self, file: &str, replaced: &[(&str, &str)]) {
        let text = std::fs::read_to_string(MANIFESTS.join("units/shop.yaml")).expect("the unit");
        let mut text = text.replace("https://example.org/fleet.git", &self.git.url);
        for (from, to) in replaced {
            assert!(text.contains(from), "{from} in {text}");
            text = text.replace(from, to);
        }
        self.put(&format!("units/{file}.yaml"), &format!("{text}  interval: 1s\n"));
    }

    /// Starts what the Deployment starts, on other paths and another port.
    fn run(&self) -> Run {
        let args = arguments().into_iter().map(|arg| match arg.as_str() {
            "--file=/units" => format!("--file={}", self.path("units").display()),
            "--listen=:8080" => "--listen=127.0.0.1:0".to_owned(),
            _ => arg,
        });
        let mut command = Command::new(program());
        command.args(args).env_clear().env("XDG_CACHE_HOME", self.path("cache"));
        command.env("KUBECONFIG", self.path("kubeconfig"));
        Run::of(command)
    }
}

fn token() -> String {
    LazyLock::force(&MANIFESTS);
    kubectl("create token windlass --namespace windlass-system").trim().to_owned()
}

fn config_map(name: &str, namespace: &str, greeting: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
         data: {{greeting: {greeting}}}\n"
    )
}

const WORKLOAD: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: example.org/web}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
";

const SECRET: &str = "apiVersion: v1\nkind: Secret\nmetadata: {name: token}\nstringData: {token: hunter2}\n";

#[test]
fn what_the_roles_allow_is_applied_and_what_they_lack_is_refused_and_told_by_name() {
    let pod = Pod::new(&token());
    pod.unit("shop", &[]);
    // The command may act as the account of the tenant, and as no other.
    pod.unit("other", &[("name: shop", "name: other"), ("shop/deployer", "default/default")]);
    let far = config_map("far", "default", "hello");
    pod.git.commit(
        "all",
        &[
            ("shop/web.yaml", Some(WORKLOAD)),
            ("shop/greeting.yaml", Some(&config_map("greeting", "shop", "hello"))),
            ("shop/secret.yaml", Some(SECRET)),
            ("shop/far.yaml", Some(&far)),
        ],
    );
    let mut run = pod.run();
    for done in
        ["created ConfigMap/shop/greeting", "created Service/shop/web", "created Deployment.apps/shop/web"]
    {
        run.until(&format!("shop: {done}"));
    }
    let lacks = |verb: &str, kind: &str, namespace: &str| {
        format!(
            "User \"{DEPLOYER}\" cannot {verb} resource \"{kind}\" in API group \"\" in the namespace \"{namespace}\""
        )
    };
    let secret = run.until("shop: failed Secret/shop/token: ");
    assert!(secret.contains(&lacks("get", "secrets", "shop")), "{secret}");
    assert!(!secret.contains("hunter2"), "{secret}");
    let far = run.until("shop: failed ConfigMap/default/far: ");
    assert!(far.contains(&lacks("get", "configmaps", "default")), "{far}");
    // What the right is called depends on the server, and on whether it has seen the account act as another.
    let other = run.until("other: pass failed: ");
    let cannot_act = format!("User \"{COMMAND}\" cannot impersonate");
    assert!(other.contains(&cannot_act), "{other}");
    run.until("  help: have the right granted to this account");
    let guide = std::fs::read_to_string(MANIFESTS.join("../../../docs/in-cluster.md")).expect("the guide");
    let told: Vec<&str> = guide.lines().filter(|line| line.starts_with("shop: failed ")).collect();
    assert_eq!(told.len(), 2, "the guide shows what is refused here");
    for line in told {
        run.until(line);
    }

    assert_eq!(shown("shop", "configmap/greeting", ".data.greeting"), "hello");
    assert_eq!(shown("shop", "secret/token", ".kind") + &shown("default", "configmap/far", ".kind"), "");
    // All units were looked at: it is not the command that is ill.
    assert_eq!(run.get("/healthz"), (200, "ok\n".into()));
    until("ready", WAIT_MAX, || (run.get("/readyz") == (200, "ok\n".into())).then_some(()));
    run.until_metrics(&[
        "windlass_unit_state{installation=\"windlass\",unit=\"shop\",state=\"failed\"} 1",
        "windlass_unit_state{installation=\"windlass\",unit=\"other\",state=\"failed\"} 1",
        "windlass_unit_objects{installation=\"windlass\",unit=\"shop\",outcome=\"failed\"} 2",
        "windlass_unit_writes_total{installation=\"windlass\",unit=\"shop\",verb=\"create\"} 3",
    ]);

    // The right that was told is granted, the other object is taken out, and everything is well.
    kubectl(
        "create role secrets --namespace=shop --verb=get,list,watch,create,patch,delete --resource=secrets",
    );
    kubectl("create rolebinding secrets --namespace=shop --role=secrets --serviceaccount=shop:deployer");
    let commit = pod.git.commit("near", &[("shop/far.yaml", None)]);
    run.until("shop: created Secret/shop/token");
    let revision = format!(
        "windlass_unit_revision_info{{revision=\"sha1:{commit}\",installation=\"windlass\",unit=\"shop\"}} 1"
    );
    run.until_metrics(&[
        &revision,
        "windlass_unit_state{installation=\"windlass\",unit=\"shop\",state=\"ready\"} 1",
        "windlass_unit_objects{installation=\"windlass\",unit=\"shop\",outcome=\"unchanged\"} 4",
    ]);
    // What was changed and what is not wanted any more are within its rights as well.
    let two = config_map("greeting", "shop", "good day");
    pod.git.commit("less", &[("shop/greeting.yaml", Some(&two)), ("shop/secret.yaml", None)]);
    run.until("shop: changed ConfigMap/shop/greeting");
    run.until("shop: deleted Secret/shop/token");
}

/// Says whether an account may do something in a namespace.
fn may(account: &str, verb: &str, resource: &str, namespace: &str) -> bool {
    let account = format!("--as={account}");
    let arguments = ["auth", "can-i", verb, resource, "--namespace", namespace, &account];
    let output = plane().kubectl().args(arguments).output().expect("kubectl runs");
    match String::from_utf8_lossy(&output.stdout).trim() {
        "yes" => true,
        "no" => false,
        _ => panic!("{output:?}"),
    }
}

#[test]
fn the_accounts_have_the_rights_that_they_need_and_no_others() {
    LazyLock::force(&MANIFESTS);
    let own = "windlass-system";
    for (account, namespace, resource, verbs) in [
        (COMMAND, own, "configmaps", "get list watch create update delete"),
        (COMMAND, own, "secrets/windlass-key", "get create"),
        (COMMAND, own, "secrets/another", "create"),
        (COMMAND, own, "secrets", "create"),
        (COMMAND, own, "pods", ""),
        (COMMAND, own, "serviceaccounts/windlass", ""),
        (COMMAND, own, "roles.rbac.authorization.k8s.io", ""),
        (COMMAND, "shop", "serviceaccounts/deployer", "impersonate"),
        (COMMAND, "shop", "serviceaccounts/default", ""),
        (COMMAND, "shop", "configmaps", ""),
        (COMMAND, "default", "serviceaccounts/default", ""),
        (COMMAND, "default", "secrets", ""),
        (COMMAND, "default", "users/admin", ""),
        (COMMAND, "default", "groups/system:masters", ""),
        (DEPLOYER, "shop", "configmaps", "get list watch create patch delete"),
        (DEPLOYER, "shop", "deployments.apps", "get list watch create patch delete"),
        (DEPLOYER, "shop", "pods", "list"),
        (DEPLOYER, "shop", "roles.rbac.authorization.k8s.io", ""),
        (DEPLOYER, "shop", "serviceaccounts/deployer", ""),
        (DEPLOYER, own, "configmaps", ""),
        (DEPLOYER, "default", "configmaps", ""),
    ] {
        let all = [
            "get",
            "list",
            "watch",
            "create",
            "update",
            "patch",
            "delete",
            "impersonate",
            "bind",
            "escalate",
        ];
        let has: Vec<&str> = all.into_iter().filter(|verb| may(account, verb, resource, namespace)).collect();
        assert_eq!(has.join(" "), verbs, "what {account} may do with {resource} in {namespace}");
    }
}

#[test]
fn the_pod_of_the_deployment_is_admitted_where_only_restricted_pods_are() {
    LazyLock::force(&MANIFESTS);
    let enforced = kubectl("get namespace windlass-system -o jsonpath={.metadata.labels}");
    assert!(enforced.contains(r#""pod-security.kubernetes.io/enforce":"restricted""#), "{enforced}");
    until("a pod of the Deployment", WAIT_MAX, || {
        (shown("windlass-system", "deployment/windlass", ".status.readyReplicas") == "1").then_some(())
    });
}

#[test]
fn a_token_that_is_renewed_in_its_file_is_taken_up_before_the_old_one_ends_the_run() {
    LazyLock::force(&MANIFESTS);
    // Another tenant is the same folder with another namespace.
    let tenant = tempfile::tempdir().expect("a temporary folder");
    for file in ["kustomization.yaml", "tenant.yaml"] {
        let text = std::fs::read_to_string(MANIFESTS.join("tenant").join(file)).expect("a manifest");
        let text = text.replace("\nnamespace: shop\n", "\nnamespace: team-b\n");
        std::fs::write(tenant.path().join(file), text).expect("a file");
    }
    kubectl_args(&["apply", "-k", tenant.path().to_str().expect("a path in UTF-8")]);
    // A token that is bound to an object ends with it.
    kubectl("create secret generic bound --namespace=windlass-system");
    let bound = kubectl(
        "create token windlass --namespace=windlass-system --bound-object-kind=Secret --bound-object-name=bound",
    );
    let bound = format!("--token={}", bound.trim());

    let pod = Pod::new(bound.trim_start_matches("--token="));
    pod.unit(
        "team-b",
        &[
            ("name: shop", "name: team-b"),
            ("namespace: shop", "namespace: team-b"),
            ("shop/deployer", "team-b/deployer"),
        ],
    );
    pod.git.commit("one", &[("shop/greeting.yaml", Some(&config_map("greeting", "team-b", "hello")))]);
    let mut run = pod.run();
    run.until("team-b: created ConfigMap/team-b/greeting");

    pod.put("token", &token());
    kubectl("delete secret bound --namespace=windlass-system");
    until("the old token is refused", WAIT_MAX, || {
        let config = pod.path("nobody");
        std::fs::write(&config, "apiVersion: v1\nkind: Config\n").expect("a file");
        let admin: Value =
            serde_json::from_str(&kubectl("config view --raw --minify -o json")).expect("JSON");
        let server =
            format!("--server={}", admin["clusters"][0]["cluster"]["server"].as_str().expect("a URL"));
        let mut asks = plane().kubectl_with(&config);
        let output = asks.args([&server, &bound, "--insecure-skip-tls-verify", "auth", "whoami"]).output();
        let said = output.expect("kubectl runs");
        String::from_utf8_lossy(&said.stderr).contains("Unauthorized").then_some(())
    });
    pod.git.commit("two", &[("shop/greeting.yaml", Some(&config_map("greeting", "team-b", "good day")))]);
    // The file is read again each minute, and where the old token is refused.
    until("the new token is used", 2 * WAIT_MAX, || {
        (shown("team-b", "configmap/greeting", ".data.greeting") == "good day").then_some(())
    });
    assert_eq!(run.get("/healthz").0, 200);
}
