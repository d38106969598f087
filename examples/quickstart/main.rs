//! The whole loop without a server: a Git repository, an engine, and a folder that plays the cluster.
//!
//! `cargo run --example quickstart` writes commits, lets the engine carry them out, edits what is live by hand, breaks
//! the repository, and mends both. Nothing but a temporary folder is touched.

use std::error::Error;
use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use windlass::fs::DirTarget;
use windlass::git::GitSource;
use windlass::git::write::{Author, Change, Repository};
use windlass::{Context, Engine, TokioClock, UnitId, kubernetes};

type Done<T = ()> = Result<T, Box<dyn Error>>;

const NAMESPACE: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";

const WEB: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: shop}
data: {greeting: hello}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx:1.27}]}
";

const CACHE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: cache, namespace: shop}\n";

const BROKEN: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop\n";

fn main() -> Done {
    run(&mut io::stdout().lock())
}

/// Tells the story. The same text every time: nothing of the machine, the time or the folder is in it.
fn run(out: &mut impl Write) -> Done {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(story(out))
}

async fn story(out: &mut impl Write) -> Done {
    let folder = tempfile::tempdir()?;
    let place = folder.path().canonicalize()?;
    let fleet = Fleet::new(&place)?;
    let live = place.join("live");
    let source = GitSource::new(place.join("fleet.git").to_string_lossy()).branch("main");
    let target = kubernetes::folder(DirTarget::open(&live)?);
    let engine = Engine::new(UnitId::new("shop")?, source, windlass::auto(), target)
        .with_explain(kubernetes::explain());
    let mut teller = Teller { out, place, engine, cx: Context::new(TokioClock::new()) };

    teller.title("A first commit")?;
    let files = [("namespace.yaml", NAMESPACE), ("web.yaml", WEB), ("cache.yaml", CACHE)];
    fleet.commit("shop: start", &files.map(|(path, text)| Change::file(path, text)))?;
    teller.converge().await?;

    teller.title("Somebody edits what is live")?;
    replace(&live.join("shop/Deployment.apps/web.yaml"), "replicas: 2", "replicas: 9")?;
    teller.converge().await?;

    teller.title("A commit removes an object")?;
    fleet.commit("shop: no cache", &[Change::remove("cache.yaml")])?;
    teller.converge().await?;

    teller.title("A bad commit: broken YAML, and an object that is there already")?;
    let mistakes = [Change::file("service.yaml", BROKEN), Change::file("twice.yaml", NAMESPACE)];
    let bad = fleet.commit("shop: a service", &mistakes)?;
    teller.converge().await?;

    teller.title("It is reverted")?;
    fleet.revert(&bad)?;
    teller.converge().await
}

/// Writes what happens, one step after the other.
struct Teller<'a, W> {
    out: &'a mut W,
    place: PathBuf,
    engine: Engine,
    cx: Context,
}

impl<W: Write> Teller<'_, W> {
    fn title(&mut self, title: &str) -> io::Result<()> {
        writeln!(self.out, "# {title}")
    }

    /// Shows the plan, carries it out, and shows what became of it; or what was wrong.
    async fn converge(&mut self) -> Done {
        match self.engine.plan(&self.cx).await {
            Err(error) => {
                self.show(error.explain())?;
                let status = self.engine.status(&self.cx).await?;
                let good = if status.is_good() { "in sync" } else { "not as they were" };
                self.show(format!("nothing was touched: {} objects {good}", status.objects.len()))
            }
            Ok(plan) if plan.is_in_sync() => self.show(plan),
            Ok(plan) => {
                self.show(&plan)?;
                let report = self.engine.apply(&self.cx, &plan).await?;
                let again = self.engine.reconcile(&self.cx).await?;
                self.show(format!("applied: {}; again: {}", report.counts(), again.counts()))
            }
        }
    }

    fn show(&mut self, text: impl Display) -> Done {
        let place = format!("{}/", self.place.display());
        for line in text.to_string().replace(&place, "").lines() {
            writeln!(self.out, "  {line}")?;
        }
        Ok(())
    }
}

/// A Git repository in which every commit is made by the same person at the same moment.
struct Fleet {
    repository: Repository,
    author: Author,
}

impl Fleet {
    fn new(place: &Path) -> Done<Self> {
        let repository = Repository::init(place.join("fleet.git"))?;
        Ok(Self { repository, author: Author::new("Ada", "ada@example.org", 1_767_225_600) })
    }

    fn commit(&self, message: &str, changes: &[Change]) -> Done<String> {
        Ok(self.repository.commit("main", message, &self.author, changes)?)
    }

    fn revert(&self, commit: &str) -> Done<String> {
        Ok(self.repository.revert("main", commit, &self.author)?)
    }
}

fn replace(file: &Path, from: &str, to: &str) -> Done {
    let text = fs::read_to_string(file)?;
    if !text.contains(from) {
        return Err(format!("no `{from}` in {}", file.display()).into());
    }
    Ok(fs::write(file, text.replace(from, to))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str = "```text\n$ cargo run --example quickstart\n";

    #[test]
    fn the_readme_shows_what_the_quickstart_prints() {
        let mut printed = Vec::new();
        run(&mut printed).unwrap();
        let printed = String::from_utf8(printed).unwrap();
        let readme = include_str!("../../README.md");
        let (_, block) = readme.split_once(START).expect("the README has the block of the quickstart");
        let (shown, _) = block.split_once("```").expect("the block ends");
        assert_eq!(shown, printed, "put into README.md what `cargo run --example quickstart` prints");
    }
}
