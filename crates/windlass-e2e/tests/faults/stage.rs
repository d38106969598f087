//! Several units that `windlass run` keeps, through a proxy.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use windlass_kube::{Cluster, Connect};

use crate::support::plane::{ACCOUNTS, kubectl, kubectl_args, namespace};
use crate::support::process::program;
use crate::support::proxy::Proxy;
use crate::support::running::{Run, WAIT_MAX, until};
use crate::support::world::run;

/// Units with folders of their own, a namespace for each, and a proxy between them and the server.
pub(crate) struct Stage {
    name: &'static str,
    pub(crate) proxy: Proxy,
    folder: tempfile::TempDir,
}

pub(crate) fn config_map(name: &str, value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{key: \"{value}\"}}\n")
}

pub(crate) fn secret(name: &str, value: &str) -> String {
    format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}}}\nstringData: {{key: \"{value}\"}}\n")
}

/// A connection through a proxy, as the account of a unit.
pub(crate) fn proxied(proxy: &Proxy, unit: &str) -> Cluster {
    let mut config: Value =
        serde_json::from_str(&kubectl("config view --raw --minify -o json")).expect("JSON");
    config["clusters"][0]["cluster"] = json!({"server": proxy.url});
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), config.to_string()).expect("a kubeconfig");
    let connect = Connect::kubeconfig(file.path()).allow_plain_http();
    let cluster = run(Cluster::connect(&connect)).expect("a connection");
    cluster.as_account(&format!("{ACCOUNTS}/{unit}")).expect("an account")
}

/// What `kubectl` prints of an object; nothing where there is none.
pub(crate) fn shown(namespace: &str, object: &str, path: &str) -> String {
    let path = format!("-o=jsonpath={{{path}}}");
    kubectl_args(&["get", object, "--namespace", namespace, "--ignore-not-found", &path])
}

/// Somebody who is no former manager changes the value of a ConfigMap.
pub(crate) fn edit(namespace: &str, name: &str, value: &str) {
    let patch = format!(r#"--patch={{"data":{{"key":"{value}"}}}}"#);
    let (by, how) = ("--field-manager=somebody", "--type=merge");
    kubectl_args(&["patch", "configmap", name, "--namespace", namespace, by, how, &patch]);
}

impl Stage {
    /// A proxy and these units; the name of a unit, and of its namespace, begins with the name of the stage.
    pub(crate) fn new(name: &'static str, units: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let stage = Self { name, proxy: Proxy::new(), folder };
        let admin: Value =
            serde_json::from_str(&kubectl("config view --raw --minify -o json")).expect("JSON");
        stage.kubeconfig(&admin["users"][0]["user"]);
        for unit in units {
            namespace(&stage.unit(unit));
            stage.declare(unit, "");
        }
        stage
    }

    /// The whole name of a unit.
    pub(crate) fn unit(&self, unit: &str) -> String {
        format!("{}-{unit}", self.name)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().expect("a path in UTF-8").to_owned()
    }

    /// Asks the server, through the proxy, as this user of a kubeconfig.
    pub(crate) fn kubeconfig(&self, user: &Value) {
        let kubeconfig = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "it",
            "clusters": [{"name": "it", "cluster": {"server": self.proxy.url}}],
            "users": [{"name": "it", "user": user}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        });
        std::fs::write(self.path("kubeconfig"), kubeconfig.to_string()).expect("a file");
    }

    /// Writes the file of a unit, with more fields of its target.
    pub(crate) fn declare(&self, unit: &str, target: &str) {
        let (name, kubeconfig, source) = (self.unit(unit), self.path("kubeconfig"), self.path(unit));
        let text = format!(
            "apiVersion: windlass.dev/v1alpha1\nkind: Unit\nmetadata: {{name: {name}}}\nspec:\n  \
             source: {{dir: '{source}'}}\n  \
             target: {{kubernetes: {{kubeconfig: '{kubeconfig}', namespace: {name}, allowPlainHttp: true{target}}}}}\n  \
             interval: 1s\n  timeout: 20s\n"
        );
        std::fs::create_dir_all(self.path("units")).expect("a folder of unit files");
        std::fs::create_dir_all(source).expect("a folder of the unit");
        std::fs::write(self.path(&format!("units/{unit}.yaml")), text).expect("a unit file");
    }

    /// Puts objects into the source of a unit.
    pub(crate) fn put(&self, unit: &str, file: &str, text: &str) {
        // A file appears whole: half of one would be another revision.
        let whole = self.path("whole");
        std::fs::write(&whole, text).expect("a file");
        std::fs::rename(whole, self.path(&format!("{unit}/{file}"))).expect("a file can be moved");
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(arguments).arg("-f").arg(self.path("units")).env_clear().env("HOME", self.folder.path());
        command
    }

    pub(crate) fn run(&self) -> Run {
        Run::of(self.command(&["run", "--listen", "127.0.0.1:0"]))
    }

    /// Starts the command and waits until all units are as wanted.
    pub(crate) fn converged(&self, units: &[&str]) -> Run {
        let run = self.run();
        self.until_ready(&run, units);
        run
    }

    /// Waits until units are well, and have passed again twice since.
    pub(crate) fn until_ready(&self, run: &Run, units: &[&str]) {
        let of = |unit: &str| format!("{{installation=\"windlass\",unit=\"{}\",", self.unit(unit));
        let ready = units.iter().map(|unit| format!("windlass_unit_state{}state=\"ready\"}} 1", of(unit)));
        let ready: Vec<String> = ready.collect();
        let ready: Vec<&str> = ready.iter().map(String::as_str).collect();
        run.until_metrics(&ready);
        let count = |unit: &str| {
            let beginning = format!("windlass_unit_passes_total{}result=\"success\"}} ", of(unit));
            let metrics = run.get("/metrics").1;
            let line = metrics.lines().find_map(|line| line.strip_prefix(&beginning).map(str::to_owned));
            line.and_then(|count| count.parse::<u64>().ok()).unwrap_or_default()
        };
        let before: Vec<u64> = units.iter().map(|unit| count(unit)).collect();
        until(&format!("{units:?} pass twice"), WAIT_MAX, || {
            units.iter().zip(&before).all(|(unit, before)| count(unit) >= before + 2).then_some(())
        });
        run.until_metrics(&ready);
    }

    /// Waits until a ConfigMap of a unit has a value.
    pub(crate) fn until_value(&self, unit: &str, name: &str, value: &str) {
        let namespace = self.unit(unit);
        until(&format!("{namespace}/{name} is {value}"), Duration::from_secs(30), || {
            (shown(&namespace, &format!("configmap/{name}"), ".data.key") == value).then_some(())
        });
    }

    /// Checks that nothing was told of drift or deletes, and nothing at all was told of these units that went wrong.
    pub(crate) fn calm(&self, run: &mut Run, well: &[&str]) {
        let log = run.log();
        let text = log.join("\n");
        for word in ["drifted", "deleted", "deleting"] {
            assert!(!log.iter().any(|line| line.contains(&format!(": {word} "))), "{word}:\n{text}");
        }
        for unit in well {
            let ill = [": failed ", ": pass failed", ": problem", ": skipped "];
            let said = format!("{}: ", self.unit(unit));
            let ill =
                log.iter().find(|line| line.starts_with(&said) && ill.iter().any(|word| line.contains(word)));
            assert_eq!(ill, None, "{unit} was not affected:\n{text}");
        }
    }
}
