//! A folder of its own for each test, and the real binary in it.

#![allow(dead_code, reason = "each test takes what it needs")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use windlass_git::write::{Author, Change, Repository};

/// A unit file that is right.
pub(crate) const UNIT: &str = "\
apiVersion: windlass.dev/v1alpha1
kind: Unit
metadata:
  name: shop
spec:
  source:
    dir: ./deploy
  target:
    dir: ./live
";

/// A manifest that is right.
pub(crate) const WEB: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: web
  namespace: shop
data:
  greeting: hello
";

/// A folder with a good unit and a good manifest, in which something is then made wrong.
#[derive(Debug)]
pub(crate) struct World {
    folder: tempfile::TempDir,
    /// The last file that was written or edited: what the catalogue shows beside the answer.
    input: Option<String>,
    said: Option<Said>,
    children: Vec<Child>,
}

/// What a command said, with the folder and ports taken out.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) args: String,
    pub(crate) input: Option<String>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = Self { folder, input: None, said: None, children: Vec::new() };
        world.put("unit.yaml", UNIT);
        world.put("deploy/web.yaml", WEB);
        world
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    /// Writes a file that is only scenery.
    pub(crate) fn put(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Writes the file that is wrong.
    pub(crate) fn write(&mut self, path: &str, text: &str) {
        self.put(path, text);
        self.input = Some(format!("{path}:\n{text}"));
    }

    /// Writes a unit file with this `spec` that is wrong.
    pub(crate) fn spec(&mut self, spec: &str) {
        self.put("unit.yaml", &unit("shop", spec));
        self.input = Some(format!("unit.yaml:\nspec:\n{spec}"));
    }

    /// Changes a good file into a wrong one.
    pub(crate) fn edit(&mut self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(path)).unwrap();
        assert!(text.contains(from), "{path} has no {from:?}");
        self.write(path, &text.replacen(from, to, 1));
    }

    pub(crate) fn remove(&self, path: &str) {
        let path = self.path(path);
        if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
    }

    /// Makes a repository `fleet.git` with the good manifest in the folder `shop`, and gives its commit.
    pub(crate) fn repository(&self) -> String {
        let repository = Repository::init(self.path("fleet.git")).unwrap();
        let author = Author::new("Ada", "ada@example.org", 1_700_000_000);
        repository.commit("main", "web: start", &author, &[Change::file("shop/web.yaml", WEB)]).unwrap()
    }

    /// Runs a command that has to do well.
    pub(crate) fn good(&mut self, args: &str) -> Said {
        let said = self.run(args);
        assert!(matches!(said.code, Some(0 | 2)), "windlass {args}\n{}{}", said.stdout, said.stderr);
        said
    }

    /// Runs a command.
    pub(crate) fn run(&mut self, args: &str) -> Said {
        let output = self.command(args).output().unwrap();
        let text = |bytes: &[u8]| self.plain(&String::from_utf8_lossy(bytes));
        let said = Said {
            args: self.plain(args),
            input: self.input.clone(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            code: output.status.code(),
        };
        self.said = Some(said.clone());
        said
    }

    /// Starts a command that goes on, and ends with the test at the latest.
    pub(crate) fn start(&mut self, args: &str) -> &mut Child {
        let child = self.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        self.children.push(child);
        self.children.last_mut().unwrap()
    }

    pub(crate) fn last(&self) -> Said {
        self.said.clone().expect("a mistake runs a command")
    }

    pub(crate) fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_windlass"));
        command
            .args(args.split_whitespace())
            .current_dir(self.root())
            .env_clear()
            .env("HOME", self.path("home"))
            .env("PATH", "")
            .stdin(Stdio::null());
        command
    }

    /// Takes out what differs from run to run: the folder, ports, process ids.
    pub(crate) fn plain(&self, text: &str) -> String {
        let text = text.replace(&*self.root().to_string_lossy(), "<DIR>");
        let text = masked(&text, "127.0.0.1:", "<PORT>");
        masked(&text, "pid=", "<PID>")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Writes a unit file with this `spec`.
pub(crate) fn unit(name: &str, spec: &str) -> String {
    format!("apiVersion: windlass.dev/v1alpha1\nkind: Unit\nmetadata:\n  name: {name}\nspec:\n{spec}")
}

/// Writes a config map.
pub(crate) fn config_map(name: &str, value: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: shop\ndata:\n  value: {value}\n"
    )
}

/// Replaces the digits behind `before`.
fn masked(text: &str, before: &str, mask: &str) -> String {
    let mut parts = text.split(before);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.chars().take_while(char::is_ascii_digit).count();
        out += before;
        out += if digits > 0 { mask } else { "" };
        out += &part[digits..];
    }
    out
}

/// Gives a port on which nobody listens.
pub(crate) fn closed_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Where a path is, as text.
pub(crate) fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
