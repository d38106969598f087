//! The manifests and the Dockerfile in `deploy/`: that they fit the command and one another. What they do in a cluster is
//! tested in windlass-e2e.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::World;
use windlass_core::Value;

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn text(file: &str) -> String {
    fs::read_to_string(deploy().join(file)).unwrap()
}

fn manifests(file: &str) -> Vec<Value> {
    let documents = windlass_yaml::read(text(file).as_bytes(), &windlass_yaml::Options::default()).unwrap();
    documents.into_iter().map(|document| document.value).collect()
}

fn list<'a>(value: &'a Value, path: &[&str]) -> &'a [Value] {
    value.at(path).and_then(Value::as_list).unwrap_or_else(|| panic!("no {path:?}"))
}

/// The one container of the Deployment.
fn container() -> Value {
    let deployment = manifests("deployment.yaml").remove(0);
    let [container] = list(&deployment, &["spec", "template", "spec", "containers"]) else {
        panic!("one container")
    };
    container.clone()
}

fn args() -> Vec<String> {
    list(&container(), &["args"]).iter().map(|arg| arg.as_text().unwrap().to_owned()).collect()
}

#[test]
fn the_arguments_of_the_deployment_are_flags_of_the_command_and_its_unit_file_is_good() {
    let mut world = World::new();
    let units = deploy().join("units").display().to_string();
    let args = args().join(" ").replace("/units", &units).replace(":8080", "127.0.0.1:0");
    // It gets as far as looking for the unit in the files that it has read.
    let said = world.run(&format!("{args} --unit=nobody"));
    let expected = "error: no unit is called `nobody` (flag=--unit)\n  help: the units here are shop\n";
    assert_eq!((said.stderr.as_str(), said.code), (expected, Some(1)));
}

#[test]
fn the_deployment_mounts_what_the_command_reads_and_probes_where_it_listens() {
    let container = container();
    let mounts: Vec<&str> = list(&container, &["volumeMounts"])
        .iter()
        .map(|mount| mount.text_at(&["mountPath"]).unwrap())
        .collect();
    let [env] = list(&container, &["env"]) else { panic!("one variable") };
    assert_eq!(env.text_at(&["name"]), Some("XDG_CACHE_HOME"));
    assert_eq!(mounts, ["/units", env.text_at(&["value"]).unwrap()]);
    let [port] = list(&container, &["ports"]) else { panic!("one port") };
    let number = port.get("containerPort").and_then(Value::as_int).unwrap();
    assert_eq!(args(), ["run".into(), format!("--file={}", mounts[0]), format!("--listen=:{number}")]);
    for (probe, path) in [("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")] {
        assert_eq!(container.text_at(&[probe, "httpGet", "path"]), Some(path));
        assert_eq!(container.text_at(&[probe, "httpGet", "port"]), port.text_at(&["name"]));
    }
}

#[test]
fn no_rule_of_the_manifests_has_a_wildcard_and_no_binding_is_of_the_whole_cluster() {
    let mut rules = 0;
    for file in ["account.yaml", "deployer.yaml", "tenant/tenant.yaml"] {
        for manifest in manifests(file) {
            assert_ne!(manifest.text_at(&["kind"]), Some("ClusterRoleBinding"), "{file}");
            for rule in manifest.get("rules").and_then(Value::as_list).unwrap_or_default() {
                rules += 1;
                for part in ["apiGroups", "resources", "verbs"] {
                    let all = list(rule, &[part]);
                    assert!(!all.is_empty() && all.iter().all(|one| one.as_text() != Some("*")), "{file}");
                }
            }
        }
    }
    assert_eq!(rules, 8);
}

#[test]
fn the_command_renders_its_own_manifests_and_those_of_a_tenant() {
    let mut world = World::new();
    let render = |world: &mut World, folder: &Path| {
        let flags = format!("--name it --source-dir {} --target-dir live", folder.display());
        let rendered = world.good(&format!("render {flags}")).stdout;
        let documents = windlass_yaml::read(rendered.as_bytes(), &windlass_yaml::Options::default()).unwrap();
        let names = documents.iter().map(|document| {
            let word = |path: &[&str]| document.value.text_at(path).unwrap_or_default().to_owned();
            format!(
                "{} {}/{}",
                word(&["kind"]),
                word(&["metadata", "namespace"]),
                word(&["metadata", "name"])
            )
        });
        (names.collect::<Vec<_>>().join("\n"), rendered)
    };
    let (names, rendered) = render(&mut world, &deploy());
    assert_eq!(
        names,
        "Namespace /windlass-system\n\
         ServiceAccount windlass-system/windlass\n\
         Role windlass-system/windlass-state\n\
         ClusterRole /windlass-deployer\n\
         RoleBinding windlass-system/windlass-state\n\
         ConfigMap windlass-system/windlass-units\n\
         Deployment windlass-system/windlass"
    );
    assert!(rendered.contains("image: registry.example.org/windlass:0.1.0"), "{rendered}");
    let (names, _) = render(&mut world, &deploy().join("tenant"));
    assert_eq!(
        names,
        "Namespace /shop\n\
         ServiceAccount shop/deployer\n\
         Role shop/windlass-acts-as-deployer\n\
         RoleBinding shop/deployer\n\
         RoleBinding shop/windlass-acts-as-deployer"
    );
    // With webhooks.
    let folder = world.path("deploy-with-webhooks");
    copy_all(&deploy(), &folder);
    let file = folder.join("kustomization.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}components: [webhooks]\n")).unwrap();
    let (names, rendered) = render(&mut world, &folder);
    let more = "Service windlass-system/windlass-webhooks\n\
         Deployment windlass-system/windlass\n\
         Ingress windlass-system/windlass-webhooks";
    assert!(names.ends_with(more) && !names.contains("Secret"), "{names}");
    assert!(rendered.contains("--webhooks=:9292") && rendered.contains("  receiver.yaml: |"), "{rendered}");
    assert!(
        rendered.contains("containerPort: 8080") && rendered.contains("containerPort: 9292"),
        "{rendered}"
    );
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_all(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}

#[test]
fn the_service_of_the_webhooks_leads_to_their_port_and_the_ingress_to_nothing_else() {
    let patch = manifests("webhooks/deployment.yaml").remove(0);
    let [container] = list(&patch, &["spec", "template", "spec", "containers"]) else {
        panic!("one container")
    };
    let args: Vec<&str> = list(container, &["args"]).iter().map(|arg| arg.as_text().unwrap()).collect();
    let [port] = list(container, &["ports"]) else { panic!("one port") };
    let number = port.get("containerPort").and_then(Value::as_int).unwrap();
    assert_eq!(args[..args.len() - 1], self::args(), "what it runs without webhooks");
    assert_eq!(args[args.len() - 1], format!("--webhooks=:{number}"));
    let service = manifests("webhooks/service.yaml").remove(0);
    let [served] = list(&service, &["spec", "ports"]) else { panic!("one port") };
    assert_eq!(served.text_at(&["targetPort"]), port.text_at(&["name"]));
    let ingress = manifests("webhooks/ingress.yaml").remove(0);
    let [rule] = list(&ingress, &["spec", "rules"]) else { panic!("one rule") };
    let [path] = list(rule, &["http", "paths"]) else { panic!("one path") };
    assert_eq!(path.text_at(&["path"]), Some("/hook/"));
    let backend = path.at(&["backend", "service"]).unwrap();
    assert_eq!(backend.text_at(&["name"]), service.text_at(&["metadata", "name"]));
    assert_eq!(backend.text_at(&["port", "name"]), served.text_at(&["name"]));
    let receiver = manifests("webhooks/receiver.yaml").remove(0);
    let [mount] = list(container, &["volumeMounts"]) else { panic!("one mount") };
    assert_eq!(receiver.text_at(&["spec", "secretFile"]), mount.text_at(&["mountPath"]));
}

/// The instructions of the Dockerfile, each as its words.
fn instructions() -> Vec<Vec<String>> {
    let joined = text("Dockerfile").replace("\\\n", " ");
    let lines = joined.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

#[test]
fn what_the_dockerfile_copies_is_a_whole_workspace_and_gets_past_the_dockerignore() {
    let context = tempfile::tempdir().unwrap();
    let ignored = text("Dockerfile.dockerignore");
    let mut copied = 0;
    for words in instructions().iter().filter(|words| words[0] == "COPY" && !words[1].starts_with("--from")) {
        let (_, sources) = words[1..].split_last().unwrap();
        for source in sources {
            copied += 1;
            assert!(ignored.lines().any(|line| line == format!("!{source}")), "{source} is not ignored");
            copy(&workspace().join(source), &context.path().join(source));
        }
    }
    assert_eq!(copied, 4);
    // Every manifest of the workspace can be read, and the lock file fits them.
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--no-deps", "--format-version=1"])
        .current_dir(context.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("\"name\":\"windlass-cli\""), "the command is in the workspace");
}

/// Copies manifests and sources, which is what cargo looks at.
fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
        return;
    }
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let name = entry.file_name();
        let is_source = entry.path().is_dir()
            || name.to_string_lossy().ends_with(".toml")
            || name.to_string_lossy().ends_with(".rs");
        if is_source && name != "target" && name != "snapshots" {
            copy(&entry.path(), &to.join(name));
        }
    }
}

#[test]
fn the_image_is_built_by_the_promised_rust_on_one_debian_and_runs_as_nobody_in_particular() {
    let all = instructions();
    let manifest = fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
    let rust = manifest.split("rust-version = \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let bases: Vec<&str> = all.iter().filter(|words| words[0] == "FROM").map(|words| &*words[1]).collect();
    assert_eq!(bases, [format!("rust:{rust}-slim-bookworm").as_str(), "debian:bookworm-slim"]);
    let build = all.iter().find(|words| words[0] == "RUN").unwrap().join(" ");
    assert!(
        build.contains("cargo build --release --locked --package windlass-cli --bin windlass"),
        "{build}"
    );
    let user = all.iter().find(|words| words[0] == "USER").unwrap();
    let deployment = manifests("deployment.yaml").remove(0);
    let pod = deployment.at(&["spec", "template", "spec", "securityContext"]).unwrap();
    let id = |field| pod.get(field).and_then(Value::as_int).unwrap();
    assert_eq!(user[1], format!("{}:{}", id("runAsUser"), id("runAsGroup")));
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(container().text_at(&["image"]), Some(&*format!("windlass:{version}")));
}

fn guide() -> String {
    fs::read_to_string(workspace().join("docs/in-cluster.md")).unwrap()
}

#[test]
fn the_guide_shows_the_manifests_as_they_are() {
    let (guide, mut shown) = (guide(), 0);
    for block in guide.split("\n```yaml\n").skip(1) {
        let block = block.split_once("```\n").unwrap().0;
        let (file, text) = block.split_once('\n').unwrap();
        let file = file.strip_prefix("# crates/windlass-cli/deploy/").unwrap();
        assert_eq!(text, self::text(file), "{file}");
        shown += 1;
    }
    assert_eq!(shown, 8);
}

#[test]
fn the_guide_names_every_metric_and_no_other() {
    let snapshot = "tests/snapshots/serving__metrics_tell_of_each_unit_how_it_is_and_what_was_done.snap";
    let written = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(snapshot)).unwrap();
    let suffix = |kind: &str| match kind {
        "counter" => "_total",
        "info" => "_info",
        _ => "",
    };
    let types = written.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let mut written: Vec<String> =
        types.map(|(name, kind)| format!("{name}{} {kind}", suffix(kind))).collect();
    let guide = guide();
    let rows = guide.lines().filter_map(|line| line.strip_prefix("| `windlass_")?.split_once("` | "));
    let mut told: Vec<String> =
        rows.map(|(name, rest)| format!("windlass_{name} {}", rest.split(' ').next().unwrap())).collect();
    written.sort();
    told.sort();
    assert_eq!(told, written);
}
