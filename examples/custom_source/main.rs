//! A source of one's own: `releases.rs` has it, this file drives an engine with it.
//!
//! `cargo run --example custom_source` makes two releases, takes one step forward and one back. Nothing but a temporary
//! folder is touched.

#[expect(unreachable_pub, reason = "docs/custom-source.md makes the same file a crate")]
mod releases;

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use releases::Releases;
use windlass::fs::DirTarget;
use windlass::{Context, Engine, TokioClock, UnitId};

type Done = Result<(), Box<dyn Error>>;

fn main() -> Done {
    run(&mut io::stdout().lock())
}

fn run(out: &mut impl Write) -> Done {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(story(out))
}

async fn story(out: &mut impl Write) -> Done {
    let folder = tempfile::tempdir()?;
    let place = folder.path().canonicalize()?;
    let releases = place.join("releases");
    write(&releases.join("v1/web.yaml"), &config_map("one"))?;
    write(&releases.join("v2/web.yaml"), &config_map("two"))?;

    let target = DirTarget::open(place.join("live"))?;
    let engine = Engine::new(UnitId::new("web")?, Releases(releases.clone()), windlass::auto(), target);
    let cx = Context::new(TokioClock::new());
    for release in ["v1", "v2", "v1"] {
        write(&releases.join("current"), release)?;
        let plan = engine.plan(&cx).await?;
        write!(out, "{}", plan.to_string().replace(&format!("{}/", place.display()), ""))?;
        let report = engine.apply(&cx, &plan).await?;
        writeln!(out, "applied: {}", report.counts())?;
    }
    Ok(())
}

fn config_map(greeting: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: web, namespace: shop}}\ndata: {{greeting: {greeting}}}\n"
    )
}

fn write(file: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(file.parent().unwrap_or(file))?;
    fs::write(file, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_forward_and_one_back() {
        let mut printed = Vec::new();
        run(&mut printed).unwrap();
        let printed = String::from_utf8(printed).unwrap();
        let told: Vec<&str> = printed.lines().filter(|line| !line.starts_with("web -> ")).collect();
        assert_eq!(
            told,
            [
                "+ create  ConfigMap/shop/web  web.yaml:1",
                "1 create",
                "applied: 1 created",
                "~ change  ConfigMap/shop/web  web.yaml:1",
                "    data.greeting: \"one\" -> \"two\"",
                "1 change",
                "applied: 1 changed",
                "~ change  ConfigMap/shop/web  web.yaml:1",
                "    data.greeting: \"two\" -> \"one\"",
                "1 change",
                "applied: 1 changed",
            ]
        );
    }
}
