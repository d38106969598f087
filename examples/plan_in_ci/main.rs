//! Plans in one job, applies in another, and only what was approved.
//!
//! ```console
//! $ cargo run --example plan_in_ci -- examples/plan_in_ci/deploy target/live
//! $ cargo run --example plan_in_ci -- examples/plan_in_ci/deploy target/live sha256:…
//! ```
//!
//! The first prints the plan and its digest, and ends with 2 where there is something to do and 0 where there is not;
//! without arguments it takes these two folders. The second applies the plan, if it would still be the very same:
//! otherwise it touches nothing and ends with 1.

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use windlass::fs::{DirSource, DirTarget};
use windlass::{
    Context, Digest, Engine, Error, ErrorKind, Plan, Report, Result, TokioClock, UnitId, kubernetes,
};

const DEPLOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy");

/// How it ended, as `diff` and `terraform plan -detailed-exitcode` say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    InSync = 0,
    Failed = 1,
    ToDo = 2,
}

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    let end = run(&args, &mut out).unwrap_or_else(|error| {
        drop(writeln!(err, "{}", error.explain()));
        End::Failed
    });
    ExitCode::from(end as u8)
}

fn run(args: &[&str], out: &mut impl Write) -> Result<End> {
    let (deploy, live, approved) = match *args {
        [] => (DEPLOY, "target/live", None),
        [deploy, live] => (deploy, live, None),
        [deploy, live, approved] => (deploy, live, Some(approved.parse::<Digest>()?)),
        _ => {
            return Err(Error::new(
                ErrorKind::Invalid,
                "expected <manifests> <live folder> [approved digest]",
            ));
        }
    };
    let target = kubernetes::folder(DirTarget::open(live)?);
    let engine = Engine::new(UnitId::new("shop")?, DirSource::new(deploy), windlass::auto(), target)
        .with_explain(kubernetes::explain());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(|error| Error::new(ErrorKind::Internal, "no runtime").caused_by(error))?;
    let cx = Context::new(TokioClock::new());
    runtime.block_on(async {
        let plan = engine.plan(&cx).await?;
        match approved {
            None => show(&plan, out),
            Some(approved) => report(&apply(&engine, &cx, &plan, approved).await?, out),
        }
    })
}

/// Carries out a plan that somebody said yes to: this one, and no other.
async fn apply(engine: &Engine, cx: &Context, plan: &Plan, approved: Digest) -> Result<Report> {
    if plan.digest != approved {
        return Err(Error::new(ErrorKind::Conflict, "this is not the plan that was approved")
            .with("approved", approved)
            .with("now", plan.digest));
    }
    engine.apply(cx, plan).await
}

/// The text is for people, the last line for the job that applies. The plan as JSON, masked and without bodies, is for
/// whatever stands between them.
fn show(plan: &Plan, out: &mut impl Write) -> Result<End> {
    let json = serde_json::to_string(plan)
        .map_err(|error| Error::new(ErrorKind::Internal, "the plan has no JSON form").caused_by(error))?;
    said(writeln!(out, "{plan}{json}\n{}", plan.digest))?;
    Ok(if plan.is_in_sync() { End::InSync } else { End::ToDo })
}

fn report(report: &Report, out: &mut impl Write) -> Result<End> {
    said(write!(out, "{report}"))?;
    report.error().map_or(Ok(End::InSync), Err)
}

fn said(written: io::Result<()>) -> Result<()> {
    written.map_err(|error| Error::new(ErrorKind::Unavailable, "cannot write the output").caused_by(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(args: &[&str], expected: End) -> String {
        let mut out = Vec::new();
        assert_eq!(run(args, &mut out).map_err(|error| error.explain()), Ok(expected));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn only_the_approved_plan_is_applied() {
        let folder = tempfile::tempdir().unwrap();
        let live = folder.path().join("live");
        let live = live.to_str().unwrap();

        let planned = check(&[DEPLOY, live], End::ToDo);
        assert!(planned.contains("+ create  ConfigMap/shop/web  web.yaml:1\n1 create\n"), "{planned}");
        let digest = planned.lines().last().unwrap();
        let json: serde_json::Value = serde_json::from_str(planned.lines().rev().nth(1).unwrap()).unwrap();
        assert_eq!(json["digest"], digest);
        assert!(!planned.contains("hello"), "no body leaves the plan");

        let other = Digest::of(b"another plan").to_string();
        let error = run(&[DEPLOY, live, &other], &mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(!folder.path().join("live").exists(), "nothing was touched");

        assert_eq!(
            check(&[DEPLOY, live, digest], End::InSync),
            "created   ConfigMap/shop/web\nshop: 1 created\n"
        );
        assert!(check(&[DEPLOY, live], End::InSync).contains("1 unchanged"));
    }
}
