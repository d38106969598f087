//! `windlass validate`: checks what can be checked without a target.

use serde::Serialize;
use windlass_core::{
    ApiVersion, Context, Dialect, Error, Inventory, Item, Key, Limits, ObjectId, Observation, Plan, Rendered,
    Result, Text, UnitId, Warning,
};
use windlass_engine::{Compared, Facts, Prune, Rules, Wait, Wanted};
use windlass_kinds::dialect::default_dialects;
use windlass_kinds::order::default_order;

use super::walk::{Holds, walk};
use super::{Ending, Scene, plan, receivers};
use crate::parts::{self, Fetched};
use crate::spec::Unit;
use crate::term::{Term, Tone};
use crate::words::visible;

/// The checks, in the order in which they run.
const CHECKS: [&str; 5] = ["unit file", "source", "manifests", "annotations", "order"];
/// What only the target knows.
const NOT_CHECKED: &str = "schemas, rights and what is live, which only the target knows";

/// What came of the checks of one unit.
#[derive(Serialize)]
#[serde(rename_all = "camelCase", tag = "kind", rename = "Validation")]
struct Findings<'a> {
    api_version: ApiVersion,
    unit: &'a UnitId,
    checks: Vec<Finding>,
    not_checked: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Warning>,
}

#[derive(Serialize)]
struct Finding {
    check: &'static str,
    result: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
}

pub(super) async fn validate(scene: &Scene) -> Result<Ending> {
    let ending = validate_units(scene).await?;
    Ok(receivers::validate(scene)?.max(ending))
}

async fn validate_units(scene: &Scene) -> Result<Ending> {
    let fetched = Fetched::default();
    walk(scene, Holds::Nothing, async |unit| {
        let mut findings = Findings::new(&unit.id);
        findings.passed(unit.draft.shown());
        let came_of_it = check(&scene.cx, unit, &fetched, &mut findings).await;
        findings.complete(came_of_it.is_err());
        let error = came_of_it.err().map(|error| error.with_each("unit", &unit.id));
        scene.term.result(|| findings.text(&scene.term), &findings, error.as_ref())?;
        Ok(error.map_or_else(|| Ending::Good.into(), Into::into))
    })
    .await
}

async fn check(cx: &Context, unit: &Unit, fetched: &Fetched, findings: &mut Findings<'_>) -> Result<()> {
    let origins = parts::origins(unit, fetched);
    let artifact = fetched.fetch(cx, unit, &origins).await?;
    findings.passed(artifact.revision().short());
    let (_, rendered) = parts::render(cx, &origins, artifact).await?;
    findings.passed(Text::count(rendered.items.len(), "object").to_string());
    findings.warnings.clone_from(&rendered.warnings);

    let items = directed(rendered, &default_dialects())?;
    findings.passed(String::new());
    let plan = draft(unit, items, cx.limits());
    findings.warnings.extend(plan.warnings.iter().cloned());
    match plan::problems(&plan) {
        Some(error) => Err(error),
        None => {
            findings.passed(String::new());
            Ok(())
        }
    }
}

/// Reads what the annotations ask for.
fn directed(rendered: Rendered, dialects: &[std::sync::Arc<dyn Dialect>]) -> Result<Vec<Item>> {
    let (mut items, mut problems) = (rendered.items, Vec::new());
    for item in &mut items {
        let wrong =
            dialects.iter().filter_map(|dialect| dialect.read(&item.object, &mut item.directives).err());
        let wrong: Vec<Error> = wrong.collect();
        problems.extend(
            wrong
                .into_iter()
                .map(|error| error.with_each("object", item.id()).with_each("origin", &item.origin)),
        );
    }
    Error::all(problems).map_or(Ok(items), Err)
}

/// Plans against a place where there is nothing, so that the order is that of `apply`.
fn draft(unit: &Unit, items: Vec<Item>, limits: &Limits) -> Plan {
    // Any key will do for a plan of which nothing is kept and no digest is shown.
    let key = Key::new([0; Key::BYTES]);
    let mut facts = Facts::new(unit.id.clone(), "nowhere", Inventory::default(), key);
    let ids: Vec<ObjectId> = items.iter().map(|item| item.id().clone()).collect();
    facts.observed.observations = ids.into_iter().map(|id| (id, Observation::Absent)).collect();
    facts.wanted = items.into_iter().map(Wanted::new).collect();
    let (explain, prune, wait, order) =
        (Compared::default(), Prune::default(), Wait::default(), default_order());
    windlass_engine::plan(&facts, &Rules::new(&explain, &prune, &wait, limits).with_order(&order))
}

impl<'a> Findings<'a> {
    fn new(unit: &'a UnitId) -> Self {
        let (checks, warnings) = (Vec::new(), Vec::new());
        Self { api_version: ApiVersion, unit, checks, not_checked: NOT_CHECKED, warnings }
    }

    fn passed(&mut self, note: String) {
        if let Some(check) = CHECKS.get(self.checks.len()) {
            self.checks.push(Finding { check, result: "passed", note });
        }
    }

    /// The check after the last that passed failed, if any did; those after it did not run.
    fn complete(&mut self, failed: bool) {
        for check in CHECKS.iter().skip(self.checks.len()) {
            let first = self.checks.iter().all(|finding| finding.result == "passed");
            let result = if first && failed { "failed" } else { "not run" };
            self.checks.push(Finding { check, result, note: String::new() });
        }
    }

    fn text(&self, term: &Term) -> String {
        let mut out = format!("{}\n", self.unit);
        for finding in &self.checks {
            let tone = match finding.result {
                "passed" => Tone::Good,
                "failed" => Tone::Bad,
                _ => Tone::Faint,
            };
            let line = format!("  {:<12} {:<8} {}", finding.check, finding.result, finding.note);
            out += &format!("{}\n", term.paint(tone, visible(&line).trim_end()));
        }
        for warning in &self.warnings {
            out += &format!("  warning: {}\n", visible(&warning.message));
        }
        out + &format!("  not checked: {}\n", self.not_checked)
    }
}
