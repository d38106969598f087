//! Golden text: how changes read.

use windlass_core::{Cause, Change, ObjectId};
use windlass_diff::render::{Section, Style, render};
use windlass_diff::{Facts, Mask, compare};

use super::{schemas, yaml};

fn changes(before: &str, after: &str, applied: &str) -> Vec<Change> {
    let schemas = schemas();
    let schema = schemas.get("apps", "v1", "Deployment").unwrap();
    let (before, after, applied) = (yaml::read(before), yaml::read(after), yaml::read(applied));
    let facts = Facts::new().with_applied_before(&applied).with_wanted(&after);
    let mask = Mask::default();
    let changes = compare(schema, Some(&before), Some(&after), &facts);
    changes.iter().map(|change| change.masked(&mask.kind("apps", "Deployment"))).collect()
}

fn check(before: &str, after: &str, applied: &str, style: Style, expected: &str) {
    let id = ObjectId::new("apps", "Deployment", "shop", "web");
    let changes = changes(before, after, applied);
    assert_eq!(render(&[Section::new('~', &id, &changes)], &style), expected);
}

#[test]
fn a_change_reads_as_one_line_a_field() {
    check(
        "metadata:\n  labels:\n    app: web\nspec:\n  replicas: 2\n  template:\n    spec:\n      containers:\n      - name: web\n        image: nginx:1.26",
        "metadata:\n  labels:\n    app: web\n    tier: front\nspec:\n  replicas: 3\n  template:\n    spec:\n      containers:\n      - name: web\n        image: nginx:1.27",
        "metadata:\n  labels:\n    app: web\n    tier: front\nspec:\n  replicas: 2",
        Style::plain(),
        r#"~ Deployment.apps/shop/web
  + metadata.labels.tier: "front"   (drifted)
    spec.replicas: 2 -> 3
    spec.template.spec.containers[name=web].image: "nginx:1.26" -> "nginx:1.27"
"#,
    );
}

#[test]
fn a_text_of_several_lines_is_shown_line_by_line() {
    check(
        r#"spec: {"conf": "a\nb\nc\nd\n"}"#,
        r#"spec: {"conf": "a\nb\nX\nd\ne\n"}"#,
        "{}",
        Style::plain(),
        "~ Deployment.apps/shop/web
    spec.conf:
        …
        b
      - c
      + X
        d
      + e
",
    );
}

#[test]
fn one_long_line_with_a_break_at_its_end_shows_what_changed() {
    let text = |n: u32| format!(r#"spec: {{"conf": "{}<{n}>{}\n"}}"#, "a".repeat(300), "b".repeat(300));
    let shown = changes(&text(1), &text(2), "{}");
    let id = ObjectId::new("apps", "Deployment", "shop", "web");
    let shown = render(&[Section::new('~', &id, &shown)], &Style::plain());
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[2].starts_with("      - …") && lines[2].contains("<1>"), "{shown}");
    assert!(lines[3].starts_with("      + …") && lines[3].contains("<2>"), "{shown}");
}

#[test]
fn a_line_break_at_the_end_is_a_change_that_shows() {
    check(
        r#"spec: {"conf": "a"}"#,
        r#"spec: {"conf": "a\n"}"#,
        "{}",
        Style::plain(),
        "~ Deployment.apps/shop/web\n    spec.conf: \"a\" -> \"a\\n\"\n",
    );
}

#[test]
fn what_is_too_wide_takes_a_line_for_each_side() {
    check(
        "spec:\n  description: a rather long text that says one thing",
        "spec:\n  description: a rather long text that says another thing",
        "spec:\n  description: a rather long text that says another thing",
        Style::plain().with_width(60),
        r#"~ Deployment.apps/shop/web
    spec.description:   (drifted)
      - "a rather long text that says one thing"
      + "a rather long text that says another thing"
"#,
    );
}

#[test]
fn colours_are_there_only_when_asked_for() {
    let id = ObjectId::new("", "Service", "shop", "web");
    let path = windlass_core::FieldPath::root().field("a");
    let change = Change { path, before: None, after: Some("1".into()), cause: Cause::Defaulted };
    let sections = [Section::new('~', &id, std::slice::from_ref(&change))];
    let plain = render(&sections, &Style::plain());
    let coloured = render(&sections, &Style::plain().with_colour(true));
    assert_eq!(plain, "~ Service/shop/web\n  + a: 1   (defaulted)\n");
    assert_eq!(
        coloured,
        "\u{1b}[33m~ Service/shop/web\u{1b}[0m\n\u{1b}[32m  + a: 1\u{1b}[0m\u{1b}[2m   (defaulted)\u{1b}[0m\n"
    );
}

#[test]
fn nothing_in_a_value_reaches_the_terminal_as_a_command() {
    let id = ObjectId::new("", "Service", "shop", "web");
    let path = windlass_core::FieldPath::root().field("a\u{1b}[2J");
    let change = Change {
        path,
        before: None,
        after: Some("\"x\u{1b}[2Jy\\n\\u001b[2J\"".into()),
        cause: Cause::Wanted,
    };
    let text = render(&[Section::new('\u{7}', &id, &[change])], &Style::plain());
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
}

mod plans {
    use windlass_core::{Action, Digest, ErrorKind, Owned, Plan, UnitId, Verb};

    use super::*;

    #[test]
    fn a_plan_reads_as_its_display_with_more_room() {
        let id = |name: &str| ObjectId::new("apps", "Deployment", "shop", name);
        let mut change = Action::new(id("web"), Verb::Change, owned());
        change.changes = changes("spec:\n  replicas: 2", "spec:\n  replicas: 3", "{}");
        let refuse = Verb::Refuse {
            error: windlass_core::Error::new(ErrorKind::Invalid, "no such field").with("field", "spec.x"),
        };
        let actions = vec![
            Action::new(id("new"), Verb::Create, owned()),
            change,
            Action::new(id("bad"), refuse, owned()),
            Action::new(id("same"), Verb::Unchanged, owned()),
        ];
        let mut plan = Plan::new(UnitId::new("shop").unwrap(), "memory", None);
        plan.actions = actions;
        let text = windlass_diff::render::plan(&plan, &Style::plain());
        assert_eq!(
            text,
            "shop -> memory
+ create  Deployment.apps/shop/new
~ change  Deployment.apps/shop/web
    spec.replicas: 2 -> 3
! refuse  Deployment.apps/shop/bad
    no such field (field=spec.x)
1 create, 1 change, 1 refuse, 1 unchanged
"
        );
        assert_eq!(text, plan.to_string(), "as the display of the plan, where no line needs more");
    }

    fn owned() -> Owned {
        Owned {
            api_version: "apps/v1".into(),
            rank: 0,
            wanted: Digest::of(b""),
            stamp: None,
            uid: None,
            keep: false,
            transient: false,
            contest: None,
        }
    }
}
